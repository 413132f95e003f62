#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# licence.sh PROJECT -- every source file begins with its licence and copyright
cd "$1" || exit 1
[ -f LICENSE ] || { echo 'there is no LICENSE'; exit 1; }
files=$(find include src tests examples .ci CMakeLists.txt -type f \
    ! -path '*/corpus/*' ! -name '*.md' ! -name '*rows.txt' ! -name 'call_*.txt' ! -name '*.svg' \
    ! -name '*.abi')
status=0
for file in $files; do
    if ! head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
        ! head -n 3 "$file" | grep -q 'Copyright (c) 20.. The libmp authors'; then
        echo "$file does not begin with licence and copyright"
        status=1
    fi
done
exit $status
