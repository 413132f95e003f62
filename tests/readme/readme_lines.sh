#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# readme_lines.sh [--list] [--slow SECONDS] PROJECT -- run every shell line of
# every README as it is written
#
# The README's own lines come first, in a copy of the project that nobody has
# built yet; then those of the folders' READMEs, in what that left. Each README
# is one shell, of an ordinary user. README.md here tells what may stand there.
# --list tells how each command would be treated, and runs none.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
list=
slow=
while :; do
    case ${1:-} in
    --list) list=y ;;
    --slow) slow=$2 && shift ;;
    *) break ;;
    esac
    shift
done
# CI tries that slow commands begin well, and has no time for their ends.
if [ "${CI:-}" = true ] && [ -z "$slow" ]; then
    slow=5
fi
project=$(cd "$1" && pwd)
work=$(mktemp -d)
home=$work/home
path=/usr/local/bin:/usr/bin:/bin
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
status=0

fail() {
    echo "$*"
    status=1
}

# write_commands README:LINE BLOCK PREFIX: each command of the block goes into
# PREFIX.NUMBER. A command ends where the shell can read it as a whole.
write_commands() {
    made=1000
    part=$work/part
    : > "$part"
    while IFS= read -r text || [ -n "$text" ]; do
        printf '%s\n' "$text" >> "$part"
        case $text in
        *'<<'*) fail "$1: a here-document is more than this test can read" ;;
        *\\) continue ;;
        esac
        if sh -n "$part" 2> "$work/why"; then
            made=$((made + 1))
            ! grep -q '^ *[^ #]' "$part" || cp "$part" "$3.$made"
            : > "$part"
        fi
    done < "$2"
    if [ -s "$part" ]; then
        fail "$1: the shell cannot read this: $(cat "$work/why")"
    fi
}

# What of a command needs root: `apt-get ... &&` before everything else.
split_root() { # COMMAND
    sed -e ':join' -e '/\\$/{' -e 'N' -e 's/\\\n *//' -e 'b join' -e '}' \
        "$1" > "$work/joined"
    sed -E ':more
        s/^apt-get [^&|;]*(&& *|$)//
        t more' "$work/joined" > "$1.rest"
    rest=$(cat "$1.rest")
    root=$(cat "$work/joined")
    root=${root%"$rest"}
    root=${root% && }
}

plan() { # FUNCTION PLACE FILE...: one more step of the session
    printf "%s" "$1" >> "$session"
    shift
    printf " '%s'" "$@" >> "$session"
    echo >> "$session"
}

plan_command() { # README:LINE KIND FILE
    place=$1
    kind=$2
    file=$3
    split_root "$file"
    if [ -n "$root" ]; then
        if [ "$(id -u)" = 0 ] && [ "${CI:-}" = true ]; then
            how='run as root before all others'
            printf '%s\n' "$root" >> "$work/as_root"
        else
            how='left out, because it needs root (CI has that)'
        fi
        printf '%s: %s\n    %s\n' "$place" "$how" "$root"
        [ -n "$rest" ] || return 0
        mv "$file.rest" "$file"
    fi
    if [ -n "$lacking" ] && [ "${CI:-}" != true ]; then
        kind=
        how="left out, because these are not installed: $lacking"
    elif [ "$kind" = sh ]; then
        how='run'
    elif [ -n "$slow" ]; then
        how="run for at most $slow s, because it is marked slow"
    else
        kind=
        how='left out, because it is marked slow (--slow SECONDS runs it)'
    fi
    printf '%s: %s\n' "$place" "$how"
    sed 's/^/    /' "$file"
    case $kind in
    sh) plan mp_run "$place" "$file" ;;
    slow) plan mp_run_slow "$place" "$file" ;;
    esac
}

lacking_of() { # TOOL...: those that are not here
    for tool in "$@"; do
        (PATH=$path && command -v "$tool" > "$work/why") || echo "$tool"
    done
}

plan_readme() { # README FOLDER
    session=$2/session
    {
        cat "$here/session.sh"
        echo "mp_source='$home/source'"
        echo "mp_slow='$slow'"
    } > "$session"
    (cd "$project" && awk -v "to=$2" -f "$here/blocks.awk" "$1") \
        > "$2/index" || status=1
    while read -r number line kind more; do
        block=$2/$number.$kind
        case $kind in
        c)
            [ -n "$more" ] || continue
            echo "$1:$line: saved as $more"
            plan mp_save "$1:$line" "$block" "$more"
            ;;
        cmake)
            echo "$1:$line: tried as the end of a CMakeLists.txt"
            plan mp_try_cmake "$1:$line" "$block"
            ;;
        *)
            write_commands "$1:$line" "$block" "$2/$number"
            # shellcheck disable=SC2086 # several words
            lacking=$(lacking_of $more)
            for command in "$2/$number".[0-9]*; do
                [ ! -f "$command" ] || plan_command "$1:$line" "$kind" "$command"
            done
            ;;
        esac
    done < "$2/index"
    echo ": > '$2/end'" >> "$session"
}

readmes=$(sh "$here/tree.sh" list "$project" | grep '\.md$' | grep -vx README.md || true)
count=0
for readme in README.md $readmes; do
    count=$((count + 1))
    mkdir "$work/$count"
    plan_readme "$readme" "$work/$count"
done
[ -z "$list" ] || exit "$status"
[ "$status" = 0 ] || exit 1

sh "$here/tree.sh" copy "$project" "$home/source"
as=
if [ "$(id -u)" = 0 ]; then
    chmod 755 "$work"
    chown -R 65534:65534 "$work"
    as='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi
if [ -f "$work/as_root" ]; then
    printf '\n==== as root\n'
    while IFS= read -r root; do
        echo "$root"
        DEBIAN_FRONTEND=noninteractive sh -c "$root" > "$work/root.log" 2>&1 \
            < /dev/null || { cat "$work/root.log"; exit 1; }
    done < "$work/as_root"
fi
count=0
for readme in README.md $readmes; do
    count=$((count + 1))
    printf '\n==== %s\n' "$readme"
    # The bound is for hangs alone: all that is not one is over long before.
    # shellcheck disable=SC2086 # several words
    (cd "$home/source" && timeout -k 10 3600 $as env -i "HOME=$home" \
        "PATH=$path" LANG=C.UTF-8 sh "$work/$count/session") < /dev/null ||
        fail "$readme: failed"
    [ -f "$work/$count/end" ] || fail "$readme: its lines were not all run"
done
exit "$status"
