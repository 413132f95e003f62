/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * descendants.c -- finds, shows and ends the processes below this one
 *
 * The source is /proc/<pid>/stat. A listing is no snapshot: a process can
 * appear or go while it is read, so whoever needs certainty asks again.
 */
#define _GNU_SOURCE

#include "descendants.h"

#include "helpers.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SHOWN = 256, AT_ONCE = 256, END_TIMEOUT_MS = 10000 };

/* Up to capacity - 1 bytes of a file under /proc, as a string; -1: none. */
static int read_text(const char *path, char *text, size_t capacity)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length;

    if (fd < 0) {
        return -1;
    }
    length = read(fd, text, capacity - 1);
    close(fd);
    if (length < 0) {
        return -1;
    }
    text[length] = '\0';
    return 0;
}

bool mp_test__process_look(pid_t pid, mp_test__process *process)
{
    char path[64];
    char text[512];
    char *name;
    char *after;
    int parent;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    if (read_text(path, text, sizeof(text)) < 0) {
        return false;
    }
    /* "123 (any name) S 1 ...": the name may hold spaces and parentheses. */
    name = strchr(text, '(');
    after = strrchr(text, ')');
    if (name == NULL || after == NULL ||
        sscanf(after + 1, " %c %d", &process->state, &parent) != 2) {
        return false;
    }
    *after = '\0';
    process->pid = pid;
    process->parent = (pid_t)parent;
    snprintf(process->name, sizeof(process->name), "%.31s", name + 1);
    return true;
}

bool mp_test__processes_are_listed(void)
{
    mp_test__process self;

    return mp_test__process_look(getpid(), &self);
}

int mp_test__children_of(pid_t parent, mp_test__process *children, int capacity)
{
    DIR *list = opendir("/proc");
    const struct dirent *entry;
    int count = 0;

    if (list == NULL) {
        return 0;
    }
    while (count < capacity && (entry = readdir(list)) != NULL) {
        if (isdigit((unsigned char)entry->d_name[0])) {
            pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

            if (mp_test__process_look(pid, &children[count]) &&
                children[count].parent == parent) {
                count++;
            }
        }
    }
    closedir(list);
    return count;
}

void mp_test__end_children(pid_t spared)
{
    static mp_test__process children[AT_ONCE];
    int64_t end_ms = mp_test_clock_ms() + END_TIMEOUT_MS;
    const struct timespec pause = { 0, 1000000 };
    int count;

    do {
        int left = 0;

        count = mp_test__children_of(getpid(), children, AT_ONCE);
        for (int i = 0; i < count; i++) {
            if (children[i].pid != spared) {
                kill(children[i].pid, SIGKILL);
                waitpid(children[i].pid, NULL, WNOHANG);
                left++;
            }
        }
        if (left == 0) {
            return;
        }
        nanosleep(&pause, NULL);
    } while (mp_test_clock_ms() < end_ms);
}

static void show(const mp_test__process *process)
{
    char path[64];
    char channel[64] = "";

    snprintf(path, sizeof(path), "/proc/%ld/wchan", (long)process->pid);
    (void)read_text(path, channel, sizeof(channel));
    dprintf(STDERR_FILENO,
            "fixture:   pid %ld, child of %ld, %s, state %c %s\n",
            (long)process->pid, (long)process->parent, process->name,
            process->state, channel);
}

void mp_test__show_descendants(pid_t root)
{
    static mp_test__process known[MOST_SHOWN];
    int count = mp_test__children_of(root, known, MOST_SHOWN);

    /* Each one found is in its turn asked for its children. */
    for (int i = 0; i < count; i++) {
        show(&known[i]);
        count += mp_test__children_of(known[i].pid, &known[count],
                                      MOST_SHOWN - count);
    }
}
