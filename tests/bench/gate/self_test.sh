#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# self_test.sh BUILD -- does gate.sh fail where it should, and only there?
#
# Copies of the library of BUILD, a build folder, are made slower by a hundred
# instructions in one function, and compared with it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM

gate() {
    outcome=0
    "$here/../gate.sh" "$@" > "$work/said" 2>&1 || outcome=$?
}

fail() {
    cat "$work/said"
    echo "self_test: $*"
    exit 1
}

expect() { # STATUS WHAT
    [ "$outcome" != 77 ] || { cat "$work/said"; exit 77; }
    [ "$outcome" = "$1" ] || fail "$2 gives $outcome, not $1"
    echo "ok: $2 gives $1"
}

# slow FUNCTION: $work/slow is the build with that one slower. Arguments and
# result go through as they are when they are words.
slow() {
    rm -rf "$work/slow"
    mkdir "$work/slow"
    cp "$build/CMakeCache.txt" "$build/libmp.a" "$work/slow"
    (
        cd "$work/slow"
        member=$(nm -A libmp.a 2> errors |
            sed -n "s/^libmp.a:\([^:]*\):.* T $1\$/\1/p")
        [ -n "$member" ] || { echo "self_test: no function $1"; exit 1; }
        ar x libmp.a "$member"
        objcopy --redefine-sym "$1=slow_$1" "$member"
        cat > slow.c << END
long slow_$1(long, long, long, long, long, long);
long $1(long a, long b, long c, long d, long e, long f);
long $1(long a, long b, long c, long d, long e, long f)
{
    for (int i = 0; i < 50; i++) {
        __asm__ __volatile__("");
    }
    return slow_$1(a, b, c, d, e, f);
}
END
        "$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' CMakeCache.txt)" \
            -O2 -fPIC -c slow.c
        ar r libmp.a "$member" slow.o
    )
}

caught() { # FUNCTION WORKLOAD ROWS
    slow "$1"
    gate --only "$2" "$build" "$work/slow"
    expect 1 "a slower $1"
    grep -q "^gate: above [0-9.]* of the base: $3\$" "$work/said" ||
        fail "other rows than $3 are named"
}

gate --only apply "$build" "$build"
expect 0 'a build beside itself'
caught mp_pool_apply apply 'apply owner'
caught mp__task_table_claim apply 'apply worker'
caught mp_queue_get_bytes queue 'queue get'
caught mp_lock_release lock 'lock owner, lock second'

slow mp_pool_close # which no row sees
gate --only lock "$build" "$work/slow"
expect 0 'a slower function that is not counted'
sed 's/^\(CMAKE_C_FLAGS:STRING=\).*/\1 -O1/' "$build/CMakeCache.txt" \
    > "$work/slow/CMakeCache.txt"
gate "$build" "$work/slow"
expect 2 'a build with other flags'
gate "$build" "$work"
expect 2 'a folder that is no build'
