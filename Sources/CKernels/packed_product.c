#include "packed_product.h"

#include "scratch.h"

#include <stdlib.h>
#include <string.h>

// Vectors pass between inlined functions of this file only, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

#define WIDTH 16
typedef float f16 __attribute__((ext_vector_type(WIDTH)));
typedef float f16_unaligned __attribute__((ext_vector_type(WIDTH), aligned(4)));

#define INLINE static inline __attribute__((always_inline))

/// Inputs that are summed in one chain; the chains of a block are added one after another.
#define CHAIN 32

/// Inputs of one block: a panel of so many stays in the first-level cache while all tiles of rows go past it.
#define DEPTH 512

/// Floats of rows that are multiplied with all panels before the next ones: they stay in the second-level cache.
#define ROW_CAPACITY 98304

/// Outputs whose panels `ck_product` holds at a time.
#define PANEL_OUTPUTS 512

/// Rows this far apart share few sets of the first-level cache: they are copied next to each other.
#define LONG_STRIDE 1024

/// Inputs that many rows are multiplied with at a time: two panels of so many stay in the first-level cache while all
/// tiles of rows go past them, and the sums go on in the next strip. Few rows would only lose the time to store sums.
#define STRIP 256
#define MANY_ROWS 192

struct product {
    float *y;
    const float *x, *panels;
    long y_stride, x_stride, rows, depth, outputs;
    /// Floats from one panel to the next.
    long panel_stride;
    /// x is [depth, rows].
    int transposed;
    int adds, rectifies;
    float alpha;
};

long ck_packed_count(long inputs, long outputs) { return (outputs + WIDTH - 1) / WIDTH * WIDTH * inputs; }

typedef float f4 __attribute__((ext_vector_type(4)));
typedef float f4_unaligned __attribute__((ext_vector_type(4), aligned(4)));

