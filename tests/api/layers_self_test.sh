#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# layers_self_test.sh LAYERS.SH SRC LIBRARY COMPILER -- the rule of the layers
# catches what it is for
set -eu
rule=$1
src=$2
library=$3
compiler=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# Sources and library as they are, with nothing that is to be caught yet.
begin() {
    rm -rf "$work/src"
    cp -r "$src" "$work/src"
    cp "$library" "$work/lib.a"
    : > "$work/planted"
}

# FILE gets one line more. The rule must say WHAT, a line that ends in a colon,
# and after it a line that has SIGN in it.
plant() { # WHAT SIGN FILE LINE
    [ -d "$work/src/${3%/*}" ] || mkdir "$work/src/${3%/*}"
    printf '%s\n' "$4" >> "$work/src/$3"
    expect "$1" "$2"
}

expect() { # WHAT SIGN
    printf '%s|%s\n' "$1" "$2" >> "$work/planted"
}

# The library gets an object NAME, in which FUNCTION calls another one.
object() { # NAME FUNCTION CALLED
    printf 'void %s(void);\nvoid %s(void);\nvoid %s(void)\n{\n    %s();\n}\n' \
        "$2" "$3" "$2" "$3" > "$work/$1.c"
    "$compiler" -c "$work/$1.c" -o "$work/$1.c.o"
    ar -r "$work/lib.a" "$work/$1.c.o" 2> "$work/ar"
}

# All that was planted must be told, each thing under what it is.
caught() {
    if sh "$rule" "$work/src" "$work/lib.a" > "$work/said"; then
        echo 'nothing was caught of:'
        cat "$work/planted"
        failed=1
        return
    fi
    awk -F'|' '
        NR == FNR { what[NR] = $1; sign[NR] = $2; count = NR; next }
        /^[^ ].*:$/ { heading = $0; next }
        {
            for (i = 1; i <= count; i++)
                if (index(heading, what[i]) == 1 && index($0, sign[i]) > 0)
                    seen[i] = 1
        }
        END {
            for (i = 1; i <= count; i++) {
                if (!(i in seen)) {
                    print "not caught: " what[i] " " sign[i]
                    status = 1
                }
            }
            exit status
        }' "$work/planted" "$work/said" || failed=1
}

begin
sh "$rule" "$work/src" "$work/lib.a"

# What single lines of a source do wrong.
above='an include of a folder that stands above'
unnamed='an include does not name its folder'
homeless='a file that is in none of the folders'
for pair in platform/clock.c=shared/ring.h shared/ring.c=objects/process.h \
    objects/queue.c=pool/owner/owner.h objects/lock.c=pool/common/core.h \
    pool/common/core.c=pool/batch/batch.h \
    pool/batch/batch.c=pool/worker/worker.h \
    pool/worker/worker.c=pool/supervisor/deaths.h \
    pool/supervisor/deaths.c=pool/batch/batch.h \
    pool/owner/step.c=pool/calls/pool.h; do
    plant "$above" "${pair%=*} uses ${pair#*=}" "${pair%=*}" \
        "#include \"${pair#*=}\""
done
plant "$unnamed" pool/owner/stop.c: pool/owner/stop.c '#include "ends.h"'
plant "$unnamed" pool/owner/ends.c: pool/owner/ends.c '#include "pool/ends.h"'
plant "$homeless" pool/more.c pool/more.c 'int more;'
plant "$homeless" pool/more/most.c pool/more/most.c 'int most;'
plant 'two files of one name' admit.c pool/worker/admit.c 'int more;'
for folder in shared objects pool/common pool/batch pool/worker \
    pool/supervisor pool/owner pool/calls; do
    for file in "$src/$folder"/*.c; do
        file=$folder/${file##*/}
    done
    plant 'a raw system call' "$file: " "$file" 'int f(void) { return fork(); }'
    plant _GNU_SOURCE "$file:" "$file" '#define _GNU_SOURCE'
done
caught

# Headers that include each other, in one folder and in two.
begin
plant 'files that use each other, by their includes' \
    'pool/owner/step.h' pool/owner/owner.h '#include "pool/owner/step.h"'
plant 'folders that use each other, by their includes' \
    'pool/calls' pool/owner/step.c '#include "pool/calls/pool.h"'
caught

# Functions that are declared by hand, so that only the symbols show their use.
begin
object planted mp__planted mp_pool_create
echo 'int planted;' > "$work/src/platform/planted.c"
expect 'a symbol of a folder that stands above' \
    'platform/planted.c uses pool/calls/pool.c'
caught

begin
for name in planted_one planted_two; do
    echo 'int planted;' > "$work/src/pool/owner/$name.c"
done
object planted_one mp__planted_one mp__planted_two
object planted_two mp__planted_two mp_planted
object planted_two mp__planted_two mp__planted_one
expect 'files that use each other, by their symbols' pool/owner/planted_one.c
expect 'files that use each other, by their symbols' pool/owner/planted_two.c
caught

begin
object planted mp__planted mp_pool_create
object queue mp__planted_queue mp__planted
echo 'int planted;' > "$work/src/pool/common/planted.c"
expect 'folders that use each other, by their symbols' pool/common
caught
exit $failed
