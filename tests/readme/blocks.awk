# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# awk -v to=FOLDER -f blocks.awk README -- write each fenced block to
# FOLDER/NUMBER.KIND and print NUMBER, line, kind, and more: for C the file's
# name that the head comment tells, for commands the tools they need. The exit
# status is 1, and the reason on stderr, when a block does not keep to README.md
# here

function complain(text)
{
    printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
    bad = 1
}

function open_block(info)
{
    inside = 1
    opened = FNR
    file = ""
    if (info == "" || info == "text") {
        return
    }
    more = ""
    if (match(info, / needs( [a-z0-9_+-]+)+$/)) {
        more = substr(info, RSTART + length(" needs "))
        info = substr(info, 1, RSTART - 1)
    }
    if (info == "sh slow") {
        info = "slow"
    } else if (info != "sh" && (more != "" || info != "c" && info != "cmake")) {
        complain("a fence may be marked c, cmake, text, or sh, sh slow, " \
            "sh needs TOOL, sh slow needs TOOL; not " substr($0, 4))
        return
    }
    kind = info
    file = sprintf("%s/%03d.%s", to, ++count, kind)
    printf "" > file
}

inside && /^```[ \t]*$/ {
    inside = 0
    if (file != "") {
        close(file)
        printf "%03d %d %s %s\n", count, opened, kind, more
    }
    next
}
inside && file != "" {
    print > file
    if (kind == "c" && more == "" && $0 ~ /^ \* [a-z_0-9]+\.c -- /) {
        more = $2
    }
}
inside { next }
/^```/ { open_block(substr($0, 4)); next }
/^[ \t]*(```|~~~)/ { complain("a fence is ``` at the start of a line") }
/^(    |\t)/ { complain("an indented block: fence it, and mark it") }
END {
    if (inside) {
        FNR = opened
        complain("this fence is not closed")
    }
    exit bad
}
