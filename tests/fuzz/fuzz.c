/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fuzz.c -- memory with edges, time without waits, scripts from bytes
 */
#include "fuzz/fuzz.h"

#include "platform/clock.h"
#include "shared/domain.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A size that no malloc can give is an error code, not a finding. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* ---- input ---- */

uint64_t fuzz_take(struct fuzz_input *input, size_t width)
{
    uint64_t number = 0;
    size_t i;

    for (i = 0; i < width && input->left > 0; i++) {
        number |= (uint64_t)*input->next << (8 * i);
        input->next++;
        input->left--;
    }
    return number;
}

size_t fuzz_size(struct fuzz_input *input, size_t end)
{
    uint64_t number = fuzz_take(input, 1);

    if (number >= 0xf0) {
        number = number * 0x1000 + fuzz_take(input, 2);
    }
    return (size_t)(number % end);
}

void *fuzz_bytes(struct fuzz_input *input, size_t size)
{
    unsigned char *bytes = malloc(size == 0 ? 1 : size);
    size_t have = size < input->left ? size : input->left;

    fuzz_require(bytes != NULL);
    if (have > 0) {
        memcpy(bytes, input->next, have);
    }
    memset(bytes + have, 0x55, size - have);
    input->next += have;
    input->left -= have;
    return bytes;
}

void fuzz_scribble(struct fuzz_input *input, void *memory, size_t size)
{
    unsigned char *bytes = memory;
    size_t words = size / 8;
    size_t place = (size_t)(fuzz_take(input, 2) % words);
    uint64_t kind = fuzz_take(input, 1);
    uint64_t word;

    memcpy(&word, bytes + 8 * place, 8);
    switch (kind % 8) {
    case 0:
        word = fuzz_take(input, 8);
        break;
    case 1:
        word = UINT64_MAX;
        break;
    case 2:
        word += UINT64_C(1) << (kind / 8 + fuzz_take(input, 1) % 33);
        break;
    case 3:
        word += fuzz_take(input, 1) % 64 * 8 - 256;
        break;
    case 4:
        memcpy(&word, bytes + 8 * (fuzz_take(input, 2) % words), 8);
        break;
    case 5:
        word = fuzz_take(input, 2);
        break;
    case 6:
        word = (word & UINT32_MAX) | fuzz_take(input, 4) << 32;
        break;
    default:
        word = (word & ~(uint64_t)UINT32_MAX) | fuzz_take(input, 4);
        break;
    }
    memcpy(bytes + 8 * place, &word, 8);
}

/* ---- memory: a guard page before and behind ---- */

struct fuzz_map fuzz_maps[16];
size_t fuzz_maps_made;
static struct fuzz_map domain_map;
static unsigned char *domain_copy;

void *__wrap_mp__map_shared(size_t size);
void __wrap_mp__map_free(void *memory, size_t size);
void __wrap_mp__map_give_back(void *memory, size_t size);
void __wrap_mp__map_seal(void *memory, size_t size);

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void *__wrap_mp__map_shared(size_t size)
{
    size_t page = page_size();
    unsigned char *all = mmap(NULL, size + 2 * page, PROT_NONE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    fuzz_require(all != MAP_FAILED && size % page == 0);
    fuzz_require(mprotect(all + page, size, PROT_READ | PROT_WRITE) == 0);
    if (fuzz_maps_made < sizeof(fuzz_maps) / sizeof(fuzz_maps[0])) {
        fuzz_maps[fuzz_maps_made++] =
            (struct fuzz_map){ .begin = all + page, .size = size };
    }
    return all + page;
}

void __wrap_mp__map_free(void *memory, size_t size)
{
    size_t page = page_size();

    if (memory != NULL) {
        fuzz_require(munmap((unsigned char *)memory - page, size + 2 * page) ==
                     0);
    }
}

void __wrap_mp__map_seal(void *memory, size_t size)
{
    (void)memory;
    (void)size;
}

/* What is given back reads as zero, and must lie inside one map. */
void __wrap_mp__map_give_back(void *memory, size_t size)
{
    unsigned char *begin = memory;
    size_t i;

    for (i = 0; i < fuzz_maps_made; i++) {
        if (begin >= fuzz_maps[i].begin &&
            begin <= fuzz_maps[i].begin + fuzz_maps[i].size) {
            fuzz_require(size <= (size_t)(fuzz_maps[i].begin +
                                          fuzz_maps[i].size - begin));
            memset(memory, 0, size);
            return;
        }
    }
    fuzz_require(size == 0); /* it is nobody's */
}

/* ---- time: each look is a millisecond later ---- */

static int64_t now_ns;

int64_t __wrap_mp__clock_ns(void);
int64_t __wrap_mp__deadline_after(int timeout_ms);
int64_t __wrap_mp__deadline_slice(int64_t deadline, int64_t slice_ns);
bool __wrap_mp__deadline_passed(int64_t deadline);
int __wrap_mp__deadline_poll_ms(int64_t deadline, int slice_ms);
void __wrap_mp__clock_sleep(int64_t ns);
void __wrap_mp__park_wait(const _Atomic uint32_t *word, uint32_t expected,
                          int64_t deadline);

int64_t __wrap_mp__clock_ns(void)
{
    now_ns += MP__MS;
    return now_ns;
}

int64_t __wrap_mp__deadline_after(int timeout_ms)
{
    if (timeout_ms <= 0) {
        return MP__AT_ONCE;
    }
    return timeout_ms == INT32_MAX
               ? MP__NEVER
               : __wrap_mp__clock_ns() + timeout_ms * MP__MS;
}

int64_t __wrap_mp__deadline_slice(int64_t deadline, int64_t slice_ns)
{
    int64_t end = __wrap_mp__clock_ns() + slice_ns;

    return deadline < end ? deadline : end;
}

bool __wrap_mp__deadline_passed(int64_t deadline)
{
    return deadline != MP__NEVER && __wrap_mp__clock_ns() >= deadline;
}

int __wrap_mp__deadline_poll_ms(int64_t deadline, int slice_ms)
{
    (void)deadline;
    (void)slice_ms;
    return 0;
}

void __wrap_mp__clock_sleep(int64_t ns)
{
    now_ns += ns;
}

void __wrap_mp__park_wait(const _Atomic uint32_t *word, uint32_t expected,
                          int64_t deadline)
{
    (void)word;
    (void)expected;
    now_ns = deadline == MP__NEVER || deadline < now_ns ? now_ns : deadline;
}

/* ---- death ---- */

pid_t fuzz_may_kill;

void __wrap_mp__child_kill_group(pid_t pid);

void __wrap_mp__child_kill_group(pid_t pid)
{
    fuzz_require(pid <= 1 || pid == fuzz_may_kill);
}

/* ---- each input ---- */

void fuzz_begin(void)
{
    if (domain_copy == NULL) {
        fuzz_require(mp__domain_open() == 0);
        domain_map = fuzz_maps[0];
        domain_copy = malloc(domain_map.size);
        fuzz_require(domain_copy != NULL);
        memcpy(domain_copy, domain_map.begin, domain_map.size);
    }
    memcpy(domain_map.begin, domain_copy, domain_map.size);
    fuzz_maps_made = 0;
    now_ns = INT64_C(1000) * 1000 * MP__MS;
}

void fuzz_scribble_domain(struct fuzz_input *input)
{
    fuzz_scribble(input, domain_map.begin, 512);
}
