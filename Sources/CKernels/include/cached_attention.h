#pragma once

/// Positions of one chunk of cached keys and values.
#define CK_CHUNK 32

/// Keys and values of one sequence, in chunks of 32 positions.
///
/// A chunk holds, for each head, its keys as [width, 32] followed by its values as [32, width].
struct ck_cached_sequence {
    const float *const *chunks;
    /// Positions that are attended to; later ones of the last chunk are never read as numbers.
    long count;
    long heads, width;
};

/// Attention of queries [queries, heads, width], rows query_stride floats apart, over one sequence; output [queries,
/// heads · width], rows output_stride floats apart.
///
/// bias, or NULL, points at the first position's bias of head 0; heads are bias_stride floats apart, and fifteen more
/// floats after the last can be read. Scores, softmax and mixture are summed as ck_product and ck_attention_softmax sum
/// them, so that teacher forcing gets the same bits.
void ck_cached_attention(struct ck_cached_sequence sequence, float *output, long output_stride, const float *query,
                         long query_stride, long queries, const float *bias, long bias_stride);
