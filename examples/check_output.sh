#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check_output.sh PROGRAM SOURCE -- does it print what its head comment says?
# What stands there below "$ ./name" is compared with what is printed.
# - <word> stands for any number; several <pid> of a line are different ones.
# - All lines are sorted where the line of "$ ./name" says "in any order".
# - Otherwise those below a line that says "any order" or "unordered" are, up
#   to the next with a capital letter; where it says "parts", all words are.
# With stdout closed the program does its work and ends, too.
set -eu
LC_ALL=C
export LC_ALL
program=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines with numbers where some were promised become as they were promised.
name_numbers() { # PROMISED PRINTED
    awk '
    function all_differ(line, count, number, seen, i) {
        count = split(line, number, /[^0-9]+/)
        for (i = 1; i <= count; i++)
            if (number[i] != "" && seen[number[i]]++)
                return 0
        return 1
    }
    NR == FNR { promised[FNR] = $0; next }
    {
        pattern = promised[FNR]
        gsub(/[].*+?(){}|$[]/, "[&]", pattern)
        if (gsub(/<[a-z]+>/, "[0-9]+", pattern) &&
            $0 ~ ("^" pattern "$") && (promised[FNR] !~ /<pid>/ || all_differ($0)))
            $0 = promised[FNR]
        print
    }' "$1" "$2"
}

sort_free_lines() { # FILE
    if [ "$all_free" = yes ]; then
        sort "$1"
        return
    fi
    awk '
    /^[A-Z]/ { head = NR; free = /any order|unordered/; parts = /parts/ }
    free && NR > head {
        count = parts ? split($0, part, " ") : 1
        if (!parts)
            part[1] = $0
        for (i = 1; i <= count; i++)
            print head, 1, part[i]
        next
    }
    { print NR, 0, $0 }' "$1" | sort -k1,1n -k2,2n -k3 | cut -d ' ' -f 3-
}

sed -n '/^ \*     \$ /,/^ \*\//p' "$source" | sed '1d;$d' |
    sed 's/^ \*     //' > "$work/promised"
[ -s "$work/promised" ] || { echo "$source promises nothing"; exit 1; }
all_free=no
! grep -q '^ \*     \$ .*in any order' "$source" || all_free=yes

"$program" < /dev/null > "$work/printed" 2> "$work/errors"
name_numbers "$work/promised" "$work/printed" > "$work/named"
sort_free_lines "$work/promised" > "$work/wanted"
sort_free_lines "$work/named" > "$work/shown"
diff -u "$work/wanted" "$work/shown"
if [ -s "$work/errors" ]; then
    cat "$work/errors"
    exit 1
fi

# Through a pipe it prints as much.
[ "$("$program" < /dev/null | wc -l)" = "$(wc -l < "$work/printed")" ]

# Nothing can be printed, but it does its work and ends.
"$program" < /dev/null >&- 2> "$work/errors"
