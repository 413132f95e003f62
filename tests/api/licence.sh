#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# licence.sh PROJECT -- every source file begins with its licence and copyright
cd "$1" || exit 1
find include src tests examples .ci CMakeLists.txt -type f \
    ! -path '*/corpus/*' ! -name '*.md' ! -name '*rows.txt' \
    ! -name 'call_*.txt' ! -name '*.svg' ! -name '*.abi' -exec awk '
    function finish() {
        if (file != "" && found != 2) {
            print file " does not begin with licence and copyright"
            bad = 1
        }
    }
    FNR == 1 { finish(); file = FILENAME; found = 0 }
    FNR <= 3 && /SPDX-License-Identifier: MIT/ { found++ }
    FNR <= 3 && /Copyright \(c\) 20[0-9][0-9] The libmp authors/ { found++ }
    END { finish(); exit bad }' {} +
