#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check.sh LIBRARY INCLUDE -- a program that was built against the kept headers
# finds in LIBRARY all that it knows. Exit status 77: it cannot be told here.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for tool in abidw abidiff readelf; do
    if ! command -v "$tool" > "$work/found"; then
        echo "skipped: $tool is not installed (abigail-tools, binutils)"
        exit 77
    fi
done
# The kept dump tells of this machine, and abidw reads debug information.
if ! readelf -h "$1" | grep -q 'ELF64' ||
    ! readelf -h "$1" | grep -q 'X86-64'; then
    echo 'skipped: the kept dump is one of x86-64'
    exit 77
fi
if ! readelf -S "$1" | grep -q '\.debug_info'; then
    echo 'skipped: the library has no debug information (-g)'
    exit 77
fi
"$here/dump.sh" "$1" "$2" > "$work/new.abi"
"$here/compare.sh" "$here"/[0-9]*/libmp.abi "$work/new.abi"
