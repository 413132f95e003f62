#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# old_program.sh PROJECT LIBRARY COMPILER [FLAGS] -- a program that was built
# with the kept headers runs with today's library, and with one to which fields
# were added in options, in reports and in figures
set -eu
project=$1
library=$2
compiler=$3
flags=${4:-}
here=$project/tests/install/abi
kept=$(echo "$here"/[0-9]*)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

runs() { # NAME LIBRARY
    mkdir "$work/$1"
    ln -s "$2" "$work/$1/libmp.so"
    ln -s "$2" "$work/$1/$soname"
    # shellcheck disable=SC2086 # several words
    "$compiler" $flags -std=c11 -D_POSIX_C_SOURCE=200809L \
        -I"$kept/include" "$here/old_program.c" -L"$work/$1" -lmp \
        "-Wl,-rpath,$work/$1" -o "$work/$1/program"
    told=$("$work/$1/program") || true
    if [ "$told" != right ]; then
        echo "with the library $1: $told"
        exit 1
    fi
}

# The library of today is no other in name: the ABI has not been broken since.
soname=$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
grep -q "soname='$soname'" "$kept/libmp.abi" || {
    echo "$soname is not the name in the kept dump"
    exit 1
}
runs as_it_is "$library"

# The throw-away fields: one that is read, two that are written.
mkdir "$work/copy"
cp -r "$project/include" "$project/src" "$work/copy"
cd "$work/copy"
edit() { # FIXED-TEXT SED-SCRIPT: in the one file where the text is, once
    file=$(grep -rlF "$1" include src)
    [ "$(grep -rhF "$1" include src | wc -l)" = 1 ] || {
        echo "not in one place: $1"
        exit 1
    }
    sed -i "$2" "$file"
}
tail_of() { # STRUCT FIELDS: the new ones take two words of its tail
    file=$(grep -rlF "} $1;" include)
    awk -v end="} $1;" -v fields="$2" '
        /^    uint64_t reserved\[/ { held = $0; next }
        held != "" && $0 == end {
            size = held
            sub(/.*\[/, "", size)
            sub(/\].*/, "", size)
            print fields
            print "    uint64_t reserved[" size - 2 "];"
            held = ""
            done = 1
        }
        held != "" { print held; held = "" }
        { print }
        END { exit !done }' "$file" > fresh || { echo "no tail: $1"; exit 1; }
    mv fresh "$file"
}
tail_of mp_pool_options '    int64_t throw_away; uint64_t more;'
tail_of mp_report '    uint64_t throw_away[2];'
tail_of mp_pool_stats '    uint64_t throw_away[2];'
edit 'options->grace_ms < 0' \
    's/options->grace_ms < 0/& || options->throw_away != 0/'
edit 'report->peak_bytes = ' 's/.*report->peak_bytes = /report->throw_away[1] = 7;\n&/'
edit 'stats->workers_renewed = ' 's/.*stats->workers_renewed = /stats->throw_away[1] = 7;\n&/'
# shellcheck disable=SC2046,SC2086 # several words each
"$compiler" $flags -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -Isrc \
    -shared -fPIC -fvisibility=hidden $(find src -name '*.c') \
    -Wl,--version-script=src/libmp.map "-Wl,-soname,$soname" -o grown.so
runs with_fields_added "$work/copy/grown.so"
