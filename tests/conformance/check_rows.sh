#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check_rows.sh DIR -- every row of rows.txt has a test, or an entry in README.md
#
# A test belongs to a row when its name begins with the row's ID and it is
# registered; an entry begins with "- **ID**".
dir=$1
missing=0
rows=0
tested=0
tests=" $(cat "$dir"/test_*.c | tr -d ' \n' |
    grep -oE '(ROW|NUMBERS|mp_test[a-z_]*)\([A-Z]+_[0-9]+_' |
    sed -E 's/.*\(([A-Z]+)_([0-9]+)_/\1-\2/' | sort -u | tr '\n' ' ')"

for row in $(sed 's/ .*//' "$dir/rows.txt"); do
    rows=$((rows + 1))
    case $tests in
    *" $row "*) tested=$((tested + 1)) ;;
    *)
        if ! grep -q "^- \*\*$row\*\*" "$dir/README.md"; then
            echo "$row has neither a test nor an entry in README.md"
            missing=$((missing + 1))
        fi
        ;;
    esac
done
echo "$rows rows, $tested with tests, $missing missing"
[ "$rows" -eq 171 ] && [ "$missing" -eq 0 ]
