#include "optimizer_kernels.h"

#include <math.h>

#pragma clang diagnostic ignored "-Wpsabi"
// A fused multiply-add would round differently where the machine has none.
#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))

typedef float f8 __attribute__((ext_vector_type(8)));
typedef float f8_unaligned __attribute__((ext_vector_type(8), aligned(4)));
typedef double d8 __attribute__((ext_vector_type(8)));

INLINE void adamw(float *x, const float *g, float *m, float *v, long n, const struct ck_adamw_scalars *s) {
    long i = 0;
    for (; i + 8 <= n; i += 8) {
        f8 gradient = *(const f8_unaligned *)(g + i) * s->gradient_scale;
        f8 first = *(f8_unaligned *)(m + i), second = *(f8_unaligned *)(v + i);
        first = first + s->gain1 * (gradient - first);
        second = second * s->keep2 + s->gain2 * gradient * gradient;
        f8 step = s->rate * first / (__builtin_elementwise_sqrt(second) / s->root + s->epsilon);
        *(f8_unaligned *)(x + i) = *(f8_unaligned *)(x + i) * s->keep - step;
        *(f8_unaligned *)(m + i) = first;
        *(f8_unaligned *)(v + i) = second;
    }
    for (; i < n; i++) {
        float gradient = g[i] * s->gradient_scale;
        float first = m[i] + s->gain1 * (gradient - m[i]);
        float second = v[i] * s->keep2 + s->gain2 * gradient * gradient;
        float step = s->rate * first / (sqrtf(second) / s->root + s->epsilon);
        x[i] = x[i] * s->keep - step;
        m[i] = first;
        v[i] = second;
    }
}

INLINE double sum_of_squares(const float *x, long n) {
    d8 lanes = (d8)(0.0);
    long i = 0;
    for (; i + 8 <= n; i += 8) {
        d8 wide = __builtin_convertvector(*(const f8_unaligned *)(x + i), d8);
        lanes += wide * wide;
    }
    for (; i < n; i++) lanes[i % 8] += (double)x[i] * (double)x[i];
    double sum = 0;
    for (int lane = 0; lane < 8; lane++) sum += lanes[lane];
    return sum;
}

static void portable_adamw(float *x, const float *g, float *m, float *v, long n, const struct ck_adamw_scalars *s) {
    adamw(x, g, m, v, n, s);
}
static double portable_sum_of_squares(const float *x, long n) { return sum_of_squares(x, n); }

static void (*chosen_adamw)(float *, const float *, float *, float *, long, const struct ck_adamw_scalars *) =
    portable_adamw;
static double (*chosen_sum_of_squares)(const float *, long) = portable_sum_of_squares;

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void avx2_adamw(float *x, const float *g, float *m, float *v, long n,
                                                       const struct ck_adamw_scalars *s) {
    adamw(x, g, m, v, n, s);
}
__attribute__((target("avx2"))) static double avx2_sum_of_squares(const float *x, long n) {
    return sum_of_squares(x, n);
}

__attribute__((constructor)) static void choose(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2")) return;
    chosen_adamw = avx2_adamw;
    chosen_sum_of_squares = avx2_sum_of_squares;
}
#endif

void ck_adamw(float *x, const float *g, float *m, float *v, long n, const struct ck_adamw_scalars *scalars) {
    chosen_adamw(x, g, m, v, n, scalars);
}

double ck_sum_of_squares(const float *x, long n) { return chosen_sum_of_squares(x, n); }
