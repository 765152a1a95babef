// The kernels, written once over eight lanes; included by one file per instruction set, which defines KERNELS.
#include "kernel_table.h"
#include "lanes.h"

static float dot(const float *a, const float *b, long n) {
    f8 s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    long i = 0;
    for (; i + 32 <= n; i += 32) {
        s0 = MULTIPLY_ADD(load(a + i), load(b + i), s0);
        s1 = MULTIPLY_ADD(load(a + i + 8), load(b + i + 8), s1);
        s2 = MULTIPLY_ADD(load(a + i + 16), load(b + i + 16), s2);
        s3 = MULTIPLY_ADD(load(a + i + 24), load(b + i + 24), s3);
    }
    for (; i + 8 <= n; i += 8) s0 = MULTIPLY_ADD(load(a + i), load(b + i), s0);
    if (i < n) s1 = MULTIPLY_ADD(load_part(a + i, n - i, 0), load_part(b + i, n - i, 0), s1);
    return sum_lanes((s0 + s1) + (s2 + s3));
}

static void axpy(float *y, float alpha, const float *x, long n) {
    long i = 0;
    for (; i + 8 <= n; i += 8) store(y + i, MULTIPLY_ADD(splat(alpha), load(x + i), load(y + i)));
    if (i < n) {
        f8 v = MULTIPLY_ADD(splat(alpha), load_part(x + i, n - i, 0), load_part(y + i, n - i, 0));
        store_part(y + i, v, n - i);
    }
}

static void relu(float *x, long n) {
    for (long i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
}

static void relu_backward(float *dx, const float *y, long n) {
    for (long i = 0; i < n; i++) dx[i] = y[i] > 0 ? dx[i] : 0;
}

static void rms_norm(float *y, float *rstd, const float *x, const float *w, long rows, long width, float epsilon) {
    for (long r = 0; r < rows; r++, x += width, y += width) {
        float scale = 1 / sqrtf(dot(x, x, width) / (float)width + epsilon);
        for (long i = 0; i < width; i++) y[i] = x[i] * scale * w[i];
        rstd[r] = scale;
    }
}

static void rms_norm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w,
                              const float *rstd, long rows, long width) {
    for (long r = 0; r < rows; r++, x += width, dx += width, dy += width) {
        f8 lanes = 0;
        float rest = 0;
        long i = 0;
        for (; i + 8 <= width; i += 8) lanes = MULTIPLY_ADD(load(dy + i) * load(w + i), load(x + i), lanes);
        for (; i < width; i++) rest += dy[i] * w[i] * x[i];
        float scale = rstd[r];
        float correction = (sum_lanes(lanes) + rest) * scale * scale * scale / (float)width;
        for (i = 0; i < width; i++) {
            float scaled = dy[i] * scale;
            dw[i] += scaled * x[i];
            dx[i] += scaled * w[i] - x[i] * correction;
        }
    }
}

static float maximum(const float *x, long n) {
    f8 m = splat(-INFINITY);
    long i = 0;
    for (; i + 8 <= n; i += 8) m = __builtin_elementwise_max(m, load(x + i));
    if (i < n) m = __builtin_elementwise_max(m, load_part(x + i, n - i, -INFINITY));
    return max_lanes(m);
}

/// y = exp(scale * (x - shift)), and its sum.
INLINE float exponentials(float *y, const float *x, long n, float scale, float shift) {
    f8 sum = 0;
    long i = 0;
    for (; i + 8 <= n; i += 8) {
        f8 e = exp_lanes((load(x + i) - shift) * scale);
        store(y + i, e);
        sum += e;
    }
    if (i < n) {
        f8 e = exp_lanes((load_part(x + i, n - i, -INFINITY) - shift) * scale);
        store_part(y + i, e, n - i);
        sum += e;
    }
    return sum_lanes(sum);
}

static void softmax(float *y, const float *x, long n, float scale) {
    float inverse = 1 / exponentials(y, x, n, scale, maximum(x, n));
    for (long i = 0; i < n; i++) y[i] *= inverse;
}

