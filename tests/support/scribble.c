/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * scribble.c -- overwrite memory that processes share
 */
#include "support/scribble.h"

#include "shared/task_table_parts.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct mp_test_map mp_test_maps[16];
size_t mp_test_maps_made;
pid_t mp_test_bystander;

void *__real_mp__map_shared(size_t size);
void *__wrap_mp__map_shared(size_t size);

void *__wrap_mp__map_shared(size_t size)
{
    void *memory = __real_mp__map_shared(size);

    if (mp_test_maps_made < sizeof(mp_test_maps) / sizeof(mp_test_maps[0])) {
        mp_test_maps[mp_test_maps_made++] =
            (struct mp_test_map){ .begin = memory, .size = size };
    }
    return memory;
}

void mp_test_bystander_start(void)
{
    mp_test_bystander = fork();
    if (mp_test_bystander == 0) {
        for (;;) {
            pause();
        }
    }
    (void)setpgid(mp_test_bystander, mp_test_bystander);
}

int mp_test_bystander_lived(void)
{
    int lived = waitpid(mp_test_bystander, NULL, WNOHANG) == 0;

    if (lived) {
        (void)kill(mp_test_bystander, SIGKILL);
        (void)waitpid(mp_test_bystander, NULL, 0);
    }
    return lived;
}

uint64_t mp_test_next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static uint64_t task_word(uint64_t *seed)
{
    return mp__task_word_of(
        (enum mp__task_state)(mp_test_next_random(seed) % 8),
        (uint32_t)(mp_test_next_random(seed) % 4),
        (uint32_t)(mp_test_next_random(seed) % 3),
        (uint32_t)(mp_test_next_random(seed) % 3));
}

void mp_test_overwrite(unsigned char *begin, size_t size,
                       enum mp_test_scribble what, uint64_t *seed)
{
    uint64_t pid = (uint32_t)mp_test_bystander;
    size_t words = size / 8;
    size_t step = mp_test_next_random(seed) % 2 == 0 ? 1 : 97;
    size_t i;
    uint64_t word;

    for (i = (size_t)(mp_test_next_random(seed) % step); i < words; i += step) {
        memcpy(&word, begin + 8 * i, 8);
        switch (what) {
        case MP_TEST_ONES:
            word = UINT64_MAX;
            break;
        case MP_TEST_ZEROS:
            word = 0;
            break;
        case MP_TEST_PIDS:
            word = pid << 32 | pid;
            break;
        case MP_TEST_NUDGED:
            word += UINT64_C(1) << mp_test_next_random(seed) % 64;
            break;
        case MP_TEST_MOVED:
            memcpy(&word, begin + 8 * (mp_test_next_random(seed) % words), 8);
            break;
        case MP_TEST_TASKS:
            word = task_word(seed);
            break;
        default:
            word = mp_test_next_random(seed);
            break;
        }
        memcpy(begin + 8 * i, &word, 8);
    }
}

int mp_test_number(const char *name, int otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : atoi(text);
}
