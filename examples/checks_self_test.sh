#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# checks_self_test.sh FOLDER -- the checks of FOLDER refuse what they should
set -eu
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

expect() { # VERDICT WHAT COMMAND...
    verdict=$1
    what=$2
    shift 2
    if "$@" > "$work/log" 2>&1; then found=accepts; else found=refuses; fi
    [ "$found" = "$verdict" ] || {
        cat "$work/log"
        echo "it $found $what"
        exit 1
    }
}

printf '#!/bin/sh\ncat "%s" 2> /dev/null || :\n' "$work/text" > "$work/fake"
chmod +x "$work/fake"
output() { # VERDICT WHAT PROMISED PRINTED [NOTE]
    {
        echo '/*'
        printf '     $ ./fake %s\n%s\n' "${5:-}" "$3" |
            sed 's/^ *\(..*\)/ *     \1/'
        echo ' */'
    } > "$work/fake.c"
    printf '%s\n' "$4" > "$work/text"
    expect "$1" "$2" sh "$folder/check_output.sh" "$work/fake" "$work/fake.c"
}

output accepts 'what was promised' 'One
two' 'One
two'
output refuses 'another order' 'One
two' 'two
One'
output refuses 'a line too many' 'One' 'One
two'
output accepts 'any order, where so noted' 'One
two' 'two
One' '(lines in any order)'
output accepts 'a number for a word in brackets' 'It took <number> ms.' 'It took 12 ms.'
output refuses 'no number' 'It took <number> ms.' 'It took long ms.'
output refuses 'other text beside a number' 'It took <number> ms.' 'It took 12 s.'
output accepts 'different pids' '[<pid>, <pid>]' '[12, 13]'
output refuses 'a pid twice' '[<pid>, <pid>]' '[12, 12]'
output accepts 'free lines below their heading' 'Some, unordered:
1
2
End' 'Some, unordered:
2
1
End'
output refuses 'a free line lost' 'Some, unordered:
1
2
End' 'Some, unordered:
2
2
End'
output refuses 'a free line below another heading' 'Some, unordered:
1
End' 'Some, unordered:
End
1'
torn='The parts in any order:
a b 1 a b 2
Lines in any order:
a b 1
a b 2'
output accepts 'torn lines where parts are free' "$torn" 'The parts in any order:
a a b 2
b 1
Lines in any order:
a b 2
a b 1'
output refuses 'a part lost' "$torn" 'The parts in any order:
a b 2
b 1
Lines in any order:
a b 1
a b 2'
output refuses 'torn lines where they must be whole' "$torn" 'The parts in any order:
a b 1
a b 2
Lines in any order:
a a b 1
b 2'

mkdir "$work/examples"
yes '/* a line */' | head -n 82 > "$work/examples/one.c"
echo '[one](one.c)' > "$work/examples/README.md"
expect accepts '80 lines' sh "$folder/check_size.sh" "$work/examples"
expect accepts 'what is listed' sh "$folder/check_listed.sh" "$work/examples" one
expect refuses 'a file that is not built' \
    sh "$folder/check_listed.sh" "$work/examples" two
echo >> "$work/examples/one.c"
expect refuses '81 lines' sh "$folder/check_size.sh" "$work/examples"
echo none > "$work/examples/README.md"
expect refuses 'a file that the README does not name' \
    sh "$folder/check_listed.sh" "$work/examples" one
