# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# session.sh -- the beginning of the shell that runs a README's lines, each a
# step that readme_lines.sh adds to it. Names begin with mp_, so that no line
# depends on them by chance.
# shellcheck disable=SC1090,SC2154 # readme_lines.sh sets what is missing
mp_program=

mp_begin() { # PLACE TEXT-FILE
    mp_began=$(date +%s)
    printf '%s: ' "$1"
    cat "$2"
}

mp_end() { # STATUS OUTPUT-FILE
    if [ "$1" != 0 ]; then
        cat "$2"
        echo "    FAILED, status $1"
        exit 1
    fi
    echo "    ok, $(($(date +%s) - mp_began)) s"
}

# In this very shell: later lines build on what earlier ones have set.
mp_run() { # PLACE FILE
    mp_begin "$1" "$2"
    . "$2" > "$2.out" 2>&1
    mp_end "$?" "$2.out"
}

mp_run_slow() { # PLACE FILE
    mp_begin "$1" "$2"
    timeout -k 10 "$mp_slow" sh "$2" > "$2.out" 2>&1
    mp_status=$?
    if [ "$mp_status" = 124 ]; then
        echo "    ended after $mp_slow s, in which it did not fail"
    else
        mp_end "$mp_status" "$2.out"
    fi
}

mp_save() { # PLACE BLOCK NAME
    echo "$1: saved as $3"
    cp "$2" "$3" || exit 1
    mp_program=$PWD/$3
}

# The project that a reader would write: the program that the README showed
# last, the library installed to $HOME/libmp, its sources in libmp/.
mp_try_cmake() { # PLACE BLOCK
    mp_begin "$1" "$2"
    mp_folder=$(mktemp -d "$HOME/cmake.XXXXXX")
    mp_target=$(sed -n 's/^target_link_libraries(\([A-Za-z_0-9]*\) .*/\1/p' "$2")
    ln -s "$mp_source" "$mp_folder/libmp"
    {
        echo 'cmake_minimum_required(VERSION 3.20)'
        echo 'project(reader C)'
        echo "add_executable($mp_target $mp_program)"
        cat "$2"
    } > "$mp_folder/CMakeLists.txt"
    cmake -S "$mp_folder" -B "$mp_folder/build" \
        "-DCMAKE_PREFIX_PATH=$HOME/libmp" > "$2.out" 2>&1 &&
        cmake --build "$mp_folder/build" --parallel >> "$2.out" 2>&1 &&
        "$mp_folder/build/$mp_target" >> "$2.out" 2>&1
    mp_end "$?" "$2.out"
}

