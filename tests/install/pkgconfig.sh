#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# pkgconfig.sh -- does pkg-config give the right words, wherever libmp lies?
. "$(dirname "$0")/common.sh"

tools=
for tool in pkg-config pkgconf; do
    if ! command -v "$tool" > /dev/null; then
        echo "$tool: skipped, it is not installed"
    elif [ "$tools" ] && [ "$(readlink -f "$(command -v "$tool")")" = \
        "$(readlink -f "$(command -v "$tools")")" ]; then
        echo "$tool: it is the same program as $tools"
    else
        tools=${tools:+$tools }$tool
    fi
done
[ "$tools" ] || exit 77

try() { # LIBDIR
    export PKG_CONFIG_PATH="$1/pkgconfig"
    for tool in $tools; do
        words=$("$tool" --cflags --libs libmp)
        # The folder of a library that no ld.so.conf names is told by -rpath.
        libdir=$("$tool" --variable=libdir libmp)
        # shellcheck disable=SC2086
        compile "$here/consumer/consumer.c" $words "-Wl,-rpath,$libdir" \
            -o "$work/program"
        answers "$work/program"
    done
    unset PKG_CONFIG_PATH
}

layouts=$stage/layouts
try "$layouts/plain/lib"
try "$layouts/moved/lib64"
try "$layouts/staged/usr/local/lib/machine-linux-gnu"
try "$layouts/libdir/far/lib"
try "$layouts/includedir/prefix/lib"
try "$layouts/absolute/far/lib"
try "$layouts/shared_ON/lib"
needs_shared "$work/program" || fail 'the shared library is not linked'
try "$layouts/shared_OFF/lib"
! needs_shared "$work/program" || fail 'the static library is not linked'

echo 'int main(void) { return 0; }' > "$work/nothing.c"
# shellcheck disable=SC2086
if "$compiler" $flags -static "$work/nothing.c" -o "$work/nothing" \
    2> "$work/log"; then
    for tool in $tools; do
        words=$(PKG_CONFIG_PATH=$layouts/plain/lib/pkgconfig \
            "$tool" --static --cflags --libs libmp)
        # shellcheck disable=SC2086
        compile -static "$here/consumer/consumer.c" $words -o "$work/program"
        answers "$work/program"
    done
else
    echo '--static: skipped, there is no static libc to link'
fi

# Who builds for another system tells where its root lies.
for tool in $tools; do
    case $("$tool" --version) in
    0.*)
        echo "$tool, sysroot: skipped, before 1.0 it adds it to" \
            'paths that have it'
        continue
        ;;
    esac
    for root in sysroot staged; do
        root=$layouts/$root
        libdir=$(find "$root" -type d -name pkgconfig)
        libdir=${libdir%/pkgconfig}
        words=$(PKG_CONFIG_SYSROOT_DIR=$root \
            PKG_CONFIG_PATH=$libdir/pkgconfig "$tool" --cflags --libs libmp)
        # shellcheck disable=SC2086
        compile "$here/consumer/consumer.c" $words "-Wl,-rpath,$libdir" \
            -o "$work/program"
        answers "$work/program"
    done
done
