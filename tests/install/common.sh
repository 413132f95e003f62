# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# common.sh -- what the scripts of this folder share; each reads it first
#
# Their arguments: CMAKE PROJECT STAGE COMPILER FLAGS CXX CXXFLAGS OPTION. STAGE
# is the folder of stage.sh. CXX is empty where there is no C++ compiler. OPTION
# tells CMake the form of the library that is tested.
set -eu
cmake=$1
project=$2
stage=$3
compiler=$4
flags=$5
cxx=$6
cxx_flags=$7
form=$8
# make would start a program for each line that tells what is compiled.
hushed=-DCMAKE_RULE_MESSAGES=OFF
here=$project/tests/install
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A user's environment does not know where libmp is.
unset DESTDIR CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH \
    LD_LIBRARY_PATH LD_RUN_PATH CMAKE_PREFIX_PATH libmp_DIR libmp_ROOT \
    PKG_CONFIG PKG_CONFIG_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR

fail() { # WORD...
    echo "FAILED: $*"
    exit 1
}

quietly() { # COMMAND...: its output is shown only when it fails
    "$@" > "$work/log" 2>&1 || {
        cat "$work/log"
        fail "$*"
    }
}

# The flags of a build are several words, as a user types them.
compile() { # ARGUMENT...
    # shellcheck disable=SC2086
    quietly "$compiler" $flags "$@"
}

answers() { # PROGRAM...: it is linked to libmp, and works
    [ "$("$@")" = 42 ] || fail "$* does not print 42"
}

needs_shared() { # PROGRAM
    readelf -d "$1" | grep -q 'NEEDED.*libmp\.so'
}

equal() { # WHAT EXPECTED FOUND
    [ "$2" = "$3" ] || {
        printf 'expected: %s\nfound:    %s\n' "$2" "$3"
        fail "$1"
    }
}

# Find libmp as a CMake package below PREFIX; build and run what uses it. The
# LIBDIR is told where CMake does not look on every system, as lib64.
find_below() { # PREFIX [LIBDIR]
    prefix=$1
    if [ $# = 2 ]; then
        set -- "-Dlibmp_DIR=$1/$2/cmake/libmp"
    else
        set -- -Ulibmp_DIR "-DCMAKE_PREFIX_PATH=$1"
    fi
    quietly "$cmake" -S "$here/consumer" -B "$work/consumer" "$@" \
        "-DCMAKE_C_COMPILER=$compiler" "-DCMAKE_C_FLAGS=$flags" \
        -DCMAKE_BUILD_TYPE=None
    grep -q "^libmp_DIR:[A-Z]*=$prefix/" "$work/consumer/CMakeCache.txt" ||
        fail "libmp was not found below $prefix"
    rm -f "$work/consumer/consumer" "$work/consumer/consumer_static"
    quietly "$cmake" --build "$work/consumer"
    answers "$work/consumer/consumer"
}

# What does find_package accept?
ask() { # PREFIX KINDS
    rm -rf "$work/questions"
    quietly "$cmake" -S "$here/questions" -B "$work/questions" \
        "-DCMAKE_PREFIX_PATH=$1" "-DKINDS=$2"
    sed -n 's/^-- \(.* skipped,\)/\1/p' "$work/log"
}
