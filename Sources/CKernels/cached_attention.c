#include "cached_attention.h"

#include "scratch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Vectors pass between inlined functions of this file only, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#define INLINE static inline __attribute__((always_inline))

typedef float f4 __attribute__((ext_vector_type(4)));
typedef float f8 __attribute__((ext_vector_type(8)));
typedef float f16 __attribute__((ext_vector_type(16)));
typedef int i16 __attribute__((ext_vector_type(16)));
typedef float f16_unaligned __attribute__((ext_vector_type(16), aligned(4)));

/// Inputs of one chain of multiply-adds, as in packed_product.c.
#define CHAIN 32

/// Chunks whose mixtures are summed before they are added to the others: a block of packed_product.c.
#define BLOCK 16

INLINE f16 load(const float *p) { return *(const f16_unaligned *)p; }
INLINE void store(float *p, f16 v) { *(f16_unaligned *)p = v; }
INLINE f16 multiply_add(f16 a, f16 b, f16 c, const int fused) {
    return fused ? __builtin_elementwise_fma(a, b, c) : a * b + c;
}

/// exp as in lanes.h, operation by operation.
INLINE f16 exponential(f16 x, const int fused) {
    f16 clamped = __builtin_elementwise_min(__builtin_elementwise_max(x, (f16)(-87.33f)), (f16)(88.0f));
    f16 n = __builtin_elementwise_roundeven(clamped * 1.44269504f);
    f16 r = multiply_add(n, (f16)(-0.693359375f), clamped, fused);
    r = multiply_add(n, (f16)(2.12194440e-4f), r, fused);
    f16 p = (f16)(1.9875691500e-4f);
    p = multiply_add(p, r, (f16)(1.3981999507e-3f), fused);
    p = multiply_add(p, r, (f16)(8.3334519073e-3f), fused);
    p = multiply_add(p, r, (f16)(4.1665795894e-2f), fused);
    p = multiply_add(p, r, (f16)(1.6666665459e-1f), fused);
    p = multiply_add(p, r, (f16)(5.0000001201e-1f), fused);
    p = multiply_add(p, r * r, r, fused) + 1.0f;
    i16 bits = (__builtin_convertvector(n, i16) + 127) << 23;
    f16 power;
    memcpy(&power, &bits, sizeof power);
    f16 result = p * power;
    result = x < -87.33f ? (f16)(0.0f) : result;
    return x != x ? x : result;
}

/// Scores of the positions of `number` chunks of one head; what lies `ahead` floats on is read into the cache meanwhile.
INLINE void chunk_scores(float *scores, const float *query, const float *const *chunks, long shift, long width, long ahead,
                         const int number, const int fused) {
    f16 total[2][2];
#pragma clang loop unroll(full)
    for (int c = 0; c < number; c++) total[c][0] = total[c][1] = (f16)(0.0f);
    for (long start = 0; start < width; start += CHAIN) {
        const long end = width - start < CHAIN ? width : start + CHAIN;
        f16 sum[2][2];
#pragma clang loop unroll(full)
        for (int c = 0; c < number; c++) sum[c][0] = sum[c][1] = (f16)(0.0f);
        for (long d = start; d < end; d++) {
            f16 factor = (f16)(query[d]);
#pragma clang loop unroll(full)
            for (int c = 0; c < number; c++) {
                const float *keys = chunks[c] + shift + d * CK_CHUNK;
                sum[c][0] = multiply_add(factor, load(keys), sum[c][0], fused);
                sum[c][1] = multiply_add(factor, load(keys + 16), sum[c][1], fused);
                __builtin_prefetch(keys + ahead, 0, 3);
                __builtin_prefetch(keys + ahead + 16, 0, 3);
            }
        }
#pragma clang loop unroll(full)
        for (int c = 0; c < number; c++) {
            total[c][0] += sum[c][0];
            total[c][1] += sum[c][1];
        }
    }
#pragma clang loop unroll(full)
    for (int c = 0; c < number; c++) {
        store(scores + c * CK_CHUNK, total[c][0]);
        store(scores + c * CK_CHUNK + 16, total[c][1]);
    }
}

/// As ck_attention_softmax of one row: eight lanes, added as sum_lanes of lanes.h adds them.
INLINE void softmax(float *scores, long count, const float *bias, const int fused) {
    const i16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    f16 largest = (f16)(-INFINITY);
    for (long i = 0; i < count; i += 16) {
        f16 v = load(scores + i);
        if (bias) v += load(bias + i);
        v = lane < (i16)(int)(count - i) ? v : (f16)(-INFINITY);
        store(scores + i, v);
        largest = __builtin_elementwise_max(largest, v);
    }
    f8 eight = __builtin_elementwise_max(largest.lo, largest.hi);
    f4 four = __builtin_elementwise_max(eight.lo, eight.hi);
    const float x = four[0] > four[1] ? four[0] : four[1], y = four[2] > four[3] ? four[2] : four[3];
    const float shift = x > y ? x : y;
    f8 sum = (f8)(0.0f);
    for (long i = 0; i < count; i += 16) {
        f16 e = exponential(load(scores + i) - shift, fused);
        store(scores + i, e);
        sum += e.lo;
        sum += e.hi;
    }
    const float all = ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
    const float inverse = 1 / all;
    for (long i = 0; i < count; i += 16) store(scores + i, load(scores + i) * inverse);
}

