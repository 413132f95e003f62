/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * shared.c -- memory that later forks see
 *
 * A page before the memory remembers how large the map is. Every process knows
 * what it has mapped: a pool uses arrays that its workers see, too, where they
 * lie, and a worker makes sure that it still does.
 */
#include "objects/shared.h"

#include "mp/error.h"
#include "mp/shared.h"
#include "platform/map.h"
#include "platform/self.h"

#include <stdlib.h>

struct region {
    struct region *next;
    const unsigned char *memory;
    size_t size;
    uint64_t number;
};

static struct region *regions; /* under mp__self_lock(), as the next */
static uint64_t made;          /* by this process and its forefathers */

static void add(struct region *region)
{
    mp__self_lock();
    region->number = made++;
    region->next = regions;
    regions = region;
    mp__self_unlock();
}

static void forget(const void *memory)
{
    struct region **link = &regions;
    struct region *found;

    mp__self_lock();
    while (*link != NULL && (*link)->memory != memory) {
        link = &(*link)->next;
    }
    found = *link;
    if (found != NULL) {
        *link = found->next;
    }
    mp__self_unlock();
    free(found);
}

uint64_t mp__shared_count(void)
{
    uint64_t count;

    mp__self_lock();
    count = made;
    mp__self_unlock();
    return count;
}

static bool holds(const struct region *region, const unsigned char *start,
                  size_t size)
{
    return start >= region->memory && size <= region->size &&
           (size_t)(start - region->memory) <= region->size - size;
}

bool mp__shared_holds(const void *memory, size_t size, uint64_t before)
{
    const struct region *region;
    bool found = false;

    mp__self_lock();
    for (region = regions; region != NULL && !found; region = region->next) {
        found = region->number < before && holds(region, memory, size);
    }
    mp__self_unlock();
    return found;
}

int mp_shared_create(void **memory, size_t size)
{
    size_t page = mp__map_page_size();
    size_t whole = mp__map_round(size);
    struct region *region;
    unsigned char *map;

    if (memory == NULL || size == 0) {
        return MP_EINVAL;
    }
    if (whole == 0 || whole + page < whole) {
        return MP_ENOMEM;
    }
    region = malloc(sizeof(*region));
    map = region == NULL ? NULL : mp__map_shared(whole + page);
    if (map == NULL) {
        free(region);
        return MP_ENOMEM;
    }
    *(size_t *)(void *)map = whole + page;
    mp__map_seal(map, page); /* destroy believes what stands there */
    region->memory = map + page;
    region->size = whole;
    add(region);
    *memory = map + page;
    return 0;
}

void mp_shared_destroy(void *memory)
{
    unsigned char *map;

    if (memory != NULL) {
        forget(memory);
        map = (unsigned char *)memory - mp__map_page_size();
        mp__map_free(map, *(size_t *)(void *)map);
    }
}
