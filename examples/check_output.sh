#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check_output.sh PROGRAM SOURCE -- does it print what its head comment says?
# Lines after "$ ./name" are compared, sorted where it says "in any order",
# numbers that stand for a <pid> not at all. With stdout closed it must end.
set -eu
program=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed -n '/^ \*     \$ /,/^ \*\//p' "$source" | sed '1d;$d' |
    sed 's/^ \*     //' > "$work/promised"
[ -s "$work/promised" ] || { echo "$source promises nothing"; exit 1; }

"$program" < /dev/null > "$work/printed" 2> "$work/errors"
if grep -q '<pid>' "$work/promised"; then
    sed -E 's/^[0-9]{2,}$/<pid>/; /^\[[0-9]{2,}(, [0-9]{2,}){3}\]$/s/[0-9]+/<pid>/g' \
        "$work/printed" | sed 's/^<pid>$/<number>/' > "$work/shown"
    sed -E 's/^(<pid>|[0-9]{2,})$/<number>/' "$work/promised" > "$work/wanted"
    grep -qx 400 "$work/printed"
else
    cp "$work/printed" "$work/shown"
    cp "$work/promised" "$work/wanted"
fi
if grep -q 'in any order' "$source"; then
    sort "$work/shown" -o "$work/shown"
    sort "$work/wanted" -o "$work/wanted"
fi
diff -u "$work/wanted" "$work/shown"
if [ -s "$work/errors" ]; then
    cat "$work/errors"
    exit 1
fi

# Through a pipe it prints as much.
[ "$("$program" < /dev/null | wc -l)" = "$(wc -l < "$work/promised")" ]

# Nothing can be printed, but it does its work and ends.
"$program" < /dev/null >&- 2> "$work/errors"
