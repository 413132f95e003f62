#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# self_test.sh -- compare.sh catches each kind of break, and lets fields come
# out of a tail and calls be added
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kept=$(echo "$here"/[0-9]*/libmp.abi)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! command -v abidiff > "$work/log"; then
    echo 'skipped: abidiff is not installed (abigail-tools)'
    exit 77
fi

# edited WHAT AWK-PROGRAM: a dump that differs
edited() {
    awk "$2" "$kept" > "$work/new.abi"
    if cmp -s "$kept" "$work/new.abi"; then
        echo "$1: nothing was edited"
        exit 1
    fi
}
accepted() {
    edited "$@"
    if ! "$here/compare.sh" "$kept" "$work/new.abi" > "$work/log"; then
        echo "not accepted: $1"
        cat "$work/log"
        exit 1
    fi
}
caught() {
    edited "$@"
    if "$here/compare.sh" "$kept" "$work/new.abi" > "$work/log"; then
        echo "not caught: $1"
        exit 1
    fi
}
in_struct() { # NAME AWK-RULE: the rule, in that struct alone
    printf "/<class-decl name='%s' /{on=1} on{%s} /<\/class-decl>/{on=0} {print}" "$1" "$2"
}

"$here/compare.sh" "$kept" "$kept"
accepted 'a field out of a tail' "$(in_struct mp_pool_options \
    "sub(/name='reserved'/, \"name='fresh'\")")"
accepted 'a call with a version of its own' "{print}
    /<elf-function-symbols>/ {
        print \"<elf-symbol name='mp_new' version='LIBMP_0.9' is-default-version='yes' type='func-type' binding='global-binding' visibility='default-visibility' is-defined='yes'/>\"
    }"
caught 'a call in an old version' "{print}
    /<elf-function-symbols>/ {
        print \"<elf-symbol name='mp_new' version='LIBMP_0.2' is-default-version='yes' type='func-type' binding='global-binding' visibility='default-visibility' is-defined='yes'/>\"
    }"
caught 'a call that is gone' "/mp_lock_acquire/{next} {print}"
caught 'a struct that grew' "$(in_struct mp_report \
    "sub(/size-in-bits='[0-9]+'/, \"size-in-bits='9999'\")")"
caught 'a field that moved' "$(in_struct mp_task \
    "sub(/layout-offset-in-bits='256'/, \"layout-offset-in-bits='224'\")")"
caught 'a field that is gone' "$(in_struct mp_pool_options \
    "if (/layout-offset-in-bits='320'/) {getline; getline; next}")"
caught 'an end in the middle of the others' "{
    if (/<enumerator name='MP_TASK_DONE'/) sub(/value='2'/, \"value='3'\")
    print }"
