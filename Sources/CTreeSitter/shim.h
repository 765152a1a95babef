#pragma once
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>
#include <tree_sitter/parser.h>

/// A copy of `language` in which every state has a row of its own in the parse table.
///
/// A grammar writes the rows of its rarer states as lists, which the parser searches from their beginning for each
/// symbol, and in a program with a syntax error for every symbol of the grammar: half the time of a parse went there.
/// Written out, all grammars together take 36 MB. The answers are the same. NULL when there is no memory or
/// the grammar is of an older version, whose table ends before this one. Never freed.
static inline const TSLanguage *ts_language_written_out(const TSLanguage *language) {
    if (language->version < TREE_SITTER_LANGUAGE_VERSION) return NULL;
    const size_t width = language->symbol_count;
    TSLanguage *copy = malloc(sizeof *copy);
    uint16_t *table = copy == NULL ? NULL : calloc(width * language->state_count, sizeof *table);
    if (table == NULL) {
        free(copy);
        return NULL;
    }
    for (size_t i = 0; i < width * language->large_state_count; i++) table[i] = language->parse_table[i];
    for (uint32_t state = language->large_state_count; state < language->state_count; state++) {
        const uint16_t *data = language->small_parse_table
            + language->small_parse_table_map[state - language->large_state_count];
        for (uint16_t groups = *data++; groups > 0; groups--) {
            const uint16_t value = *data++;
            for (uint16_t symbols = *data++; symbols > 0; symbols--) table[state * width + *data++] = value;
        }
    }
    *copy = *language;
    copy->parse_table = table;
    copy->large_state_count = language->state_count;
    return copy;
}

/// Small blocks that parsers of one thread gave back, for its next ones.
///
/// A parser takes and gives back several blocks for each token, far more than the C library keeps at hand. All blocks come
/// from `malloc`, so that any thread may give them back, to it or to a list of its own.
enum { TS_BLOCK_SIZES = 64, TS_BLOCK_BYTES_KEPT = 8 << 20 };
struct ts_blocks {
    void *first[TS_BLOCK_SIZES];
    size_t kept;
};

// Swift takes over the functions of this header and what stands in them, but no variables beside them.
static inline struct ts_blocks **ts_blocks_here(void) {
    static _Thread_local struct ts_blocks *blocks;
    return &blocks;
}

static inline pthread_key_t *ts_blocks_key(void) {
    static pthread_key_t key;
    return &key;
}

static inline void ts_blocks_end(void *given) {
    struct ts_blocks *blocks = given;
    *ts_blocks_here() = NULL;
    for (size_t i = 0; i < TS_BLOCK_SIZES; i++) {
        for (void *block = blocks->first[i], *next; block != NULL; block = next) {
            memcpy(&next, block, sizeof next);
            free(block);
        }
    }
    free(blocks);
}

/// The least of the sizes 8, 24, 40, … that a block of `size` bytes fits into; malloc's own are the same.
static inline size_t ts_block_class(size_t size) { return (size + 7) / 16; }

static inline void *ts_block_take(size_t size) {
    const size_t class = ts_block_class(size);
    if (class >= TS_BLOCK_SIZES) return malloc(size);
    struct ts_blocks *blocks = *ts_blocks_here();
    if (blocks != NULL && blocks->first[class] != NULL) {
        void *block = blocks->first[class];
        memcpy(&blocks->first[class], block, sizeof(void *));
        blocks->kept -= class * 16 + 8;
        return block;
    }
    return malloc(class * 16 + 8);
}

static inline void *ts_block_take_zeroed(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || ts_block_class(bytes) >= TS_BLOCK_SIZES) return calloc(count, size);
    void *block = ts_block_take(bytes);
    if (block != NULL) memset(block, 0, bytes);
    return block;
}

static inline void ts_block_give(void *block) {
    if (block == NULL) return;
    const size_t class = (malloc_usable_size(block) - 8) / 16;
    struct ts_blocks *blocks = *ts_blocks_here();
    if (blocks == NULL) {
        blocks = calloc(1, sizeof *blocks);
        if (blocks == NULL || pthread_setspecific(*ts_blocks_key(), blocks) != 0) {
            free(blocks);
            free(block);
            return;
        }
        *ts_blocks_here() = blocks;
    }
    if (class >= TS_BLOCK_SIZES || blocks->kept >= TS_BLOCK_BYTES_KEPT) {
        free(block);
        return;
    }
    memcpy(block, &blocks->first[class], sizeof(void *));
    blocks->first[class] = block;
    blocks->kept += class * 16 + 8;
}

/// Has parsers keep their blocks; once, before the first of them is made.
static inline void ts_keep_blocks(void) {
    if (pthread_key_create(ts_blocks_key(), ts_blocks_end) != 0) return;
    ts_set_allocator(ts_block_take, ts_block_take_zeroed, realloc, ts_block_give);
}
