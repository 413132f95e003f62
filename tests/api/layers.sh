#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# layers.sh SRC LIBRARY -- a folder uses itself and what stands below it, and no
# two files or folders use each other; raw system calls and _GNU_SOURCE stay in
# the lowest folder
#
# Two things show what a file uses: its includes, and the symbols that its
# object in the static library LIBRARY takes from other objects. A declaration
# that was written by hand shows in the second alone.
set -eu
src=$1
library=$2
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A folder, and all that it may use beside itself.
cat > "$work/rule" << 'END'
platform
shared          platform
objects         platform shared
pool/common     platform shared objects
pool/batch      platform shared objects pool/common
pool/worker     platform shared objects pool/common
pool/supervisor platform shared objects pool/common pool/worker
pool/owner      platform shared objects pool/common pool/worker pool/supervisor pool/batch
pool/calls      platform shared objects pool/common pool/worker pool/supervisor pool/batch pool/owner
END

complain() { # WHAT LINES: nothing unless there are lines
    if [ -n "$2" ]; then
        printf '%s\n%s\n' "$1" "$2"
        status=1
    fi
}

# What lies in SRC itself is in no folder: mp.c, which all may use. It uses
# nothing, or there would be a circle.
(cd "$src" && find . -name '*.[ch]' | sed 's,^\./,,' | sort) > "$work/files"
grep -q . "$work/files" || { echo "no sources in $src"; exit 1; }
complain 'a file that is in none of the folders of the rule:' "$(awk '
    NR == FNR { folders[$1] = 1; next }
    {
        folder = $0
        if (!sub(/\/[^\/]*$/, "", folder)) next
        if (!(folder in folders)) print
    }' "$work/rule" "$work/files")"
complain 'two files of one name:' \
    "$(sed 's,.*/,,' "$work/files" | sort | uniq -d)"

# ---- what a file uses, as lines of two names

(cd "$src" && xargs grep -En '^ *# *include "' < "$work/files") \
    > "$work/includes" || true
grep -q . "$work/includes" || { echo "no includes in $src"; exit 1; }
complain 'an include does not name its folder:' "$(awk '
    NR == FNR { folders[$1] = 1; next }
    {
        path = $0
        sub(/^[^"]*"/, "", path)
        sub(/".*/, "", path)
        folder = path
        sub(/\/[^\/]*$/, "", folder)
        if (path !~ /^[a-z_\/]+\.h$/ || !(folder == "mp" || folder in folders))
            print
    }' "$work/rule" "$work/includes")"
sed -n 's,^\([^:]*\):[0-9]*: *# *include "\([a-z_/]*\.h\)".*,\1 \2,p' \
    "$work/includes" | grep -v ' mp/' > "$work/by_includes"

# The objects of the library have the names of their sources, without folders.
nm -P -g "$library" > "$work/symbols"
grep -q ' U' "$work/symbols" || { echo "no symbols in $library"; exit 1; }
awk '
    FNR == 1 { files++ }
    files == 1 {
        name = $0
        sub(/.*\//, "", name)
        paths[name] = $0
        next
    }
    NF == 1 {
        name = $1
        sub(/^.*\[/, "", name)
        sub(/(\.c)?\.o\]:$/, ".c", name)
        object = name in paths ? paths[name] : name
        next
    }
    $2 ~ /^[Uwv]$/ { uses[object, $1] = 1; next }
    { defined[$1] = object }
    END {
        for (use in uses) {
            split(use, part, SUBSEP)
            if (part[2] in defined && defined[part[2]] != part[1])
                print part[1], defined[part[2]]
        }
    }' "$work/files" "$work/symbols" | sort -u > "$work/by_symbols"
grep -q . "$work/by_symbols" || { echo "$library uses nothing"; exit 1; }

# ---- nothing that stands above

above() { # USES
    awk '
        function folder_of(path) {
            return sub(/\/[^\/]*$/, "", path) ? path : ""
        }
        NR == FNR {
            known[$1] = 1
            for (i = 1; i <= NF; i++) may[$1, $i] = 1
            next
        }
        {
            from = folder_of($1)
            to = folder_of($2)
            if (from in known && to != "" && !((from, to) in may))
                print "  " $1 " uses " $2
        }' "$work/rule" "$1"
}
complain 'an include of a folder that stands above, or beside:' \
    "$(above "$work/by_includes")"
complain 'a symbol of a folder that stands above, or beside:' \
    "$(above "$work/by_symbols")"

# ---- no circles

# What uses nothing that is left, or is used by nothing that is left, is in no
# circle. Of the rest, those that reach each other are one.
circles() { # USES
    awk '
        function reach(from, to) {
            if ((from, to) in reached) return
            reached[from, to] = 1
            used = split(uses_of[to], names, " ")
            for (i = 1; i <= used; i++) pending[++count] = names[i]
        }
        $1 != $2 { uses[$1, $2] = 1 }
        END {
            do {
                split("", above)
                split("", below)
                for (use in uses) {
                    split(use, ends, SUBSEP)
                    below[ends[1]] = 1
                    above[ends[2]] = 1
                }
                gone = 0
                for (use in uses) {
                    split(use, ends, SUBSEP)
                    if (!(ends[1] in above) || !(ends[2] in below)) {
                        delete uses[use]
                        gone = 1
                    }
                }
            } while (gone)
            for (use in uses) {
                split(use, ends, SUBSEP)
                uses_of[ends[1]] = uses_of[ends[1]] " " ends[2]
            }
            for (from in below) {
                count = 0
                pending[++count] = from
                while (count > 0) {
                    to = pending[count--]
                    reach(from, to)
                }
            }
            for (from in below) {
                if (from in told) continue
                line = ""
                for (to in below) {
                    if (to != from && (from, to) in reached &&
                        (to, from) in reached) {
                        line = line " " to
                        told[to] = 1
                    }
                }
                if (line != "") print "  " from line
            }
        }' "$1"
}
folders() { # USES
    grep '/.* .*/' "$1" | sed 's,/[^/ ]* , ,; s,/[^/ ]*$,,' | sort -u
}
for by in includes symbols; do
    folders "$work/by_$by" > "$work/folders"
    complain "files that use each other, by their $by:" \
        "$(circles "$work/by_$by")"
    complain "folders that use each other, by their $by:" \
        "$(circles "$work/folders")"
done

# ---- the system is asked in platform/ alone

grep -v '^platform/' "$work/files" | sed "s,^,$src/," > "$work/others"
complain '_GNU_SOURCE outside src/platform/:' \
    "$(xargs grep -n '_GNU_SOURCE' < "$work/others" || true)"
calls='fork|vfork|execve|waitpid|waitid|wait4|wait|kill|mmap|munmap|madvise|memfd_create|fcntl|pipe|pipe2|socketpair|socket|poll|ppoll|select|pselect|read|write|pread|pwrite|send|recv|open|close|dup|dup2|prctl|syscall|sigaction|sigprocmask|signal|nanosleep|usleep|sleep|clock_gettime|sched_yield|getpid|getppid|_exit'
# Comments are text about calls; what is left of a line is code. One awk for
# all files, because a process for each takes most of the time of this test.
raw_calls() {
    grep '\.c$' "$work/others" |
        xargs awk -v calls="(^|[^a-zA-Z_0-9>.])($calls) ?[(]" '
        { code = $0; sub(/\/\*.*\*\//, "", code); sub(/\/\*.*$/, "", code) }
        code ~ /^ \*/ || code ~ /^ +\* / || code ~ /^static / { next }
        code ~ calls { print FILENAME ": " code }
        '
}
complain 'a raw system call outside src/platform/:' "$(raw_calls)"
exit $status
