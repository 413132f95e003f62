/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * chaos_lock.c -- those who die in locks, semaphores and conditions
 *
 * Under `lock` two counters move one after the other, so whoever gets it from
 * the living finds them equal; from the dead it is told, and mends them.
 */
#include "chaos.h"

enum { PATIENCE_MS = 20000 };

static void count_acquired(int result)
{
    CHECK(result == 0 || result == MP_OWNERDEAD);
    ledger->acquired++;
    ledger->inherited += result == MP_OWNERDEAD;
}

static void use_lock(int me, struct dice *dice)
{
    int result = mp_lock_acquire(lock, PATIENCE_MS);

    count_acquired(result);
    if (result == MP_OWNERDEAD) {
        atomic_store(&ledger->right, atomic_load(&ledger->left));
    } else {
        CHECK(atomic_load(&ledger->inside) == 0);
        CHECK(atomic_load(&ledger->left) == atomic_load(&ledger->right));
    }
    atomic_store(&ledger->inside, me + 1);
    ledger->left++;
    if (dice_throw(dice, 4) == 0) {
        nap_us((long)dice_throw(dice, 300));
    }
    CHECK(atomic_load(&ledger->inside) == me + 1);
    ledger->right++;
    atomic_store(&ledger->inside, 0);
    CHECK(mp_lock_release(lock) == 0);
}

static void use_permit(struct dice *dice)
{
    count_acquired(mp_semaphore_acquire(permits, PATIENCE_MS));
    if (dice_throw(dice, 4) == 0) {
        nap_us((long)dice_throw(dice, 300));
    }
    CHECK(mp_semaphore_release(permits) == 0);
}

static void use_condition(struct dice *dice)
{
    int result = mp_lock_acquire(room, PATIENCE_MS);

    count_acquired(result);
    if (dice_throw(dice, 2) == 0) {
        result = mp_condition_wait(changed, 1 + (int)dice_throw(dice, 3));
        CHECK(result == 0 || result == MP_OWNERDEAD || result == MP_ETIMEDOUT);
        ledger->notified += result == 0;
    } else {
        CHECK(mp_condition_notify(changed, 1 + (int)dice_throw(dice, 2)) >= 0);
    }
    CHECK(mp_lock_release(room) == 0);
}

int hold(void *number)
{
    int me = (int)(intptr_t)number;
    struct dice dice = dice_make(ledger->seed + 300 +
                                 (uint64_t)atomic_load(&ledger->acquired));

    while (atomic_load(&ledger->stop_holders) == 0) {
        switch (dice_throw(&dice, 4)) {
        case 0:
            use_permit(&dice);
            break;
        case 1:
            use_condition(&dice);
            break;
        default:
            use_lock(me, &dice);
            break;
        }
        nap_us((long)dice_throw(&dice, 100));
    }
    return 0;
}

void account_locks(void)
{
    CHECK(mp_lock_acquire(lock, PATIENCE_MS) >= 0);
    CHECK(mp_lock_release(lock) == 0);
    CHECK(mp_lock_acquire(room, PATIENCE_MS) >= 0);
    CHECK(mp_condition_notify_all(changed) >= 0);
    CHECK(mp_lock_release(room) == 0);
    CHECK(mp_semaphore_acquire(permits, PATIENCE_MS) >= 0);
    CHECK(mp_semaphore_acquire(permits, PATIENCE_MS) >= 0);
    CHECK(mp_semaphore_acquire(permits, 0) == MP_ETIMEDOUT);
    CHECK(mp_semaphore_release(permits) == 0);
    CHECK(mp_semaphore_release(permits) == 0);
    CHECK(mp_semaphore_value(permits) == 2);
}
