#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# layers_self_test.sh LAYERS.SH SRC -- the layer rule catches what it is for
set -eu
rule=$1
src=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

caught() { # FILE LINE
    rm -rf "$work/src"
    cp -r "$src" "$work/src"
    printf '%s\n' "$2" >> "$work/src/$1"
    if sh "$rule" "$work/src" > /dev/null; then
        echo "not caught in $1: $2"
        exit 1
    fi
}

sh "$rule" "$src"
caught platform/clock.c '#include "shared/ring.h"'
caught shared/ring.c '#include "objects/process.h"'
caught objects/queue.c '#include "pool/owner/owner.h"'
caught pool/owner/step.c '#include "batch.h"'
caught shared/guard.c '#define _GNU_SOURCE'
caught pool/worker/worker.c 'int f(void) { return fork(); }'
caught objects/lock.c 'int f(void) { return close(3); }'