/// `breadth` · 16 columns of Σ pⱼ·vⱼ, from column `d` on.
INLINE void mix(float *output, const float *scores, const struct ck_cached_sequence *s, long shift, long d,
                const int breadth, const int fused) {
    const long chunks = (s->count + CK_CHUNK - 1) / CK_CHUNK, ahead = 2 * CK_CHUNK * s->width;
    f16 all[4];
    for (long first = 0; first < chunks; first += BLOCK) {
        const long end = chunks - first < BLOCK ? chunks : first + BLOCK;
        f16 block[4];
#pragma clang loop unroll(full)
        for (int b = 0; b < breadth; b++) block[b] = (f16)(0.0f);
        for (long c = first; c < end; c++) {
            const long left = s->count - c * CK_CHUNK, rows = left < CK_CHUNK ? left : CK_CHUNK;
            const float *values = s->chunks[c] + shift + CK_CHUNK * s->width + d, *weights = scores + c * CK_CHUNK;
            f16 sum[4];
#pragma clang loop unroll(full)
            for (int b = 0; b < breadth; b++) sum[b] = (f16)(0.0f);
            for (long j = 0; j < rows; j++, values += s->width) {
                f16 weight = (f16)(weights[j]);
#pragma clang loop unroll(full)
                for (int b = 0; b < breadth; b++) {
                    sum[b] = multiply_add(weight, load(values + b * 16), sum[b], fused);
                    __builtin_prefetch(values + ahead + b * 16, 0, 3);
                }
            }
#pragma clang loop unroll(full)
            for (int b = 0; b < breadth; b++) block[b] += sum[b];
        }
#pragma clang loop unroll(full)
        for (int b = 0; b < breadth; b++) all[b] = first == 0 ? block[b] : all[b] + block[b];
    }
#pragma clang loop unroll(full)
    for (int b = 0; b < breadth; b++) store(output + d + b * 16, all[b]);
}

/// One column, for widths that are no multiple of 16.
INLINE void mix_column(float *output, const float *scores, const struct ck_cached_sequence *s, long shift, long d,
                       const int fused) {
    const long chunks = (s->count + CK_CHUNK - 1) / CK_CHUNK;
    float all = 0, block = 0;
    for (long c = 0; c < chunks; c++) {
        if (c % BLOCK == 0) block = 0;
        const long left = s->count - c * CK_CHUNK, rows = left < CK_CHUNK ? left : CK_CHUNK;
        const float *values = s->chunks[c] + shift + CK_CHUNK * s->width + d, *weights = scores + c * CK_CHUNK;
        float sum = 0;
        for (long j = 0; j < rows; j++) {
            const float value = values[j * s->width];
            sum = fused ? __builtin_fmaf(weights[j], value, sum) : weights[j] * value + sum;
        }
        block += sum;
        if (c % BLOCK == BLOCK - 1 || c == chunks - 1) all = c < BLOCK ? block : all + block;
    }
    output[d] = all;
}

struct attention {
    struct ck_cached_sequence sequence;
    float *output, *scores;
    const float *query, *bias;
    long output_stride, query_stride, queries, bias_stride;
};

INLINE void attend(const struct attention *a, const int fused) {
    const struct ck_cached_sequence *s = &a->sequence;
    const long chunks = (s->count + CK_CHUNK - 1) / CK_CHUNK, head_chunk = 2 * CK_CHUNK * s->width;
    // Heads outside: keys and values of one stay in the first-level cache for all queries.
    for (long head = 0; head < s->heads; head++) {
        const long shift = head * head_chunk;
        for (long row = 0; row < a->queries; row++) {
            const float *query = a->query + row * a->query_stride + head * s->width;
            float *output = a->output + row * a->output_stride + head * s->width;
            long c = 0;
            for (; c + 2 <= chunks; c += 2) {
                chunk_scores(a->scores + c * CK_CHUNK, query, s->chunks + c, shift, s->width, head_chunk, 2, fused);
            }
            if (c < chunks) {
                chunk_scores(a->scores + c * CK_CHUNK, query, s->chunks + c, shift, s->width, head_chunk, 1, fused);
            }
            softmax(a->scores, s->count, a->bias ? a->bias + head * a->bias_stride : NULL, fused);
            long d = 0;
            for (; d + 64 <= s->width; d += 64) mix(output, a->scores, s, shift, d, 4, fused);
            for (; d + 32 <= s->width; d += 32) mix(output, a->scores, s, shift, d, 2, fused);
            for (; d + 16 <= s->width; d += 16) mix(output, a->scores, s, shift, d, 1, fused);
            for (; d < s->width; d++) mix_column(output, a->scores, s, shift, d, fused);
        }
    }
}

static void portable_attention(const struct attention *a) { attend(a, 0); }

static void (*chosen_attention)(const struct attention *) = portable_attention;

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void avx2_attention(const struct attention *a) { attend(a, 1); }

__attribute__((target("avx512f,avx512dq,no-prefer-256-bit"))) static void avx512_attention(const struct attention *a) {
    attend(a, 1);
}

__attribute__((constructor)) static void choose_attention(void) {
    const char *portable = getenv("PPOCODER_PORTABLE_KERNELS");
    if (portable && strcmp(portable, "1") == 0) return;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) chosen_attention = avx2_attention;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) chosen_attention = avx512_attention;
}
#endif

void ck_cached_attention(struct ck_cached_sequence sequence, float *output, long output_stride, const float *query,
                         long query_stride, long queries, const float *bias, long bias_stride) {
    const long chunks = (sequence.count + CK_CHUNK - 1) / CK_CHUNK;
    struct attention a = {
        .sequence = sequence, .output = output, .scores = ck_scratch(ck_scratch_scores, chunks * CK_CHUNK),
        .query = query, .bias = bias, .output_stride = output_stride, .query_stride = query_stride, .queries = queries,
        .bias_stride = bias_stride,
    };
    chosen_attention(&a);
}
