/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * result_queue.c -- a child hands its parent a list through a queue
 *
 *     $ ./result_queue
 *     [42, null, "hello"]
 */
#include <mp/mp.h>

#include <stdio.h>

static int answer(void *queue)
{
    mp_value list = MP_LIST(mp_value_integer(42), mp_value_null(),
                            mp_value_string("hello"));

    return mp_queue_put(queue, &list, MP_FOREVER) < 0;
}

static int print_answer(mp_queue *queue)
{
    mp_value list = { .type = MP_VALUE_NULL };
    char text[64];
    int error = mp_queue_get(queue, &list, 5000);

    if (error >= 0) {
        (void)mp_value_format(&list, text, sizeof(text));
        puts(text);
        mp_serializer_release(&mp_serializer_value, &list, 1);
    }
    return error;
}

int main(void)
{
    const mp_queue_options options = { .serializer = &mp_serializer_value };
    mp_process *child = NULL;
    mp_queue *queue = NULL;
    int error = mp_queue_create(&queue, &options);

    if (error >= 0) {
        error = mp_process_create(&child, answer, queue, NULL);
    }
    if (error >= 0) {
        error = mp_process_start(child);
    }
    if (error >= 0) {
        error = print_answer(queue);
    }
    if (error >= 0) {
        error = mp_process_join(child, MP_FOREVER);
    }
    if (error < 0) {
        fprintf(stderr, "result_queue: %s\n", mp_strerror(error));
    }
    mp_process_destroy(child);
    mp_queue_destroy(queue);
    return error < 0 ? 1 : 0;
}
