# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# MP_TESTS=quick, the default, takes at most two minutes on two CPUs;
# MP_TESTS=all takes ten times as long. What differs is said by the two
# functions here, and printed both by cmake and at the end of each ctest.
include_guard(GLOBAL)
set(MP_TESTS quick CACHE STRING "Which tests run: quick (two minutes) or all")
set_property(CACHE MP_TESTS PROPERTY STRINGS quick all)
if(NOT MP_TESTS MATCHES "^(quick|all)$")
    message(FATAL_ERROR "MP_TESTS is quick or all, not \"${MP_TESTS}\"")
endif()

# mp_long_tests(TEST...): they run with MP_TESTS=all only.
function(mp_long_tests)
    if(MP_TESTS STREQUAL "quick")
        set_tests_properties(${ARGV} PROPERTIES DISABLED TRUE)
        set_property(GLOBAL APPEND PROPERTY mp_tests_left_out ${ARGV})
    endif()
endfunction()

# mp_shorter_test(TEST VARIABLE QUICK ALL): TEST, which runs with both, has
# VARIABLE for its length.
function(mp_shorter_test test variable quick all)
    if(MP_TESTS STREQUAL "quick")
        set(${variable} ${quick} PARENT_SCOPE)
        set_property(GLOBAL APPEND PROPERTY mp_tests_shorter ${test})
    else()
        set(${variable} ${all} PARENT_SCOPE)
    endif()
endfunction()

# To be called when all tests are known. ctest ends with a list of those that are
# disabled; the first of them says how they run. (CTEST_CUSTOM_POST_TEST would
# print into the JSON of `ctest --show-only` as well.)
function(mp_tell_selection)
    get_property(left_out GLOBAL PROPERTY mp_tests_left_out)
    get_property(shorter GLOBAL PROPERTY mp_tests_shorter)
    if(NOT left_out AND NOT shorter)
        return()
    endif()
    list(LENGTH left_out count)
    list(JOIN left_out " " left_out)
    list(JOIN shorter " " shorter)
    message(STATUS "libmp: MP_TESTS=quick leaves out ${count} tests: ${left_out}")
    message(STATUS "libmp: MP_TESTS=quick runs these shorter: ${shorter}")
    message(STATUS "libmp: all tests in full: cmake -DMP_TESTS=all "
                   "${PROJECT_BINARY_DIR}, and build again")
    set(how run_the_rest_with_-DMP_TESTS=all)
    add_test(NAME ${how} COMMAND ${CMAKE_COMMAND} -E echo ${how})
    set_tests_properties(${how} PROPERTIES DISABLED TRUE)
endfunction()
