/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * item.c -- one item: decode its argument, run the task, encode its result
 */
#include "pool/common/item.h"

#include "mp/error.h"
#include "pool/common/task.h"
#include "shared/outbox.h"

#include <string.h>

#define KEPT ((size_t)1024 * 1024)

/* The fault of the running item, said by libmp. */
static int refuse(int error, const char *what, const mp_serializer *by)
{
    (void)mp_task_fail_at(NULL, 0, error, "%s by the serializer \"%s\"", what,
                          by->name == NULL ? "" : by->name);
    return error;
}

int mp__run_failed(int code)
{
    if (mp__task_fault()->text[0] == '\0' || mp__task_fault()->code != code) {
        (void)mp_task_fail_at(NULL, 0, code, "the task returned %d", code);
    }
    return mp__task_told() != 0 ? mp__task_told() : MP_EFAILED;
}

static int decode_argument(mp__runner *runner, const mp__chunk *chunk,
                           const void *bytes, size_t size)
{
    int error =
        mp__scratch_reserve(&runner->argument, chunk->argument.object_size);

    if (error == 0) {
        error = mp__serializer_decode(&chunk->argument, runner->argument.bytes,
                                      bytes, size);
    }
    return error < 0 ? refuse(error, "the argument could not be decoded",
                              &chunk->argument)
                     : 0;
}

int mp__run_into(mp__runner *runner, const mp__chunk *chunk, const void *bytes,
                 size_t size, size_t index, void *result)
{
    void *argument = NULL;
    int error = 0;
    int code;

    mp__task_set_index(index);
    if (chunk->has_result) {
        memset(result, 0, chunk->result.object_size); /* also to be released */
    }
    if (chunk->has_argument) {
        error = decode_argument(runner, chunk, bytes, size);
        argument = runner->argument.bytes;
    }
    if (error < 0) {
        return error;
    }
    code = chunk->run(argument, chunk->has_result ? result : NULL);
    if (chunk->has_argument) {
        mp_serializer_release(&chunk->argument, argument, 1);
    }
    return code == 0 ? 0 : mp__run_failed(code);
}

static void *room_for(mp__runner *runner, size_t size)
{
    return runner->room != NULL && size > MP__PAYLOAD_MOST
               ? runner->room(runner->context, size)
               : NULL;
}

/* One try at encoding to a room of `capacity` bytes. False: it is not there or
 * not enough; *size is what is needed, if it is known then. */
static bool encode_to_room(mp__runner *runner, const mp__chunk *chunk,
                           size_t capacity, mp__ran *ran, int *error)
{
    void *room = room_for(runner, capacity);

    if (room == NULL) {
        return false;
    }
    ran->bytes = room;
    *error = mp__serializer_encode_into(&chunk->result, runner->object, room,
                                        capacity, &ran->size);
    return *error < 0 || ran->size <= capacity;
}

/* A long result goes where the last one would have had room, or, if it turns
 * out to be longer than what is at hand, to a room of its size. */
static int encode_object(mp__runner *runner, const mp__chunk *chunk,
                         mp__ran *ran)
{
    int error = 0;

    if (encode_to_room(runner, chunk, runner->likely, ran, &error)) {
        return error;
    }
    error = mp__scratch_reserve(&runner->encoded, chunk->result.object_size);
    if (error < 0) {
        return error;
    }
    error = mp__serializer_encode_into(&chunk->result, runner->object,
                                       runner->encoded.bytes,
                                       runner->encoded.capacity, &ran->size);
    ran->bytes = runner->encoded.bytes;
    if (error < 0 || ran->size <= runner->encoded.capacity ||
        encode_to_room(runner, chunk, ran->size, ran, &error)) {
        return error;
    }
    error = mp__serializer_encode(&chunk->result, runner->object,
                                  &runner->encoded, &ran->size);
    ran->bytes = runner->encoded.bytes;
    return error;
}

static int encode_result(mp__runner *runner, const mp__chunk *chunk,
                         mp__ran *ran)
{
    int error = 0;

    if (mp__serializer_is_plain(&chunk->result)) {
        ran->bytes = runner->object; /* the object is its bytes */
        ran->size = chunk->result.object_size;
        return 0;
    }
    error = encode_object(runner, chunk, ran);
    runner->likely = error == 0 && ran->size > MP__PAYLOAD_MOST ? ran->size : 0;
    return error < 0 ? refuse(error, "the result could not be encoded",
                              &chunk->result)
                     : 0;
}

/* Where the task makes its result: plain memory right where it goes to. */
static int find_object(mp__runner *runner, const mp__chunk *chunk)
{
    const mp_serializer *result = &chunk->result;
    int error = 0;

    runner->object = mp__serializer_is_plain(result) && result->release == NULL
                         ? room_for(runner, result->object_size)
                         : NULL;
    if (runner->object == NULL) {
        error = mp__scratch_reserve(&runner->result, result->object_size);
        runner->object = error < 0 ? NULL : runner->result.bytes;
    }
    return error;
}

mp__ran mp__run_item(mp__runner *runner, const mp__chunk *chunk,
                     const void *bytes, size_t size, size_t index)
{
    mp__ran ran = { .error = 0 };

    if (chunk->has_result) {
        ran.error = find_object(runner, chunk);
    }
    if (ran.error < 0) {
        mp__task_set_index(index);
        (void)refuse(ran.error, "no memory for a result", &chunk->result);
        return ran;
    }
    ran.error = mp__run_into(runner, chunk, bytes, size, index, runner->object);
    if (ran.error == 0 && chunk->has_result) {
        ran.error = encode_result(runner, chunk, &ran);
    }
    return ran;
}

void mp__run_release(mp__runner *runner, const mp__chunk *chunk)
{
    if (chunk->has_result && runner->object == runner->result.bytes) {
        mp_serializer_release(&chunk->result, runner->object, 1);
    }
    runner->object = NULL; /* an item that is refused makes none */
    mp__scratch_trim(&runner->encoded, KEPT);
}

void mp__run_free(mp__runner *runner)
{
    mp__scratch_free(&runner->argument);
    mp__scratch_free(&runner->result);
    mp__scratch_free(&runner->encoded);
}
