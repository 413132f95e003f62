#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# stage.sh -- builds the library, and installs it in every layout for the others
#
# The prefix that was configured is never the one that is installed to.
. "$(dirname "$0")/common.sh"
build=$stage/build
# CMake refuses an absolute folder that lies in the sources. Where the build
# folder lies there, as users have it, the layouts would: a copy is built.
source=$stage/source

configure() { # CMAKE-OPTION...: what is not said is as by default
    quietly "$cmake" -S "$source" -B "$build" -UCMAKE_INSTALL_LIBDIR \
        -UCMAKE_INSTALL_INCLUDEDIR -UBUILD_SHARED_LIBS \
        -DCMAKE_INSTALL_PREFIX=/nowhere "-DCMAKE_C_COMPILER=$compiler" \
        "-DCMAKE_C_FLAGS=$flags -O0" -DCMAKE_BUILD_TYPE=None "$form" "$hushed" \
        -DMP_BUILD_TESTS=OFF -DMP_BUILD_EXAMPLES=OFF -DMP_BUILD_BENCH=OFF "$@"
}

install_to() { # PREFIX
    quietly "$cmake" --install "$build" --prefix "$1"
}

layouts=$stage/layouts
rm -rf "$layouts" "$source"
mkdir -p "$layouts" "$source/tests"
cp -rp "$project/CMakeLists.txt" "$project/include" "$project/src" "$source"
cp -p "$project/tests/selection.cmake" "$source/tests"

configure
quietly "$cmake" --build "$build" --parallel 2
install_to "$layouts/plain"
DESTDIR=$layouts/system install_to /usr/local

configure -DCMAKE_INSTALL_LIBDIR=lib64
install_to "$work/before"
mv "$work/before" "$layouts/moved"

configure -DCMAKE_INSTALL_LIBDIR=lib/machine-linux-gnu
DESTDIR=$layouts/staged install_to /usr/local

configure "-DCMAKE_INSTALL_LIBDIR=$layouts/libdir/far/lib"
install_to "$layouts/libdir/prefix"

configure "-DCMAKE_INSTALL_INCLUDEDIR=$layouts/includedir/far/headers"
install_to "$layouts/includedir/prefix"

configure "-DCMAKE_INSTALL_LIBDIR=$layouts/absolute/far/lib" \
    "-DCMAKE_INSTALL_INCLUDEDIR=$layouts/absolute/far/headers"
install_to "$layouts/absolute/prefix"

configure -DCMAKE_INSTALL_LIBDIR=/opt/libmp/lib \
    -DCMAKE_INSTALL_INCLUDEDIR=/opt/libmp/headers
DESTDIR=$layouts/sysroot install_to /usr

# What is left of the other kind would hide that it is no longer built.
for kind in ON OFF; do
    rm -rf "$build/libmp.a" "$build"/libmp.so*
    configure "-DBUILD_SHARED_LIBS=$kind"
    quietly "$cmake" --build "$build" --parallel 2
    install_to "$layouts/shared_$kind"
done
