#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# consumers.sh PROJECT BUILD COMPILER [FLAGS] -- install, then use what was installed
set -eu
project=$1
build=$2
compiler=$3
own_flags=${4:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
consumer=$project/tests/install/consumer

cmake --install "$build" --prefix "$work/prefix" > "$work/log"
try() { # NAME OPTION...
    name=$1
    shift
    cmake -S "$consumer" -B "$work/$name" "-DCMAKE_C_COMPILER=$compiler" \
        "-DCMAKE_C_FLAGS=$own_flags" "$@" > "$work/log" &&
        cmake --build "$work/$name" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    [ "$("$work/$name/consumer")" = 42 ]
    [ "$("$work/$name/consumer_static")" = 42 ]
}
try found "-DCMAKE_PREFIX_PATH=$work/prefix"
try folder "-DLIBMP_FOLDER=$project"

if ! command -v pkg-config > /dev/null; then
    echo 'pkg-config: skipped, it is not installed'
    exit 0
fi
folder=$(dirname "$(find "$work/prefix" -name libmp.pc)")
flags=$(PKG_CONFIG_PATH=$folder pkg-config --define-variable="prefix=$work/prefix" --cflags --libs libmp)
# Unquoted: the flags are several words.
"$compiler" $own_flags "$consumer/consumer.c" $flags -o "$work/program"
[ "$(LD_LIBRARY_PATH=${folder%/pkgconfig} "$work/program")" = 42 ]
