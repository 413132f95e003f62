/*
 * prim_fork.c -- fork, _exit, waitpid; and as many children with a pipe each
 */
#include "primitives.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int ended_well(pid_t pid)
{
    int status = 0;

    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

int prim_fork_once(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        _exit(0);
    }
    return ended_well(pid);
}

struct child {
    pid_t pid;
    int there;
    int back;
};

static int start_child(struct child *children, int index)
{
    int there[2];
    int back[2];
    char byte;

    if (pipe(there) < 0 || pipe(back) < 0) {
        return -1;
    }
    children[index].pid = fork();
    if (children[index].pid == 0) {
        for (int i = 0; i < index; i++) { /* or its end is never seen */
            (void)close(children[i].there);
            (void)close(children[i].back);
        }
        (void)close(there[1]);
        while (read(there[0], &byte, 1) == 1) {
            if (write(back[1], &byte, 1) != 1) {
                _exit(1);
            }
        }
        _exit(0);
    }
    (void)close(there[0]);
    (void)close(back[1]);
    children[index].there = there[1];
    children[index].back = back[0];
    return children[index].pid < 0 ? -1 : 0;
}

int prim_prefork_once(int workers)
{
    struct child *children = calloc((size_t)workers, sizeof(*children));
    int wrong = children == NULL;
    int started = 0;

    while (!wrong && started < workers) {
        wrong |= start_child(children, started) != 0;
        started++;
    }
    for (int i = 0; i < started; i++) {
        wrong |= write(children[i].there, "x", 1) != 1;
    }
    for (int i = 0; i < started; i++) {
        char byte = 0;

        wrong |= read(children[i].back, &byte, 1) != 1 || byte != 'x';
        (void)close(children[i].there);
    }
    for (int i = 0; i < started; i++) {
        wrong |= ended_well(children[i].pid) != 0;
        (void)close(children[i].back);
    }
    free(children);
    return wrong ? -1 : 0;
}
