#include "packed_product.h"

#include <stdlib.h>
#include <string.h>

// Vectors pass between inlined functions of this file only, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#define WIDTH 16
typedef float f16 __attribute__((ext_vector_type(WIDTH)));
typedef float f16_unaligned __attribute__((ext_vector_type(WIDTH), aligned(4)));

#define INLINE static inline __attribute__((always_inline))

/// Inputs that are summed in one chain; the chains of an output are added one after another.
#define CHAIN 32

struct product {
    float *y;
    const float *x, *panels;
    long y_stride, x_stride, rows, inputs, outputs;
    int target;
};

long ck_packed_count(long inputs, long outputs) { return (outputs + WIDTH - 1) / WIDTH * WIDTH * inputs; }

void ck_pack(float *panels, const float *w, long stride, long inputs, long outputs) {
    for (long first = 0; first < outputs; first += WIDTH) {
        float *panel = panels + first * inputs;
        long columns = outputs - first < WIDTH ? outputs - first : WIDTH;
        if (columns < WIDTH) memset(panel, 0, sizeof(float) * WIDTH * inputs);
        // Squares of 16 by 16, so that reading and writing both stay within a few cache lines.
        for (long k = 0; k < inputs; k += WIDTH) {
            long end = inputs - k < WIDTH ? inputs : k + WIDTH;
            for (long column = 0; column < columns; column++) {
                const float *row = w + (first + column) * stride;
                for (long i = k; i < end; i++) panel[i * WIDTH + column] = row[i];
            }
        }
    }
}

void ck_pack_rows(float *panels, const float *w, long stride, long inputs, long outputs) {
    for (long first = 0; first < outputs; first += WIDTH) {
        float *panel = panels + first * inputs;
        long columns = outputs - first < WIDTH ? outputs - first : WIDTH;
        if (columns < WIDTH) memset(panel, 0, sizeof(float) * WIDTH * inputs);
        for (long k = 0; k < inputs; k++) memcpy(panel + k * WIDTH, w + k * stride + first, sizeof(float) * columns);
    }
}

INLINE f16 finished(f16 sum, f16 old, int target) {
    if (target == ck_product_add) return old + sum;
    if (target == ck_product_rectified) return __builtin_elementwise_max(sum, (f16)(0.0f));
    return sum;
}

INLINE void finish(float *y, f16 sum, long columns, int target) {
    if (columns >= WIDTH) {
        f16 old = target == ck_product_add ? *(f16_unaligned *)y : (f16)(0.0f);
        *(f16_unaligned *)y = finished(sum, old, target);
        return;
    }
    float lanes[WIDTH] = {0};
    memcpy(lanes, y, sizeof(float) * columns);
    f16 result = finished(sum, *(f16_unaligned *)lanes, target);
    *(f16_unaligned *)lanes = result;
    memcpy(y, lanes, sizeof(float) * columns);
}

/// `height` rows (a constant after inlining) times one panel.
INLINE void tile(const struct product *p, const float *panel, long row, long first, const int height, const int fused) {
    f16 total[12];
    const float *x = p->x + row * p->x_stride;
    const long inputs = p->inputs, stride = p->x_stride;
#pragma clang loop unroll(full)
    for (int r = 0; r < height; r++) total[r] = (f16)(0.0f);
    for (long start = 0; start < inputs; start += CHAIN) {
        const long end = inputs - start < CHAIN ? inputs : start + CHAIN;
        f16 sum[12];
#pragma clang loop unroll(full)
        for (int r = 0; r < height; r++) sum[r] = (f16)(0.0f);
#pragma clang loop unroll(disable) vectorize(disable)
        for (long k = start; k < end; k++) {
            f16 weights = *(const f16_unaligned *)(panel + k * WIDTH);
#pragma clang loop unroll(full)
            for (int r = 0; r < height; r++) {
                f16 factor = (f16)(x[r * stride + k]);
                sum[r] = fused ? __builtin_elementwise_fma(factor, weights, sum[r]) : factor * weights + sum[r];
            }
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < height; r++) total[r] += sum[r];
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < height; r++) {
        finish(p->y + (row + r) * p->y_stride + first, total[r], p->outputs - first, p->target);
    }
}

INLINE void product(const struct product *p, const int height, const int fused) {
    // A block of input rows stays in the second-level cache while all panels go past it.
    long block = 65536 / (p->inputs > 0 ? p->inputs : 1) / height * height;
    if (block < height) block = height;
    for (long start = 0; start < p->rows; start += block) {
        long end = p->rows - start < block ? p->rows : start + block;
        for (long first = 0; first < p->outputs; first += WIDTH) {
            const float *panel = p->panels + first * p->inputs;
            long row = start;
            for (; end - row >= height; row += height) tile(p, panel, row, first, height, fused);
            if (height > 6 && end - row >= 6) tile(p, panel, row, first, 6, fused), row += 6;
            if (end - row >= 4) tile(p, panel, row, first, 4, fused), row += 4;
            if (end - row >= 2) tile(p, panel, row, first, 2, fused), row += 2;
            if (end - row >= 1) tile(p, panel, row, first, 1, fused);
        }
    }
}

static void portable_product(const struct product *p) { product(p, 2, 0); }

static void (*chosen_product)(const struct product *) = portable_product;

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void avx2_product(const struct product *p) { product(p, 6, 1); }

__attribute__((target("avx512f,no-prefer-256-bit"))) static void avx512_product(const struct product *p) {
    product(p, 12, 1);
}

__attribute__((constructor)) static void choose_product(void) {
    const char *portable = getenv("PPOCODER_PORTABLE_KERNELS");
    if (portable && strcmp(portable, "1") == 0) return;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) chosen_product = avx2_product;
    if (__builtin_cpu_supports("avx512f")) chosen_product = avx512_product;
}
#endif

void ck_packed_product(float *y, long y_stride, const float *x, long x_stride, const float *panels, long rows,
                       long inputs, long outputs, int target) {
    struct product p = {y, x, panels, y_stride, x_stride, rows, inputs, outputs, target};
    chosen_product(&p);
}
