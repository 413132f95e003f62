#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# readme_self_test.sh PROJECT COMPILER -- a wrong line, block or fence of a
# README is noticed, and right ones are run as README.md here says
# shellcheck disable=SC2016 # backticks are the fences of Markdown
set -eu
here=$(cd "$(dirname "$0")" && pwd)
project=$1
compiler=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
unset CI

# A project with a program and a README that shows it, and what comes in.
make_tree() {
    rm -rf "$tree"
    mkdir -p "$tree/examples" "$tree/docs"
    cp -r "$project/include" "$tree"
    printf '/*\n * %s -- %s\n */\n%s\n' seven.c 'give 7' \
        'int main(void) { return 7; }' > "$tree/examples/seven.c"
    {
        echo '```c'
        cat "$tree/examples/seven.c"
        echo '```'
        cat
    } > "$tree/README.md"
}

code() { sh "$here/readme_code.sh" "$tree" "$compiler" > "$work/said" 2>&1; }
lines() { sh "$here/readme_lines.sh" "$@" "$tree" > "$work/said" 2>&1; }

wrong() { # WHAT
    echo "self-test: $1"
    cat "$work/said"
    exit 1
}

said() { grep -qF -e "$1" "$work/said" || wrong "it did not say: $1"; }

caught() { # CHECK WORDS...: with the README from stdin
    check=$1
    shift
    make_tree
    ! "$check" || wrong "$check did not notice: $*"
    said "$*"
}

make_tree << 'END'
```sh
cc seven.c -o seven
where=$(mktemp -d) && cd "$where"
"$OLDPWD/seven" || test $? = 7
test "$(pwd)" = "$where" &&
    cd - && test -f README.md
for word in one two
do test -n "$word"
done
test "$(id -u)" != 0 && test ! -e build # a fresh copy, and not by root
```
```text
$ this is output
```
```sh needs no-such-tool sh
no-such-tool
```
```sh slow needs sh
sleep 600
```
```cmake
target_link_libraries(reader PRIVATE m)
```
END
sed -i 's/return 7/return 0/' "$tree/examples/seven.c" "$tree/README.md"
sed -i 's/|| test $? = 7//' "$tree/README.md"
printf '```sh\ntest -e seven && touch here\n```\n' > "$tree/docs/A.md"
printf '```sh\ntest -e here\n```\n' > "$tree/docs/B.md"
mkdir "$tree/build"
touch "$tree/build/CMakeCache.txt"
code || wrong 'the code of a right README'
lines || wrong 'the lines of a right README'
said 'left out, because it is marked slow'
said 'left out, because these are not installed: no-such-tool'
lines --slow 1 || wrong 'a slow line that is ended is no failure'
said 'ended after 1 s'
[ ! -e "$tree/seven" ] || wrong 'the project itself was written to'

caught code 'README.md:7: a fence may be marked' << 'END'
```python
print(1)
```
END
caught code 'README.md:8: an indented block' << 'END'
So:
    make install
END
caught code 'README.md:7: this fence is not closed' << 'END'
```sh
true
END
caught code 'README.md:7: this does not compile' << 'END'
```c
int x = mp_nothing();
```
END
caught code 'README.md:7: this does not compile' << 'END'
```c
static int unused;
```
END
caught code 'the shell cannot read this' << 'END'
```sh
for file in *
```
END
make_tree < /dev/null
echo 'int another;' >> "$tree/examples/seven.c"
! code || wrong 'a program that is not the one of examples/'
said '-int another;'
rm "$tree/examples/seven.c"
! code || wrong 'a program that examples/ does not have'
said 'names no file of examples/'
echo 'no program' > "$tree/README.md"
! code || wrong 'a README without a program'
said 'README.md has no program'

caught lines 'FAILED, status 1' << 'END'
```sh
true
false
true
```
END
caught lines 'FAILED, status 127' << 'END'
```sh
$ true
```
END
caught lines 'its lines were not all run' << 'END'
```sh
exit 0
```
END
caught lines 'a here-document' << 'END'
```sh
cat << X
X
```
END
caught lines 'FAILED' << 'END'
```cmake
find_package(nothing_of_that_name REQUIRED)
target_link_libraries(reader PRIVATE nothing)
```
END
caught lines 'FAILED, status 1' << 'END'
```sh
apt-get update && apt-get install -y something && false
```
END
said 'left out, because it needs root'
said 'apt-get update && apt-get install -y something'
make_tree << 'END'
```sh slow
false
```
END
lines || wrong 'a slow line was run'
! lines --slow 60 || wrong 'a slow line that fails'
said 'FAILED, status 1'
