#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# run_bits.sh PROJECT -- can every script be run, as READMEs say it is?
cd "$1" || exit 1
status=0
for file in $(grep -rlE '^#!' tests examples .ci); do
    if head -n 1 "$file" | grep -q '^#!' && [ ! -x "$file" ]; then
        echo "$file is a script without its run bit"
        status=1
    fi
done
[ -x .ci/run ] || { echo 'there is no .ci/run'; status=1; }
exit $status
