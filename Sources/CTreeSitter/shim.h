#pragma once
#include <stdlib.h>
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
    uint16_t *table = calloc(width * language->state_count, sizeof *table);
    TSLanguage *copy = malloc(sizeof *copy);
    if (table == NULL || copy == NULL) {
        free(table);
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
