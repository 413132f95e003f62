/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * life.pml -- nobody outlives its parent, and the owner learns of its
 *             supervisor's end (src/pool/supervisor/supervisor.c,
 *             worker/worker.c, owner/step.c)
 *
 * Owner, supervisor and worker may be killed at any step, the owner and the
 * supervisor both. The link is a socket pair: its supervisor's end shows the
 * owner's death, the owner's end shows the supervisor's. `copy` is a process
 * that the host forked without exec: it may hold the owner's end for ever.
 * `grandchild`, forked by a task, holds for ever whatever its worker had open.
 *
 *   supervisor  ends when getppid() is not the owner, looked at in slices and
 *               at end of file on the link
 *   worker      asks the kernel for a signal at its parent's death, then
 *               looks at getppid() once
 *   owner       end of file on the link: a newborn worker closes its copy of
 *               the supervisor's end first of all
 *
 * Valid end: supervisor and worker are gone; the owner, if it lives, knows. A
 * slice is there only when it would find something, so every hang is a dead
 * end.
 */
bit owner_dead, supervisor_dead, worker_dead, copy_has_end, knows;
bit born, deathsig, worker_has_end, grandchild_has_end, kill_worker;

active proctype copy()
{
    if
    :: copy_has_end = 1
    :: skip
    fi
}

active proctype owner()
{
    {
        /* end of file on the link */
        (supervisor_dead && !worker_has_end && !grandchild_has_end);
        knows = 1
    } unless { owner_dead }
}

active proctype supervisor()
{
    {
        atomic { worker_has_end = 1; born = 1 }; /* fork copies everything */
        if
        :: owner_dead && !copy_has_end /* end of file: look now */
#ifndef BAD_EOF_ONLY
        :: owner_dead /* a slice: getppid() has changed */
#endif
        fi;
        kill_worker = 1;
        worker_dead /* reaped */
    } unless { supervisor_dead };
    supervisor_dead = 1
}

active proctype worker()
{
end:
    born; /* else never forked */
    {
#ifndef BAD_KEEPS_END
        worker_has_end = 0;
#endif
        deathsig = 1;
#ifndef BAD_NO_PPID_LOOK
        if
        :: supervisor_dead -> goto gone
        :: else
        fi;
#endif
        if /* a task forks */
        :: grandchild_has_end = worker_has_end
        :: skip
        fi;
        false; /* it computes for ever */
gone:
        skip
    } unless { kill_worker };
    atomic { worker_dead = 1; worker_has_end = 0 }
}

active proctype enemy()
{
    do
    :: owner_dead || supervisor_dead -> break /* now all must end well */
    :: !owner_dead -> owner_dead = 1
    :: !owner_dead && !supervisor_dead ->
       owner_dead = 1;
       atomic {
           supervisor_dead = 1;
           if
           :: deathsig -> kill_worker = 1
           :: else
           fi
       }
    :: !supervisor_dead ->
       atomic {
           supervisor_dead = 1;
           if
           :: deathsig -> kill_worker = 1
           :: else
           fi
       }
    :: born && !kill_worker && !worker_dead -> kill_worker = 1
    od
}