/// to[j, i] = from[i, j] for 4 × 4 floats; rows of `to` are WIDTH floats apart.
INLINE void transpose(float *to, const float *from, long stride) {
    f4 a = *(const f4_unaligned *)from, b = *(const f4_unaligned *)(from + stride);
    f4 c = *(const f4_unaligned *)(from + 2 * stride), d = *(const f4_unaligned *)(from + 3 * stride);
    f4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    *(f4_unaligned *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(f4_unaligned *)(to + WIDTH) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    ab = __builtin_shufflevector(a, b, 2, 6, 3, 7), cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(f4_unaligned *)(to + 2 * WIDTH) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(f4_unaligned *)(to + 3 * WIDTH) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

/// The panels of w [outputs, inputs], `panel_stride` floats apart.
static void pack(float *panels, long panel_stride, const float *w, long stride, long inputs, long outputs) {
    for (long first = 0; first < outputs; first += WIDTH) {
        float *panel = panels + first / WIDTH * panel_stride;
        const long columns = outputs - first < WIDTH ? outputs - first : WIDTH;
        if (columns < WIDTH) memset(panel, 0, sizeof(float) * WIDTH * inputs);
        const float *from = w + first * stride;
        long k = 0;
        // A cache line of eight rows at a time: more rows a power of two apart would push one another out.
        for (; columns == WIDTH && k + 16 <= inputs; k += 16) {
            for (long half = 0; half < WIDTH; half += 8) {
                for (long i = k; i < k + 16; i += 4) {
                    transpose(panel + i * WIDTH + half, from + half * stride + i, stride);
                    transpose(panel + i * WIDTH + half + 4, from + (half + 4) * stride + i, stride);
                }
            }
        }
        for (; k < inputs; k++) {
            for (long column = 0; column < columns; column++) panel[k * WIDTH + column] = from[column * stride + k];
        }
    }
}

/// The panels of w [inputs, outputs], likewise.
static void pack_rows(float *panels, long panel_stride, const float *w, long stride, long inputs, long outputs) {
    long whole = outputs / WIDTH * WIDTH;
    // A row at a time: reading is what misses the cache, and this way it is in order.
    for (long k = 0; k < inputs; k++) {
        const float *row = w + k * stride;
        float *to = panels + k * WIDTH;
        for (long first = 0; first < whole; first += WIDTH, to += panel_stride) {
            __builtin_prefetch(row + 2 * stride + first, 0, 2);
            *(f16_unaligned *)to = *(const f16_unaligned *)(row + first);
        }
        if (whole < outputs) {
            memset(to, 0, sizeof(float) * WIDTH);
            memcpy(to, row + whole, sizeof(float) * (outputs - whole));
        }
    }
}

void ck_pack(float *panels, const float *w, long stride, long inputs, long outputs) {
    pack(panels, WIDTH * inputs, w, stride, inputs, outputs);
}

INLINE void finish(float *y, f16 sum, long columns, const struct product *p) {
    float lanes[WIDTH] = {0};
    float *to = columns >= WIDTH ? y : lanes;
    if (columns < WIDTH) memcpy(lanes, y, sizeof(float) * columns);
    f16 result = sum * p->alpha;
    if (p->adds) result = *(f16_unaligned *)to + result;
    if (p->rectifies) result = __builtin_elementwise_max(result, (f16)(0.0f));
    *(f16_unaligned *)to = result;
    if (columns < WIDTH) memcpy(y, lanes, sizeof(float) * columns);
}

/// Some of the inputs of a block, and one or two panels of outputs.
struct strip {
    const float *panel;
    long depth, x_stride, columns;
    /// Whether sums go on from those of the strip before, and whether another strip goes on from these.
    int continues, is_continued;
};

/// `height` rows times `breadth` panels, both constants after inlining; `ahead` is read into the cache meanwhile.
///
/// The rows are `[height, depth]`, `x_stride` floats apart, or `[depth, height]` when `copied`.
INLINE void tile(const struct product *p, const struct strip *s, const float *x, const float *ahead, float *y, f16 *carry,
                 const int height, const int breadth, const int copied, const int fused) {
    f16 total[12][2];
    const long depth = s->depth, stride = s->x_stride, next = p->panel_stride;
    const float *panel = s->panel;
#pragma clang loop unroll(full)
    for (int r = 0; r < height; r++) {
#pragma clang loop unroll(full)
        for (int b = 0; b < breadth; b++) total[r][b] = s->continues ? carry[r * breadth + b] : (f16)(0.0f);
    }
    for (long start = 0; start < depth; start += CHAIN) {
        const long end = depth - start < CHAIN ? depth : start + CHAIN;
        f16 sum[12][2];
#pragma clang loop unroll(full)
        for (int r = 0; r < height; r++) sum[r][0] = sum[r][1] = (f16)(0.0f);
#pragma clang loop unroll(disable) vectorize(disable)
        for (long k = start; k < end; k++) {
            f16 weights[2];
            weights[0] = *(const f16_unaligned *)(panel + k * WIDTH);
            if (breadth > 1) weights[1] = *(const f16_unaligned *)(panel + next + k * WIDTH);
            if (ahead) __builtin_prefetch(ahead + k * WIDTH, 0, 2);
            if (ahead && breadth > 1) __builtin_prefetch(ahead + next + k * WIDTH, 0, 2);
#pragma clang loop unroll(full)
            for (int r = 0; r < height; r++) {
                f16 factor = (f16)(copied ? x[k * height + r] : x[r * stride + k]);
#pragma clang loop unroll(full)
                for (int b = 0; b < breadth; b++) {
                    sum[r][b] = fused ? __builtin_elementwise_fma(factor, weights[b], sum[r][b])
                                      : factor * weights[b] + sum[r][b];
                }
            }
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < height; r++) {
#pragma clang loop unroll(full)
            for (int b = 0; b < breadth; b++) total[r][b] += sum[r][b];
        }
    }
    if (s->is_continued) {
#pragma clang loop unroll(full)
        for (int r = 0; r < height; r++) {
#pragma clang loop unroll(full)
            for (int b = 0; b < breadth; b++) carry[r * breadth + b] = total[r][b];
        }
        return;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < height; r++) {
#pragma clang loop unroll(full)
        for (int b = 0; b < breadth; b++) finish(y + r * p->y_stride + b * WIDTH, total[r][b], s->columns - b * WIDTH, p);
    }
}

/// Copies rows of a transposed x into a tile of `[depth, height]`.
INLINE void copy_transposed(float *to, const struct product *p, long row, const int height) {
    for (long k = 0; k < p->depth; k++) memcpy(to + k * height, p->x + k * p->x_stride + row, sizeof(float) * height);
}

/// Calls `STEP(height)` for tiles that cover `row ..< end`, the tallest first.
#define FOR_EACH_TILE(HEIGHT, STEP)                                                                                    \
    for (; end - row >= HEIGHT; row += HEIGHT) STEP(HEIGHT);                                                           \
    if (HEIGHT > 6 && end - row >= 6) { STEP(6); row += 6; }                                                           \
    if (HEIGHT > 4 && end - row >= 4) { STEP(4); row += 4; }                                                           \
    if (HEIGHT > 2 && end - row >= 2) { STEP(2); row += 2; }                                                           \
    if (end - row >= 1) { STEP(1); row += 1; }

/// One block of inputs: tiles of `height` rows and `breadth` panels.
INLINE void product(const struct product *p, const int height, const int breadth, const int fused) {
    const int copied = p->transposed;
    const int gathered = !copied && p->x_stride >= LONG_STRIDE && p->outputs >= 8 * WIDTH && p->rows > 1;
    long block = ROW_CAPACITY / (p->depth > 0 ? p->depth : 1) / height * height;
    if (block < height) block = height;
    const long most = p->rows < block ? p->rows : block;
    const long gathered_stride = p->depth + WIDTH;
    float *tiles = copied || gathered ? ck_scratch(ck_scratch_rows, most * gathered_stride) : NULL;
    const long strip = p->rows > MANY_ROWS && p->depth > STRIP ? STRIP : p->depth;
    f16 *carry = p->depth > strip ? (f16 *)ck_scratch(ck_scratch_sums, most * breadth * WIDTH) : NULL;
    for (long start = 0; start < p->rows; start += block) {
        const long end = p->rows - start < block ? p->rows : start + block;
        long row = start;
        if (copied) {
#define COPY(HEIGHT) copy_transposed(tiles + (row - start) * p->depth, p, row, HEIGHT)
            FOR_EACH_TILE(height, COPY)
        } else if (gathered) {
            for (; row < end; row++) {
                memcpy(tiles + (row - start) * gathered_stride, p->x + row * p->x_stride, sizeof(float) * p->depth);
            }
        }
        const float *rows = gathered ? tiles : p->x + start * p->x_stride;
        long panels = 0;
        for (long first = 0; first < p->outputs; first += panels * WIDTH) {
            panels = breadth > 1 && p->outputs - first > WIDTH ? 2 : 1;
            const float *panel = p->panels + first / WIDTH * p->panel_stride;
            const int more = start == 0 && first + 2 * panels * WIDTH <= p->outputs;
            float *y = p->y + first;
            long from = 0;
            do {
                const int is_continued = from + strip < p->depth;
                const struct strip s = {panel + from * WIDTH, is_continued ? strip : p->depth - from,
                    gathered ? gathered_stride : p->x_stride, p->outputs - first, from > 0, is_continued};
                // Reading the next strip ahead hides the memory behind the products with this one.
                const float *ahead = NULL;
                if (start == 0 && is_continued) ahead = s.panel + strip * WIDTH;
                else if (more) ahead = panel + panels * p->panel_stride;
                row = start;
#define TILE(HEIGHT, BREADTH, COPIED)                                                                                  \
    tile(p, &s, COPIED ? tiles + (row - start) * p->depth + from * HEIGHT : rows + (row - start) * s.x_stride + from,  \
         row == start ? ahead : NULL, y + row * p->y_stride, carry + (row - start) * BREADTH, HEIGHT, BREADTH, COPIED, \
         fused)
#define DIRECT_PAIR(HEIGHT) TILE(HEIGHT, 2, 0)
#define DIRECT_ONE(HEIGHT) TILE(HEIGHT, 1, 0)
#define COPIED_PAIR(HEIGHT) TILE(HEIGHT, 2, 1)
#define COPIED_ONE(HEIGHT) TILE(HEIGHT, 1, 1)
                if (breadth > 1 && panels > 1 && copied) {
                    FOR_EACH_TILE(height, COPIED_PAIR)
                } else if (breadth > 1 && panels > 1) {
                    FOR_EACH_TILE(height, DIRECT_PAIR)
                } else if (copied) {
                    FOR_EACH_TILE(height, COPIED_ONE)
                } else {
                    FOR_EACH_TILE(height, DIRECT_ONE)
                }
                from += strip;
            } while (from < p->depth);
        }
    }
}

static void portable_product(const struct product *p) { product(p, 2, 1, 0); }

static void (*chosen_product)(const struct product *) = portable_product;

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void avx2_product(const struct product *p) { product(p, 6, 1, 1); }

__attribute__((target("avx512f,no-prefer-256-bit"))) static void avx512_product(const struct product *p) {
    product(p, 12, 2, 1);
}

__attribute__((constructor)) static void choose_product(void) {
    const char *portable = getenv("PPOCODER_PORTABLE_KERNELS");
    if (portable && strcmp(portable, "1") == 0) return;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) chosen_product = avx2_product;
    if (__builtin_cpu_supports("avx512f")) chosen_product = avx512_product;
}
#endif

/// The block of inputs from `start` on of a product whose fields for the first block are in `whole`.
INLINE struct product block_of(const struct product *whole, long start, long inputs, int target) {
    struct product p = *whole;
    p.depth = inputs - start < DEPTH ? inputs - start : DEPTH;
    p.x += whole->transposed ? start * whole->x_stride : start;
    p.adds = target == ck_product_add || start > 0;
    p.rectifies = target == ck_product_rectified && start + p.depth == inputs;
    return p;
}

void ck_packed_product(float *y, long y_stride, const float *x, long x_stride, const float *panels, long rows,
                       long inputs, long outputs, int target) {
    struct product whole = {y, x, panels, y_stride, x_stride, rows, 0, outputs, WIDTH * inputs, 0, 0, 0, 1};
    long start = 0;
    do {
        struct product p = block_of(&whole, start, inputs, target);
        p.panels += start * WIDTH;
        chosen_product(&p);
        start += DEPTH;
    } while (start < inputs);
}

void ck_product(struct ck_product_shape shape, float *y, const float *x, const float *w, float alpha, int target) {
    const long outputs_at_once = shape.outputs < PANEL_OUTPUTS ? shape.outputs : PANEL_OUTPUTS;
    const long deepest = shape.inputs < DEPTH ? shape.inputs : DEPTH;
    float *panels = ck_scratch(ck_scratch_panels, ck_packed_count(deepest, outputs_at_once));
    long start = 0;
    do {
        for (long first = 0; first < shape.outputs; first += outputs_at_once) {
            struct product whole = {
                .y = y + first, .x = x, .panels = panels, .y_stride = shape.y_stride, .x_stride = shape.x_stride,
                .rows = shape.rows, .transposed = shape.transposed_x, .alpha = alpha,
            };
            whole.outputs = shape.outputs - first < outputs_at_once ? shape.outputs - first : outputs_at_once;
            struct product p = block_of(&whole, start, shape.inputs, target);
            p.panel_stride = WIDTH * p.depth;
            if (shape.transposed_w) {
                pack(panels, p.panel_stride, w + first * shape.w_stride + start, shape.w_stride, p.depth, p.outputs);
            } else {
                pack_rows(panels, p.panel_stride, w + start * shape.w_stride + first, shape.w_stride, p.depth, p.outputs);
            }
            chosen_product(&p);
        }
        start += DEPTH;
    } while (start < shape.inputs);
}
