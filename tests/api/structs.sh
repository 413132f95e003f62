#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# structs.sh INCLUDE -- every public struct ends in room to grow
#
# mp_bytes and mp_value are what travels, in arrays of the user's own; they are
# what they are.
cat "$1"/*.h | awk '
    /^(typedef )?struct mp_[a-z_]+ \{/ {
        name = $0
        sub(/^(typedef )?struct /, "", name)
        sub(/ .*/, "", name)
        found++
    }
    name != "" && /^    .*;/ { last = $0 }
    /^}/ && name != "" {
        if (last !~ /^    uint64_t reserved\[[0-9]+\];/ &&
            name != "mp_bytes" && name != "mp_value") {
            print "struct " name " does not end in uint64_t reserved[]"
            bad = 1
        }
        name = ""
    }
    END {
        if (found < 13) {
            print "only " found " structs were found"
            bad = 1
        }
        exit bad
    }'
