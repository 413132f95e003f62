#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check_by_hand.sh PROJECT LIBRARY COMPILER [FLAGS] -- do the examples build as
# one builds them by hand, with no feature macros and the compiler's own -std?
set -eu
project=$1
library=$2
compiler=$3
flags=${4:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for file in "$project"/examples/*.c; do
    name=$(basename "$file" .c)
    # Unquoted: the flags are several words.
    "$compiler" $flags -Wall -Wextra -Werror -I "$project/include" \
        -o "$work/$name" "$file" "$library"
done
"$work/first_pool"
