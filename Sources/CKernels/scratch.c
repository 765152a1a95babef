#include "scratch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#pragma clang diagnostic ignored "-Wpsabi"

struct scratch {
    float *memory[ck_scratch_uses];
    long count[ck_scratch_uses];
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local struct scratch *current;

static void release(void *raw) {
    struct scratch *scratch = raw;
    for (int use = 0; use < ck_scratch_uses; use++) free(scratch->memory[use]);
    free(scratch);
}

static void make_key(void) {
    if (pthread_key_create(&key, release) != 0) abort();
}

static void *need(void *memory) {
    if (memory) return memory;
    fputs("out of memory in a matrix product\n", stderr);
    abort();
}

float *ck_scratch(enum ck_scratch_use use, long count) {
    if (!current) {
        pthread_once(&once, make_key);
        current = need(calloc(1, sizeof *current));
        pthread_setspecific(key, current);
    }
    if (current->count[use] < count || !current->memory[use]) {
        free(current->memory[use]);
        size_t bytes = ((size_t)(count > 0 ? count : 1) * sizeof(float) + 63) & ~(size_t)63;
        current->memory[use] = need(aligned_alloc(64, bytes));
        current->count[use] = count;
    }
    return current->memory[use];
}
