#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check.sh -- run one model: check.sh MODEL [everyday|nightly] [SWITCH]
#
# Every row of rows.txt for MODEL and that set is searched, one line each, and
# must come out as it says there; with SWITCH only rows that have it. A search
# that was cut short fails. Exit status 77: there is no spin here.
here=$(cd "$(dirname "$0")" && pwd)
model=$1
set=${2:-everyday}
only=${3:-}
failed=0
rows=0

for tool in spin gcc; do
    if ! command -v "$tool" > /dev/null; then
        echo "skipped: $tool is not installed"
        exit 77
    fi
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
search=
trap 'test -z "$search" || kill "$search"; exit 1' INT TERM
cd "$work" || exit 1

# What the search said: holds, assert, stuck, or why it tells nothing.
verdict() {
    if ! grep -q 'errors: ' pan.out; then
        echo 'no result'
    elif grep -q 'max search depth too small' pan.out; then
        echo 'cut: too deep'
    elif grep -Eq 'memory limit|out of memory|MEMLIM' pan.out; then
        echo 'cut: out of memory'
    elif grep -q 'errors: 0' pan.out && [ "$1" = 0 ]; then
        echo holds
    elif grep -q 'pan:1: assertion violated' pan.out; then
        echo assert
    elif grep -q 'pan:1: invalid end state' pan.out; then
        echo stuck
    else
        echo 'some other error'
    fi
}

# row EXPECTED SEARCH SWITCHES
row() {
    rm -f ./*
    began=$(date +%s)
    case $2 in
    full) flags="-DCOLLAPSE -DMEMLIM=3000" run="-m1000000 -w22" ;;
    back) flags="-DCOLLAPSE -DMEMLIM=3000 -DREVERSE" run="-m1000000 -w22" ;;
    big) flags="-DCOLLAPSE -DMEMLIM=12000" run="-m20000000 -w28" ;;
    bits) flags="-DBITSTATE" run="-m3000000 -w33 -k3 -Q10" ;;
    *) echo "rows.txt: unknown search $2" && failed=1 && return ;;
    esac
    # shellcheck disable=SC2086 # several words each
    if ! spin -a $3 "$here/$model.pml" > spin.out 2>&1 ||
        ! gcc -O2 -w -DSAFETY $flags -o pan pan.c > gcc.out 2>&1; then
        head -n 5 ./*.out
        failed=1
        return
    fi
    # shellcheck disable=SC2086
    ./pan $run > pan.out 2>&1 &
    search=$!
    wait "$search"
    found=$(verdict $?)
    search=
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.out)
    note=ok
    if [ "$2" = bits ]; then
        note='ok, a sample'
        grep -q '^Time limit' pan.out && note="$note, cut after 10 minutes"
    fi
    if [ "$found" != "$1" ]; then
        note="NOT AS EXPECTED ($1)"
        failed=1
        grep '^pan' pan.out
    fi
    printf '%-9s %-62s %-6s %10s states %4d s  %s\n' "$model" "$3 ($2)" \
        "$found" "$states" "$(($(date +%s) - began))" "$note"
}

while read -r name when expected how switches; do
    case $name in "$model") ;; *) continue ;; esac
    if [ "$when" != "$set" ]; then
        continue
    fi
    case " $switches " in *"$only"*) ;; *) continue ;; esac
    rows=$((rows + 1))
    row "$expected" "$how" "$switches"
done < "$here/rows.txt"

if [ "$rows" = 0 ]; then
    echo "no row of rows.txt is for $model, $set"
    exit 1
fi
exit "$failed"
