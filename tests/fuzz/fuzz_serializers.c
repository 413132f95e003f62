/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * fuzz_serializers.c -- any bytes as an object, or as the arguments of a chunk
 */
#include "fuzz/fuzz.h"

#include "objects/serializer.h"
#include "pool/common/chunk.h"

#include <mp/mp.h>

#include <string.h>

struct point {
    int64_t x;
    int32_t y;
};
static const mp_serializer plain = MP_SERIALIZER_STRUCT(struct point);
static const mp_serializer *const all[] = {
    &mp_serializer_int64, &mp_serializer_double, &mp_serializer_string,
    &mp_serializer_bytes, &mp_serializer_value,  &plain
};

static void use(const mp_serializer *by, const void *bytes, size_t size)
{
    void *object = malloc(by->object_size);
    mp__scratch scratch = { .bytes = NULL };
    size_t again = 0;
    size_t i;
    int error;

    fuzz_require(object != NULL);
    error = mp__serializer_decode(by, object, bytes, size);
    fuzz_require(error == 0 || error == MP_EDECODE || error == MP_ENOMEM);
    if (error == 0) {
        fuzz_require(mp__serializer_encode(by, object, &scratch, &again) == 0);
        fuzz_require(by == &mp_serializer_value ||
                     (again == size &&
                      (size == 0 || memcmp(bytes, scratch.bytes, size) == 0)));
        mp_serializer_release(by, object, 1);
    } else if (by->encode != NULL) {
        for (i = 0; i < by->object_size; i++) {
            fuzz_require(((unsigned char *)object)[i] == 0);
        }
    }
    mp__scratch_free(&scratch);
    free(object);
}

/* Bytes of a task's arguments, which another process may have changed. */
static void unpack(const mp_serializer *by, const void *bytes, size_t size)
{
    mp_task task = { .argument = by };
    mp__chunk chunk = mp__chunk_of(&task);
    mp__unpack rest = { .next = bytes, .left = size };
    const void *one = NULL;
    size_t one_size = 0;
    int items;

    for (items = 0;
         items < 100 && mp__unpack_next(&rest, &chunk, &one, &one_size);
         items++) {
        void *copy = malloc(one_size + 1);

        fuzz_require(copy != NULL);
        if (one_size > 0) {
            memcpy(copy, one, one_size);
        }
        use(by, copy, one_size);
        free(copy);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { .next = data, .left = size };
    uint64_t which = fuzz_take(&input, 1);
    const mp_serializer *by = all[which / 2 % (sizeof(all) / sizeof(all[0]))];
    size_t left = input.left;
    void *bytes = fuzz_bytes(&input, left);

    if (which % 2 == 0) {
        use(by, bytes, left);
    } else {
        unpack(by, bytes, left);
    }
    free(bytes);
    return 0;
}
