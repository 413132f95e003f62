/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libmp authors */
/*
 * word_count.c -- count lines, words and bytes of files, in parallel
 *
 * Workers take pieces of at most 1 MiB. A word counts in the piece where it
 * begins, so a worker looks at the byte before its piece, too.
 *
 *     $ printf 'to be or\nnot to be\n' > hamlet; ./word_count hamlet
 *     2 6 19 hamlet
 *     2 6 19 total
 */
#include <mp/mp.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1048576 };

struct piece {
    const char *path; /* of argv: there since before the pool */
    size_t file, size;
    off_t offset;
};
struct counts {
    size_t file;
    long long lines, words, bytes;
};
static char **paths; /* of the command line, up to a NULL */
static int status;

static int count_piece(const void *argument, void *result)
{
    static unsigned char bytes[PIECE + 1];
    const struct piece *piece = argument;
    struct counts *counts = result;
    size_t before = piece->offset > 0 ? 1 : 0;
    size_t have = 0;
    FILE *file = fopen(piece->path, "rb");

    if (file != NULL) {
        errno = EIO; /* what it is if the file has become shorter */
        if (fseeko(file, piece->offset - (off_t)before, SEEK_SET) == 0) {
            have = fread(bytes, 1, piece->size + before, file);
        }
        (void)fclose(file);
    }
    if (have != piece->size + before) {
        return mp_task_fail(errno, "%s: %s", piece->path, strerror(errno));
    }
    *counts = (struct counts){ piece->file, 0, 0, (long long)piece->size };
    for (size_t i = before; i < have; i++) {
        counts->lines += bytes[i] == '\n';
        counts->words +=
            !isspace(bytes[i]) && (i == 0 || isspace(bytes[i - 1]));
    }
    return 0;
}

/* The source of an imap: the next piece of the next readable file. */
static int next_piece(void *context, void *argument)
{
    struct piece *next = context;
    struct stat about;

    for (; paths[next->file] != NULL; next->file++, next->offset = 0) {
        next->path = paths[next->file];
        errno = EINVAL; /* what it is for a directory or a pipe */
        if (stat(next->path, &about) < 0 || !S_ISREG(about.st_mode) ||
            access(next->path, R_OK) < 0) {
            perror(next->path);
            status = 1;
        } else if (next->offset < about.st_size) {
            next->size = (size_t)(about.st_size - next->offset);
            next->size = next->size < PIECE ? next->size : PIECE;
            *(struct piece *)argument = *next;
            next->offset += (off_t)next->size;
            return 1;
        }
    }
    return 0;
}

static int count_all(mp_pool *pool, struct counts *totals)
{
    const mp_serializer in = MP_SERIALIZER_STRUCT(struct piece);
    const mp_serializer out = MP_SERIALIZER_STRUCT(struct counts);
    const mp_task job = { .run = count_piece, .argument = &in, .result = &out };
    struct piece cursor = { .file = 0 };
    const mp_source source = { .next = next_piece, .context = &cursor };
    mp_iterator *each = NULL;
    struct counts counts;
    mp_report report;
    int error = mp_pool_imap_unordered(pool, &each, &job, &source, NULL);

    while (error >= 0 &&
           (error = mp_iterator_next(each, &counts, &report, MP_FOREVER)) > 0) {
        if (report.error < 0) {
            status = fprintf(stderr, "word_count: %s\n", report.text) != 0;
        } else {
            totals[counts.file].lines += counts.lines;
            totals[counts.file].words += counts.words;
            totals[counts.file].bytes += counts.bytes;
        }
    }
    mp_iterator_destroy(each);
    return error;
}

int main(int argc, char **argv)
{
    struct counts *totals = calloc((size_t)argc, sizeof(*totals));
    struct counts all = { 0 };
    mp_pool *pool = NULL;
    int error = argc < 2 || totals == NULL ? MP_EINVAL : 0;

    paths = argv + 1;
    if (error >= 0 && (error = mp_pool_create(&pool, NULL)) >= 0) {
        error = count_all(pool, totals);
    }
    for (int i = 0; error >= 0 && i < argc - 1; i++) {
        printf("%lld %lld %lld %s\n", totals[i].lines, totals[i].words,
               totals[i].bytes, paths[i]);
        all.lines += totals[i].lines;
        all.words += totals[i].words;
        all.bytes += totals[i].bytes;
    }
    if (error >= 0) {
        printf("%lld %lld %lld total\n", all.lines, all.words, all.bytes);
    } else {
        fprintf(stderr, "word_count FILE...: %s\n", mp_strerror(error));
        status = 2;
    }
    mp_pool_destroy(pool);
    free(totals);
    return status;
}
