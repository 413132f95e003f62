#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# compare.sh KEPT NEW -- does the interface of the dump NEW break that of KEPT?
#
# Fields that were taken out of a `reserved` tail are no break, and abidiff does
# not know that: what lies where the kept dump has the tail, and behind, is left
# out of both. The sizes stay in, so a struct that grew is found. Calls may be
# added, but not to a symbol version that was there before.
set -eu
kept=$1
new=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One line for each tail: the struct, and where the tail begins, in bits.
awk -F "'" '
    /<class-decl name=/ { name = $2 }
    /<data-member / { for (i = 1; i < NF; i++) if ($i ~ /layout-offset/) at = $(i + 1) }
    /<var-decl name=.reserved. / { print name, at }' "$kept" > "$work/tails"
[ "$(wc -l < "$work/tails")" -ge 11 ] || { echo 'tails are missing'; exit 1; }

without_tails() {
    awk -F "'" -v tails="$work/tails" '
        BEGIN { while ((getline line < tails) > 0) { split(line, f, " "); tail[f[1]] = f[2] } }
        /<class-decl name=/ { name = $2 }
        /<\/class-decl>/ { name = "" }
        /<data-member / {
            for (i = 1; i < NF; i++) if ($i ~ /layout-offset/) at = $(i + 1)
            skip = name in tail && at + 0 >= tail[name] + 0
        }
        !skip { print }
        /<\/data-member>/ { skip = 0 }' "$1"
}
without_tails "$kept" > "$work/kept.abi"
without_tails "$new" > "$work/new.abi"
status=0
abidiff --no-added-syms "$work/kept.abi" "$work/new.abi" || status=$?

symbols() {
    sed -n "s/.*<elf-symbol name='\([^']*\)' version='\([^']*\)'.*/\2 \1/p" "$1" | sort
}
symbols "$kept" > "$work/kept"
symbols "$new" > "$work/new"
for version in $(cut -d ' ' -f 1 "$work/kept" | sort -u); do
    grep "^$version " "$work/kept" > "$work/before"
    grep "^$version " "$work/new" > "$work/now" || true
    if ! diff "$work/before" "$work/now"; then
        echo "the symbols of $version have changed: new ones get a new version"
        status=1
    fi
done
exit "$status"
