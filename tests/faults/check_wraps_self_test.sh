#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check_wraps_self_test.sh FOLDER LIBRARY -- the check sees a call that escapes
set -eu
folder=$1 library=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed '/^close$/d' "$folder/call_wrapped.txt" > "$work/wrapped"
if sh "$folder/check_wraps.sh" "$library" "$work/wrapped" \
    "$folder/call_not_wrapped.txt" > "$work/said"; then
    echo "a call that is not wrapped went unseen"
    exit 1
fi
grep -qx close "$work/said"