/// Accumulates exp(z) and exp(z) * z; a component whose exp is 0 adds nothing, even when z is minus infinity.
INLINE void accumulate(f8 z, f8 *sum, f8 *weighted) {
    f8 e = exp_lanes(z);
    *sum += e;
    *weighted += e > 0.0f ? e * z : splat(0);
}

static void categorical(float *log_sum_exp, float *entropy, const float *x, long n, float scale) {
    float shift = maximum(x, n);
    f8 sum = 0, weighted = 0;
    long i = 0;
    for (; i + 8 <= n; i += 8) accumulate((load(x + i) - shift) * scale, &sum, &weighted);
    if (i < n) accumulate((load_part(x + i, n - i, -INFINITY) - shift) * scale, &sum, &weighted);
    float total = sum_lanes(sum), log_total = logf(total);
    *log_sum_exp = shift * scale + log_total;
    *entropy = log_total - sum_lanes(weighted) / total;
}

INLINE f8 categorical_gradient(f8 x, float scale, float log_sum_exp, float entropy, float g_logp, float g_entropy) {
    f8 logp = x * scale - log_sum_exp;
    f8 p = exp_lanes(logp);
    f8 g = p * scale * (-g_logp - g_entropy * (logp + entropy));
    return p > 0.0f ? g : splat(0);
}

static void categorical_backward(float *dx, const float *x, long n, float scale, float log_sum_exp, float entropy,
                                 long token, float g_logp, float g_entropy) {
    long i = 0;
    for (; i + 8 <= n; i += 8)
        store(dx + i, categorical_gradient(load(x + i), scale, log_sum_exp, entropy, g_logp, g_entropy));
    if (i < n) {
        f8 part = load_part(x + i, n - i, 0);
        store_part(dx + i, categorical_gradient(part, scale, log_sum_exp, entropy, g_logp, g_entropy), n - i);
    }
    if (token >= 0 && token < n) dx[token] += scale * g_logp;
}

/// Lanes whose index i + lane is below n keep v, the others get `fill`.
INLINE f8 keep_below(f8 v, long i, long n, float fill) {
    const i8 lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return lane < (i8)(int)(n - i) ? v : splat(fill);
}

static void attention_softmax(float *s, long rows, long columns, long stride, const float *bias, int causal) {
    for (long r = 0; r < rows; r++, s += stride) {
        long n = causal && r + 1 < columns ? r + 1 : columns;
        f8 largest = splat(-INFINITY), sum = 0;
        for (long i = 0; i < n; i += 8) {
            f8 v = load(s + i);
            if (bias) v += load(bias + i - r);
            v = keep_below(v, i, n, -INFINITY);
            store(s + i, v);
            largest = __builtin_elementwise_max(largest, v);
        }
        float shift = max_lanes(largest);
        for (long i = 0; i < n; i += 8) {
            f8 e = exp_lanes(load(s + i) - shift);
            store(s + i, e);
            sum += e;
        }
        float inverse = 1 / sum_lanes(sum);
        for (long i = 0; i < n; i += 8) store(s + i, load(s + i) * inverse);
        for (long i = (n + 7) & ~7L; i < stride; i += 8) store(s + i, splat(0));
    }
}

static void attention_softmax_backward(float *dp, const float *p, long rows, long columns, long stride,
                                       float *bias_gradient, int causal) {
    for (long r = 0; r < rows; r++, dp += stride, p += stride) {
        long n = causal && r + 1 < columns ? r + 1 : columns;
        f8 sum = 0;
        for (long i = 0; i < n; i += 8) sum = MULTIPLY_ADD(keep_below(load(dp + i), i, n, 0), load(p + i), sum);
        float mean = sum_lanes(sum);
        for (long i = 0; i < n; i += 8) {
            f8 ds = keep_below(load(p + i) * (load(dp + i) - mean), i, n, 0);
            store(dp + i, ds);
            if (bias_gradient) store(bias_gradient + i - r, load(bias_gradient + i - r) + ds);
        }
        for (long i = (n + 7) & ~7L; i < stride; i += 8) store(dp + i, splat(0));
    }
}

const struct kernel_table KERNELS = {
    rms_norm, rms_norm_backward, softmax, categorical, categorical_backward, relu, relu_backward, dot, axpy,
    attention_softmax, attention_softmax_backward,
};
