/*
 * run.c -- one item: decode its argument, run the task, encode its result
 */
#include "pool/run.h"

#include "mp/error.h"
#include "pool/task.h"

#include <string.h>

#define KEPT ((size_t)1024 * 1024)

/* The fault of the running item, said by libmp. */
static int refuse(int error, const char *what, const mp_serializer *by)
{
    (void)mp_task_fail_at(NULL, 0, error, "%s by the serializer \"%s\"", what,
                          by->name == NULL ? "" : by->name);
    return error;
}

void *mp__run_argument(mp__runner *runner, size_t size)
{
    return mp__scratch_reserve(&runner->argument, size) < 0
               ? NULL
               : runner->argument.bytes;
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
    if (chunk->has_argument) {
        error = decode_argument(runner, chunk, bytes, size);
        argument = runner->argument.bytes;
    }
    if (error < 0) {
        return error;
    }
    if (chunk->has_result) {
        memset(result, 0, chunk->result.object_size);
    }
    code = chunk->run(argument, chunk->has_result ? result : NULL);
    if (chunk->has_argument) {
        mp_serializer_release(&chunk->argument, argument, 1);
    }
    return code == 0 ? 0 : mp__run_failed(code);
}

static int encode_result(mp__runner *runner, const mp__chunk *chunk,
                         mp__ran *ran)
{
    int error = 0;

    if (mp__serializer_is_plain(&chunk->result)) {
        ran->bytes = runner->result.bytes; /* the object is its bytes */
        ran->size = chunk->result.object_size;
        return 0;
    }
    error = mp__serializer_encode(&chunk->result, runner->result.bytes,
                                  &runner->encoded, &ran->size);
    ran->bytes = runner->encoded.bytes;
    return error < 0 ? refuse(error, "the result could not be encoded",
                              &chunk->result)
                     : 0;
}

mp__ran mp__run_item(mp__runner *runner, const mp__chunk *chunk,
                     const void *bytes, size_t size, size_t index)
{
    mp__ran ran = { .error = 0 };

    if (chunk->has_result) {
        ran.error =
            mp__scratch_reserve(&runner->result, chunk->result.object_size);
    }
    if (ran.error < 0) {
        mp__task_set_index(index);
        (void)refuse(ran.error, "no memory for a result", &chunk->result);
        return ran;
    }
    ran.error =
        mp__run_into(runner, chunk, bytes, size, index, runner->result.bytes);
    if (ran.error == 0 && chunk->has_result) {
        ran.error = encode_result(runner, chunk, &ran);
    }
    return ran;
}

void mp__run_release(mp__runner *runner, const mp__chunk *chunk)
{
    if (chunk->has_result) {
        mp_serializer_release(&chunk->result, runner->result.bytes, 1);
    }
    mp__scratch_trim(&runner->encoded, KEPT);
}

void mp__run_free(mp__runner *runner)
{
    mp__scratch_free(&runner->argument);
    mp__scratch_free(&runner->result);
    mp__scratch_free(&runner->encoded);
}
