#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# symbols.sh LIBRARY INCLUDE MAP -- what is exported is what the headers
# declare and what the version script names, each symbol has a version, and
# libc is the only library that is needed
set -eu
library=$1
include=$2
map=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat "$include"/*.h | tr '\n' ' ' | sed 's:/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/: :g' |
    grep -oE 'MP_API [^;{]*' | sed -E 's/ *MP_PRINTF.*//' |
    sed -E 's/^MP_API (extern )?//; s/\(.*//; s/.*[ *]//' |
    grep '^mp_' | sort -u > "$work/declared"
sed -n 's/^ *\(mp_[a-z0-9_]*\);$/\1/p' "$map" | sort > "$work/named"
diff -u "$work/declared" "$work/named"
nm -D --defined-only "$library" |
    awk '$2 != "A" && $3 !~ /^(__gcov|_init$|_fini$)/ { print $3 }' |
    sort -u > "$work/symbols"
sed 's/@.*//' "$work/symbols" | sort -u > "$work/exported"
diff -u "$work/declared" "$work/exported"
if grep -v '@@LIBMP_[0-9]' "$work/symbols"; then
    echo 'have no version'
    exit 1
fi
[ "$(wc -l < "$work/exported")" -gt 40 ]
needed=$(objdump -p "$library" | awk '$1 == "NEEDED" { print $2 }')
case $needed in
libc.so*) [ "$(echo "$needed" | wc -l)" = 1 ] ;;
*) echo "needed: $needed"; exit 1 ;;
esac
