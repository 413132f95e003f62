#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# gate.sh -- is this libmp slower than an older one?
#
#     gate.sh [--times] [--only WORKLOAD] BASE_BUILD [THIS_BUILD]
#
# Both are build folders of CMake, configured alike; THIS_BUILD is `build` in
# this tree unless it is named. Instructions of each process are counted by
# valgrind, and one that takes too many fails. With --times, times are measured
# instead and only told. README.md beside this says what the figures mean.
#
# Exit status: 0; 1 when something is too slow; 2 when it cannot be told; 77
# when there is no valgrind here.
set -eu

limit=1.05 # of what the base takes, and no more
pairs=25   # of runs that are timed
patience=120 # seconds for one run: some call may wait that waits.c misses

here=$(cd "$(dirname "$0")" && pwd)

cannot() {
    echo "gate: $*" >&2
    exit 2
}

usage() {
    cannot "usage: gate.sh [--times] [--only WORKLOAD] BASE_BUILD [THIS_BUILD]"
}

timed=
only=
while [ $# -gt 0 ]; do
    case $1 in
    --times) timed=yes ;;
    --only)
        [ $# -gt 1 ] || usage
        only=$2
        shift
        ;;
    -*) usage ;;
    *) break ;;
    esac
    shift
done
[ $# = 1 ] || [ $# = 2 ] || usage
base=$1
this=${2:-$here/../../build}

for tool in valgrind taskset; do
    if [ -z "$timed" ] && ! command -v $tool > /dev/null; then
        echo "gate: skipped: $tool is not installed"
        exit 77
    fi
done

# cached BUILD NAME: what the build was configured with
cached() {
    sed -n "s/^$2:[A-Z]*=//p" "$1/CMakeCache.txt"
}

check_build() {
    [ -f "$1/CMakeCache.txt" ] || cannot "$1 is no build folder of CMake"
    [ -f "$1/libmp.a" ] || cannot "$1 has no libmp.a: build it"
    [ -z "$(cached "$1" MP_SANITIZE)" ] || cannot "$1 has sanitizers"
    [ "$(cached "$1" MP_COVERAGE)" != ON ] || cannot "$1 counts its coverage"
    newer=$(find "$(cached "$1" CMAKE_HOME_DIRECTORY)/src" \
        "$(cached "$1" CMAKE_HOME_DIRECTORY)/include" \
        -name '*.[ch]' -newer "$1/libmp.a")
    [ -z "$newer" ] || cannot "$1 is older than its sources: build it"
}

check_alike() {
    type=$(cached "$base" CMAKE_BUILD_TYPE | tr '[:lower:]' '[:upper:]')
    for name in CMAKE_BUILD_TYPE CMAKE_C_COMPILER CMAKE_C_FLAGS \
        ${type:+"CMAKE_C_FLAGS_$type"} CMAKE_INTERPROCEDURAL_OPTIMIZATION \
        MP_PORTABLE; do
        [ "$(cached "$base" "$name")" = "$(cached "$this" "$name")" ] ||
            cannot "the builds are not alike: $name is" \
                "'$(cached "$base" "$name")' and '$(cached "$this" "$name")'"
    done
}

# compile BUILD FOLDER: the program as that version of libmp has it
compile() {
    mkdir "$2"
    sources="$here/gate/gate.c $here/gate/turns.c"
    flags=
    if [ -z "$timed" ]; then
        sources="$sources $here/gate/waits.c"
        flags=-DGATE_COUNTS
        for call in clock_gettime getppid nanosleep poll read sched_yield \
            syscall write; do
            flags="$flags -Wl,--wrap=$call"
        done
    fi
    # shellcheck disable=SC2046,SC2086 # several words each
    "$(cached "$1" CMAKE_C_COMPILER)" -std=c11 -O2 -Wall -Wextra -Wpedantic \
        -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wwrite-strings -Werror $(cached "$1" CMAKE_C_FLAGS) \
        -D_POSIX_C_SOURCE=200809L $flags \
        -I"$(cached "$1" CMAKE_HOME_DIRECTORY)/include" \
        $sources "$1/libmp.a" -o "$2/gate" ||
        cannot "the program does not compile against $1"
}

# run COMMAND...: in this folder, with nothing of our environment, for that
# changes where the stack lies
run() {
    env -i PATH="$PATH" timeout $patience "$@"
}

# count WORKLOAD: a line for each process, `ROW|INSTRUCTIONS AN ITEM`
count() {
    run taskset -c "$cpu" valgrind --tool=callgrind --collect-atstart=no \
        --callgrind-out-file=calls.%p ./gate "$1" > said 2> errors ||
        { cat errors >&2; cannot "$1 fails, or ends not in $patience s"; }
    sed 's/ \([0-9]*\) \([0-9]*\)$/|\1|\2/' said |
        while IFS='|' read -r row pid items; do
            awk -v row="$row" -v items="$items" '
                $1 == "totals:" { all = $2 }
                END { printf "%s|%.2f\n", row, all / items }' "calls.$pid"
        done
    rm -f calls.*
}

# told|BASE|THIS lines to a table; fails when one is above the limit
judge() {
    awk -F'|' -v limit="$limit" '
        BEGIN {
            printf "%-24s %10s %10s %7s\n",
                "instructions an item", "base", "this", "ratio"
        }
        $2 <= 0 || $3 <= 0 {
            printf "gate: nothing was counted of %s\n", $1
            broken = 1
            next
        }
        {
            slow = $3 / $2 > limit
            printf "%-24s %10.1f %10.1f %7.3f%s\n", $1, $2, $3, $3 / $2,
                slow ? "  TOO SLOW" : ""
            if (slow)
                names = names (names == "" ? "" : ", ") $1
        }
        END {
            if (broken || NR == 0)
                exit 2
            if (names != "") {
                print "gate: above " limit " of the base: " names
                exit 1
            }
            print "gate: " NR " rows, none above " limit " of the base"
        }'
}

count_all() {
    cpu=$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')
    for workload in $workloads; do
        for side in base this; do
            (cd "$work/$side" && count "$workload") > "$work/$side.rows"
        done
        paste -d'|' "$work/base.rows" "$work/this.rows" | cut -d'|' -f1,2,4
    done > "$work/rows"
    judge < "$work/rows"
}

time_once() { # PAIR SIDE: `PAIR|SIDE|ROW|NS` lines
    for workload in $workloads; do
        (cd "$work/$2" && run ./gate "$workload") |
            sed "s/ \([0-9.]*\)$/|\1/; s/^/$1|$2|/"
    done
}

# The ranks between which the median lies with 95 %, by the binomial
# distribution: it needs no assumption about the times.
tell_times() {
    awk -F'|' -v pairs="$pairs" '
        function sort_up(list, n,    i, j, one) {
            for (i = 2; i <= n; i++) {
                one = list[i]
                for (j = i - 1; j >= 1 && list[j] > one; j--)
                    list[j + 1] = list[j]
                list[j + 1] = one
            }
        }
        function median(list, n) {
            sort_up(list, n)
            return (list[int((n + 1) / 2)] + list[int(n / 2) + 1]) / 2
        }
        function low_rank(n,    k, p, sum) {
            p = 0.5 ^ n
            for (k = 0; sum + p <= 0.025; k++) {
                sum += p
                p = p * (n - k) / (k + 1)
            }
            return k < 1 ? 1 : k
        }
        function tell(row, n,    i, base, this, ratio) {
            for (i = 1; i <= n; i++) {
                base[i] = ns[row, "base", i]
                this[i] = ns[row, "this", i]
                if (base[i] == 0 || this[i] == 0) {
                    print "gate: a run of " row " failed"
                    exit 2
                }
                ratio[i] = this[i] / base[i]
            }
            printf "%-24s %10.1f %10.1f %7.3f", row,
                median(base, n), median(this, n), median(ratio, n)
            printf "  %.3f to %.3f\n", ratio[low_rank(n)],
                ratio[n + 1 - low_rank(n)]
        }
        !(($3, "base", 1) in ns) && !(($3, "this", 1) in ns) {
            rows[++count] = $3
        }
        { ns[$3, $2, $1] = $4 }
        END {
            printf "%-24s %10s %10s %7s  %s\n", "ns an item, " pairs " pairs",
                "base", "this", "ratio", "95 % of it"
            for (i = 1; i <= count; i++)
                tell(rows[i], pairs + 0)
        }'
}

time_all() {
    i=0
    while [ $i -lt $pairs ]; do
        i=$((i + 1))
        if [ $((i % 2)) = 0 ]; then
            time_once $i base && time_once $i this
        else
            time_once $i this && time_once $i base
        fi
    done > "$work/times"
    tell_times < "$work/times"
}

check_build "$base"
check_build "$this"
check_alike
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM
compile "$base" "$work/base"
compile "$this" "$work/this"
workloads=$("$work/this/gate")
if [ -n "$only" ]; then
    echo "$workloads" | grep -qx "$only" || cannot "there is no workload $only"
    workloads=$only
fi
if [ -n "$timed" ]; then
    time_all
else
    count_all
fi
