#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# tree.sh list PROJECT, tree.sh copy PROJECT FOLDER -- the project's files,
# without build folders and without git's own
set -eu

list() {
    (cd "$1" && find . -mindepth 1 \
        \( -name .git -o -type d -exec test -f '{}/CMakeCache.txt' \; \) \
        -prune -o \( -type f -o -type l \) -print | sed 's:^\./::' | sort)
}

case $1 in
list) list "$2" ;;
copy)
    mkdir -p "$3"
    list "$2" | tar -C "$2" -cf - -T - | tar -C "$3" -xf - --no-same-owner
    ;;
*)
    echo "tree.sh: what is $1?" >&2
    exit 2
    ;;
esac
