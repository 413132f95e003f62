#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# layers.sh SRC -- a layer uses itself and those before it, nothing later; raw
# system calls and _GNU_SOURCE stay in the first
src=$1
status=0

complain() {
    if [ -n "$2" ]; then
        printf '%s\n%s\n' "$1" "$2"
        status=1
    fi
}

later='shared|objects|pool'
for layer in platform shared objects; do
    complain "src/$layer/ includes a later layer:" \
        "$(grep -En "^ *# *include \"($later)/" "$src/$layer"/*.[ch])"
    later=${later#*|}
done
complain 'an include does not name its layer:' \
    "$(grep -En '^ *# *include "' "$src"/*/*.[ch] "$src"/*/*/*.[ch] |
        grep -Ev '"(mp|platform|shared|objects|pool/[a-z]+)/[a-z_]+\.h"')"
complain '_GNU_SOURCE outside src/platform/:' \
    "$(grep -n '_GNU_SOURCE' "$src"/*.c "$src"/shared/* "$src"/objects/* "$src"/pool/*/*)"
calls='fork|vfork|execve|waitpid|waitid|wait4|wait|kill|mmap|munmap|madvise|memfd_create|fcntl|pipe|pipe2|socketpair|socket|poll|ppoll|select|pselect|read|write|pread|pwrite|send|recv|open|close|dup|dup2|prctl|syscall|sigaction|sigprocmask|signal|nanosleep|usleep|sleep|clock_gettime|sched_yield|getpid|getppid|_exit'
# Comments are text about calls; what is left of a line is code. One awk for
# all files, because a process for each takes most of the time of this test.
raw_calls() {
    awk -v calls="(^|[^a-zA-Z_0-9>.])($calls) ?[(]" '
        { code = $0; sub(/\/\*.*\*\//, "", code); sub(/\/\*.*$/, "", code) }
        code ~ /^ \*/ || code ~ /^ +\* / || code ~ /^static / { next }
        code ~ calls { print FILENAME ": " code }
        ' "$src"/*.c "$src"/shared/*.c "$src"/objects/*.c "$src"/pool/*/*.c
}
complain 'a raw system call outside src/platform/:' "$(raw_calls)"
exit $status
