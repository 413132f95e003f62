/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * limits.c -- a task that hangs, one that crashes, one nobody wants any more
 *
 *     $ ./limits
 *     hanging: the task ran past its limit and was ended
 *     flaky: success, in attempt 3
 *     unwanted: the task was cancelled
 *     3 tasks: 1 done, 1 limited, 1 cancelled
 */
#include <mp/mp.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int hang(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    while (!mp_task_should_stop()) {
        (void)pause(); /* it would stop when asked, but never looks */
    }
    return 1;
}

static int crash_twice(const void *argument, void *result)
{
    (void)argument;
    (void)result;
    if (mp_task_attempt() < 3) {
        abort();
    }
    return 0;
}

static int tell(const char *what, int error)
{
    printf("%s: %s\n", what, mp_strerror(error));
    return error;
}

int main(void)
{
    const mp_task hanging = { .run = hang, .limit_ms = 100 };
    const mp_task flaky = { .run = crash_twice, .retries = 5 };
    const mp_task endless = { .run = hang };
    mp_report report = { .attempt = 0 };
    mp_pool *pool = NULL;
    mp_result *result = NULL;
    mp_pool_stats stats = { .submitted = 0 };
    int error = mp_pool_create(&pool, &(mp_pool_options){ .workers = 4 });

    if (error >= 0) {
        (void)tell("hanging", mp_pool_apply(pool, &hanging, NULL, NULL, NULL));
        error = mp_pool_apply(pool, &flaky, NULL, NULL,
                              &(mp_call_options){ .report = &report });
    }
    if (error >= 0) {
        printf("flaky: success, in attempt %d\n", report.attempt);
        error = mp_pool_apply_async(pool, &result, &endless, NULL, NULL);
    }
    if (error >= 0) {
        error = mp_result_cancel(result);
    }
    if (error >= 0) {
        (void)tell("unwanted", mp_result_get(result, NULL, 0));
        error = mp_pool_get_stats(pool, &stats);
    }
    if (error >= 0) {
        printf("%d tasks: %d done, %d limited, %d cancelled\n",
               (int)stats.submitted, (int)stats.ends[MP_TASK_DONE],
               (int)stats.ends[MP_TASK_LIMITED],
               (int)stats.ends[MP_TASK_CANCELED]);
    } else {
        fprintf(stderr, "limits: %s\n", mp_strerror(error));
    }
    mp_result_destroy(result);
    mp_pool_destroy(pool);
    return error < 0;
}
