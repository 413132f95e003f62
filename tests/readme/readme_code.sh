#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# readme_code.sh PROJECT COMPILER -- the blocks of every README are as README.md
# here says, those of C compile, and those of examples/ are what stands there
set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=$1
compiler=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
first=y

# It tells of wrong fences, too.
sh "$here/readme_lines.sh" --list "$project" || status=1

compare() { # README:LINE BLOCK NAME
    if [ -n "$3" ] && [ -f "$project/examples/$3" ]; then
        diff -u "$project/examples/$3" "$2" || status=1
    elif [ "$first" = y ]; then
        echo "$1: the head of the first program names no file of examples/"
        status=1
    fi
    first=
}

sh "$here/tree.sh" list "$project" | grep '\.md$' > "$work/readmes"
[ -f "$project/README.md" ]
for readme in README.md $(grep -vx README.md "$work/readmes"); do
    mkdir "$work/blocks"
    (cd "$project" && awk -v "to=$work/blocks" -f "$here/blocks.awk" "$readme") \
        > "$work/index" 2> "$work/told" || true
    while read -r number line kind name; do
        [ "$kind" = c ] || continue
        block=$work/blocks/$number.c
        "$compiler" -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror \
            -I"$project/include" -c "$block" -o "$work/block.o" || {
            echo "$readme:$line: this does not compile"
            status=1
        }
        compare "$readme:$line" "$block" "$name"
    done < "$work/index"
    if [ "$readme" = README.md ] && [ "$first" = y ]; then
        echo 'README.md has no program'
        status=1
    fi
    first=
    rm -r "$work/blocks"
done
exit "$status"
