# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# Calls that fail: see "Failing calls" in README.md.
file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/call_wrapped.txt wrapped)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_SOURCE_DIR}/call_wrapped.txt)
list(TRANSFORM wrapped PREPEND "-Wl,--wrap=")
add_library(call_support OBJECT call_plan.c call_run.c call_scenarios.c
    call_scenarios_objects.c call_scenarios_pools.c call_scenarios_processes.c
    call_scenarios_streams.c call_scenarios_tasks.c call_worlds.c call_wrap.c
    call_wrap_io.c)
target_link_libraries(call_support PUBLIC test_support)
target_link_options(call_support PUBLIC ${wrapped})

add_executable(calls calls.c)
target_link_libraries(calls PRIVATE call_support)
set(calls_sample 8000)
if(MP_SANITIZE) # each process costs more there
    set(calls_sample 1000)
endif()
add_test(NAME faults.calls COMMAND calls sample ${calls_sample})
mp_long_tests(faults.calls) # the census alone is 20 s
add_test(NAME faults.calls_all CONFIGURATIONS nightly COMMAND calls)
set_tests_properties(faults.calls PROPERTIES TIMEOUT 600 LABELS faults)
set_tests_properties(faults.calls_all PROPERTIES TIMEOUT 7200 LABELS nightly)

if(NOT MP_SANITIZE) # sanitizers bring calls of their own
    add_test(NAME faults.wraps COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/check_wraps.sh
        $<TARGET_FILE:libmp_static> ${CMAKE_CURRENT_SOURCE_DIR}/call_wrapped.txt
        ${CMAKE_CURRENT_SOURCE_DIR}/call_not_wrapped.txt)
    add_test(NAME faults.wraps_self_test COMMAND sh
        ${CMAKE_CURRENT_SOURCE_DIR}/check_wraps_self_test.sh ${CMAKE_CURRENT_SOURCE_DIR} $<TARGET_FILE:libmp_static>)
    set_tests_properties(faults.wraps faults.wraps_self_test PROPERTIES
        TIMEOUT 300 LABELS faults)
endif()

foreach(name closed forked short)
    add_executable(call_${name} call_${name}.c)
    target_link_libraries(call_${name} PRIVATE call_support)
    add_test(NAME faults.call_${name} COMMAND call_${name})
    set_tests_properties(faults.call_${name} PROPERTIES TIMEOUT 300
        LABELS faults)
endforeach()
mp_long_tests(faults.call_closed)
