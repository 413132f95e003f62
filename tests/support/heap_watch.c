/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * heap_watch.c -- sees every malloc, calloc, realloc and free by --wrap
 *
 * The linker sends each call that the program and the static library make to
 * the __wrap_ functions below. Calls inside libc (strdup, getline, stdio) do
 * not pass here: such a pointer is simply unknown when it is freed. Invariants:
 *
 *   - The table never allocates from the heap: it starts in static memory and
 *     grows by mmap.
 *   - It is an open-addressing table with linear probing, at most half full
 *     and without tombstones: from the place where an address hashes to, up
 *     to where it stands, no entry is free.
 *   - An address leaves the table before the block is given back, since a
 *     moment later another thread may be handed the same one.
 *   - A block that realloc moves keeps its age: a permanent table that grows
 *     during a test is not a leak of that test.
 *   - A forked child has a copy of its own, which nobody reads. The lock may
 *     have been held by a thread that the child has not: then the child stops
 *     to watch.
 */
#define _GNU_SOURCE

#include "heap_watch.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_CAPACITY = 4096 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void __real_free(void *pointer);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);
void __wrap_free(void *pointer);

static mp_test__block first_table[FIRST_CAPACITY];
static mp_test__block *table = first_table;
static size_t table_capacity = FIRST_CAPACITY; /* a power of two */
static size_t table_count;
static uint64_t last_serial;
static pid_t watching_pid;
static atomic_bool watching;
static atomic_flag table_lock = ATOMIC_FLAG_INIT;
static atomic_int until_failure;

/* False: not watching, and nothing is locked. */
static bool lock_table(void)
{
    if (!watching) {
        return false;
    }
    while (
        atomic_flag_test_and_set_explicit(&table_lock, memory_order_acquire)) {
        if (getpid() != watching_pid) {
            watching = false;
            return false;
        }
        sched_yield();
    }
    return true;
}

static void unlock_table(void)
{
    atomic_flag_clear_explicit(&table_lock, memory_order_release);
}

static size_t home_of(uintptr_t address)
{
    uint64_t mixed = (uint64_t)address * UINT64_C(0x9E3779B97F4A7C15);

    return (size_t)(mixed >> 32) & (table_capacity - 1);
}

/* Where `address` stands, or the free entry where it would. */
static mp_test__block *find(uintptr_t address)
{
    size_t at = home_of(address);

    while (table[at].address != 0 && table[at].address != address) {
        at = (at + 1) & (table_capacity - 1);
    }
    return &table[at];
}

static void put(const mp_test__block *block)
{
    mp_test__block *entry = find(block->address);

    if (entry->address == 0) {
        table_count++;
    }
    *entry = *block;
}

static bool grow(void)
{
    mp_test__block *old = table;
    size_t old_capacity = table_capacity;
    void *memory =
        mmap(NULL, 2 * old_capacity * sizeof(*old), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        return false;
    }
    table = memory;
    table_capacity = 2 * old_capacity;
    table_count = 0;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].address != 0) {
            put(&old[i]);
        }
    }
    if (old != first_table) {
        munmap(old, old_capacity * sizeof(*old));
    }
    return true;
}

static void drop(mp_test__block *entry)
{
    size_t mask = table_capacity - 1;
    size_t hole = (size_t)(entry - table);

    for (size_t at = (hole + 1) & mask; table[at].address != 0;
         at = (at + 1) & mask) {
        size_t from_home = (at - home_of(table[at].address)) & mask;

        if (from_home >= ((at - hole) & mask)) {
            table[hole] = table[at];
            hole = at;
        }
    }
    table[hole].address = 0;
    table_count--;
}

/* A block comes into being; `serial` 0 makes it the youngest. */
static void enter(void *pointer, size_t size, uint64_t serial,
                  const void *caller)
{
    int saved_errno = errno;

    if (pointer == NULL || !lock_table()) {
        return;
    }
    if (2 * table_count >= table_capacity && !grow()) {
        static const char text[] = "fixture: no memory to watch the heap\n";

        (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
        watching = false;
    } else {
        mp_test__block block = { (uintptr_t)pointer, size, serial, caller };

        if (serial == 0) {
            block.serial = ++last_serial;
        }
        put(&block);
    }
    unlock_table();
    errno = saved_errno;
}

/* The block as it was known; all zero if it was not. */
static mp_test__block leave(void *pointer)
{
    mp_test__block known = { 0, 0, 0, NULL };

    if (pointer != NULL && lock_table()) {
        mp_test__block *entry = find((uintptr_t)pointer);

        if (entry->address != 0) {
            known = *entry;
            drop(entry);
        }
        unlock_table();
    }
    return known;
}

static bool fails_now(void)
{
    if (until_failure <= 0 || atomic_fetch_sub(&until_failure, 1) != 1) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    void *pointer = fails_now() ? NULL : __real_malloc(size);

    enter(pointer, size, 0, __builtin_return_address(0));
    return pointer;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *pointer = fails_now() ? NULL : __real_calloc(count, size);

    enter(pointer, count * size, 0, __builtin_return_address(0));
    return pointer;
}

void *__wrap_realloc(void *pointer, size_t size)
{
    mp_test__block known;
    void *moved;

    if (fails_now()) {
        return NULL;
    }
    known = leave(pointer);
    moved = __real_realloc(pointer, size);
    if (moved != NULL) {
        enter(moved, size, known.serial, __builtin_return_address(0));
    } else if (size != 0 && known.address != 0) {
        /* It failed, so the old block lives on. */
        enter((void *)known.address, known.size, known.serial, known.caller);
    }
    return moved;
}

void __wrap_free(void *pointer)
{
    leave(pointer);
    __real_free(pointer);
}

void mp_test__heap_watch(void)
{
    memset(table, 0, table_capacity * sizeof(*table));
    table_count = 0;
    watching_pid = getpid();
    watching = true;
}

void mp_test__heap_unwatch(void)
{
    watching = false;
}

uint64_t mp_test__heap_mark(void)
{
    return last_serial;
}

size_t mp_test__heap_younger(uint64_t mark, mp_test__block *blocks,
                             size_t capacity)
{
    size_t found = 0;

    if (!lock_table()) {
        return 0;
    }
    for (size_t i = 0; i < table_capacity; i++) {
        if (table[i].address != 0 && table[i].serial > mark) {
            if (found < capacity) {
                blocks[found] = table[i];
            }
            found++;
        }
    }
    unlock_table();
    return found;
}

int mp_test_fail_allocation(int nth)
{
    int left = atomic_exchange(&until_failure, nth);

    return left > 0 ? left : 0;
}
