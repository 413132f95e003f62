#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# check_listed.sh FOLDER EXAMPLE... -- is every FOLDER/*.c among the examples
# that are built and tested, and does the README there lead to it?
set -eu
folder=$1
shift
status=0
for file in "$folder"/*.c; do
    name=$(basename "$file" .c)
    case " $* " in
    *" $name "*) ;;
    *) echo "$name.c is no example of CMakeLists.txt"; status=1 ;;
    esac
    grep -qF "($name.c)" "$folder/README.md" || {
        echo "README.md does not lead to $name.c"
        status=1
    }
done
exit $status
