#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# symbols.sh LIBRARY INCLUDE -- what is exported is what the headers declare,
# and libc is the only library that is needed
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat "$2"/*.h | tr '\n' ' ' | sed 's:/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/: :g' |
    grep -oE 'MP_API [^;{]*' | sed -E 's/ *MP_PRINTF.*//' |
    sed -E 's/^MP_API (extern )?//; s/\(.*//; s/.*[ *]//' |
    grep '^mp_' | sort -u > "$work/declared"
nm -D --defined-only "$1" | awk '{ print $3 }' | grep -v '^__gcov\|^_init$\|^_fini$' |
    sort -u > "$work/exported"
diff -u "$work/declared" "$work/exported"
[ "$(wc -l < "$work/exported")" -gt 40 ]
needed=$(objdump -p "$1" | awk '$1 == "NEEDED" { print $2 }')
case $needed in
libc.so*) [ "$(echo "$needed" | wc -l)" = 1 ] ;;
*) echo "needed: $needed"; exit 1 ;;
esac
