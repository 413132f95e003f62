/*
 * bell.h -- wake an owner that sleeps in poll() on one pipe
 */
#ifndef MP__BELL_H
#define MP__BELL_H

#include <stdatomic.h>
#include <stdint.h>

/* All zero bytes is a bell whose owner is awake. In shared memory. */
typedef struct mp__bell {
    _Alignas(64) _Atomic uint32_t ticket; /* odd: asleep or about to be */
} mp__bell;

/* The owner is about to sleep: whoever publishes from now on will ring. After
 * this the owner looks once more, and only then polls. */
void mp__bell_arm(mp__bell *bell);

/* The owner is awake; `pipe_end` is emptied. */
void mp__bell_disarm(mp__bell *bell, int pipe_end);

/* Something was published: ring if the owner may be asleep. */
void mp__bell_ring(mp__bell *bell, int pipe_end);

#endif
