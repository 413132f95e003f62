/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * replay.c -- run a fuzz target on files, where there is no libFuzzer
 *
 *     fuzz_value_replay FILE-OR-FOLDER...
 *
 * Prints how many inputs it ran; fails when there was none.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MOST ((size_t)1 << 20)

static size_t inputs;

static bool run_file(const char *path)
{
    unsigned char *bytes = malloc(INPUT_MOST);
    FILE *file = fopen(path, "rb");
    unsigned char *exact;
    size_t size;

    if (bytes == NULL || file == NULL) {
        perror(path);
        exit(1);
    }
    size = fread(bytes, 1, INPUT_MOST, file);
    (void)fclose(file);
    exact = malloc(size == 0 ? 1 : size);
    if (exact != NULL) {
        memcpy(exact, bytes, size);
        (void)LLVMFuzzerTestOneInput(exact, size);
        inputs++;
    }
    free(exact);
    free(bytes);
    return true;
}

static void run_folder(const char *path, DIR *folder)
{
    const struct dirent *entry;
    char name[4096];

    for (entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            (void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
            run_file(name);
        }
    }
}

int main(int count, char **paths)
{
    DIR *folder;
    int i;

    for (i = 1; i < count; i++) {
        folder = opendir(paths[i]);
        if (folder == NULL) {
            run_file(paths[i]);
        } else {
            run_folder(paths[i], folder);
            (void)closedir(folder);
        }
    }
    printf("%zu inputs\n", inputs);
    return inputs == 0;
}
