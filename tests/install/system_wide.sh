#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# system_wide.sh -- is -lmp enough after an installation to /usr/local and
# ldconfig?
#
# It runs in a mount namespace of its own, where the folders of /usr/local and
# the cache of ldconfig are others: the system's are not touched.
. "$(dirname "$0")/common.sh"
local=$stage/layouts/system/usr/local
PATH=$PATH:/sbin:/usr/sbin

skip() { # WORD...
    echo "skipped: $*"
    exit 77
}

echo '#include <limits.h>
__GLIBC__' > "$work/libc.c"
# shellcheck disable=SC2086
! "$compiler" $flags -E -P "$work/libc.c" | grep -q __GLIBC__ ||
    skip 'this libc is not glibc, and has no ldconfig'
command -v ldconfig > "$work/log" || skip 'there is no ldconfig'
ldconfig -v -N -X 2> "$work/log" | grep -q '^/usr/local/lib:' ||
    skip 'ld.so.conf of this system does not name /usr/local/lib'

cat > "$work/inside.sh" << 'EOF'
set -eu
local=$1
work=$2
source=$3
shift 3
mount --bind "$local/include" /usr/local/include
mount --bind "$local/lib" /usr/local/lib
"$@" "$source" -lmp -o "$work/program"
if "$work/program" > "$work/answer" 2>&1; then
    echo 'FAILED: before ldconfig the program runs: with which library?'
    exit 1
fi
mkdir "$work/aux"
mount --bind "$work/aux" /var/cache/ldconfig
ldconfig -X -C "$work/cache"
mount --bind "$work/cache" /etc/ld.so.cache
"$work/program" > "$work/answer"

if command -v pkg-config > "$work/log"; then
    # shellcheck disable=SC2046
    "$@" "$source" $(pkg-config --cflags --libs libmp) -o "$work/program"
    "$work/program" > "$work/answer"
else
    echo 'pkg-config: skipped, it is not installed'
fi
EOF
options=--mount
unshare $options true 2> "$work/log" || options='--mount --map-root-user'
# shellcheck disable=SC2086
unshare $options true 2> "$work/log" ||
    skip 'this user may not have a mount namespace'
# shellcheck disable=SC2086
unshare $options sh "$work/inside.sh" "$local" "$work" \
    "$here/consumer/consumer.c" "$compiler" $flags || fail "$compiler -lmp"
equal 'answer' 42 "$(cat "$work/answer")"
