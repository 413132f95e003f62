/*
 * shared.c -- memory that later forks see
 *
 * A page before the memory remembers how large the map is.
 */
#include "mp/shared.h"

#include "mp/error.h"
#include "platform/map.h"

int mp_shared_create(void **memory, size_t size)
{
    size_t page = mp__map_page_size();
    size_t whole = mp__map_round(size);
    unsigned char *map;

    if (memory == NULL || size == 0) {
        return MP_EINVAL;
    }
    if (whole == 0 || whole + page < whole) {
        return MP_ENOMEM;
    }
    map = mp__map_shared(whole + page);
    if (map == NULL) {
        return MP_ENOMEM;
    }
    *(size_t *)(void *)map = whole + page;
    mp__map_seal(map, page); /* destroy believes what stands there */
    *memory = map + page;
    return 0;
}

void mp_shared_destroy(void *memory)
{
    unsigned char *map;

    if (memory != NULL) {
        map = (unsigned char *)memory - mp__map_page_size();
        mp__map_free(map, *(size_t *)(void *)map);
    }
}
