/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * what_can_be_passed.c -- bytes are passed, what a pointer leads to is not
 *
 *     $ ./what_can_be_passed
 *     a string: new
 *     a value: [7, "new"]
 *     a struct: new in its array, old where its pointer leads
 */
#include <mp/mp.h>

#include <stdio.h>
#include <string.h>

enum { LINE = 80 };
struct letter {
    char array[4];
    const char *pointer;
};
static char text[] = "old"; /* it is "new" when it is passed */

static int see_text(const void *string, void *line)
{
    (void)snprintf(line, LINE, "%s", *(const char *const *)string);
    return 0;
}

static int see_value(const void *value, void *line)
{
    return mp_value_format(value, line, LINE) < 0;
}

/* The pointer leads to this worker's memory, as that was when the pool was
 * made. What was allocated since then is not there: to read it is a crash. */
static int see_letter(const void *argument, void *line)
{
    const struct letter *letter = argument;

    (void)snprintf(line, LINE, "%s in its array, %s where its pointer leads",
                   letter->array, letter->pointer);
    return 0;
}

static int pass(mp_pool *pool, int (*run)(const void *, void *),
                const char *what, const mp_serializer *how, const void *object)
{
    const mp_serializer lines = MP_SERIALIZER_STRUCT(char[LINE]);
    const mp_task task = { .run = run, .argument = how, .result = &lines };
    char line[LINE] = "";
    int error = mp_pool_apply(pool, &task, object, line, NULL);

    printf("%s: %s\n", what, line);
    return error;
}

int main(void)
{
    const mp_serializer letters = MP_SERIALIZER_STRUCT(struct letter);
    const mp_value value = MP_LIST(mp_value_integer(7), mp_value_string("new"));
    const struct letter letter = { .array = "new", .pointer = text };
    const char *word = text;
    mp_pool *pool = NULL;
    int error = mp_pool_create(&pool, NULL);

    if (error >= 0) {
        memcpy(text, "new", sizeof(text));
        error = pass(pool, see_text, "a string", &mp_serializer_string, &word);
    }
    if (error >= 0) {
        error = pass(pool, see_value, "a value", &mp_serializer_value, &value);
    }
    if (error >= 0) {
        error = pass(pool, see_letter, "a struct", &letters, &letter);
    }
    if (error < 0) {
        fprintf(stderr, "what_can_be_passed: %s\n", mp_strerror(error));
    }
    mp_pool_destroy(pool);
    return error < 0;
}
