// The choice of variant: plain function pointers set by a constructor. Ifuncs (target_clones) are resolved before the
// thread sanitizer is ready and crash under it.
#include "ckernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_table.h"

static const struct kernel_table *kernels = &portable_kernels;

__attribute__((constructor)) static void choose_kernels(void) {
#if defined(__x86_64__)
    const char *portable = getenv("PPOCODER_PORTABLE_KERNELS");
    if (portable && strcmp(portable, "1") == 0) return;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) kernels = &avx2_kernels;
#endif
}

int ck_uses_avx2(void) { return kernels != &portable_kernels; }

void ck_rms_norm(float *y, float *rstd, const float *x, const float *w, long rows, long width, float epsilon) {
    kernels->rms_norm(y, rstd, x, w, rows, width, epsilon);
}

void ck_rms_norm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd,
                          long rows, long width) {
    kernels->rms_norm_backward(dx, dw, dy, x, w, rstd, rows, width);
}

void ck_softmax(float *y, const float *x, long n, float scale) { kernels->softmax(y, x, n, scale); }

float ck_log_sum_exp(const float *x, long n, float scale) {
    float log_sum_exp, entropy;
    kernels->categorical(&log_sum_exp, &entropy, x, n, scale);
    return log_sum_exp;
}

void ck_categorical(float *log_sum_exp, float *entropy, const float *x, long n, float scale) {
    kernels->categorical(log_sum_exp, entropy, x, n, scale);
}

void ck_categorical_backward(float *dx, const float *x, long n, float scale, float log_sum_exp, float entropy,
                             long token, float g_logp, float g_entropy) {
    kernels->categorical_backward(dx, x, n, scale, log_sum_exp, entropy, token, g_logp, g_entropy);
}

void ck_relu(float *x, long n) { kernels->relu(x, n); }

void ck_relu_backward(float *dx, const float *y, long n) { kernels->relu_backward(dx, y, n); }

float ck_dot(const float *a, const float *b, long n) { return kernels->dot(a, b, n); }

void ck_axpy(float *y, float alpha, const float *x, long n) { kernels->axpy(y, alpha, x, n); }

void ck_attention_softmax(float *s, long rows, long columns, long stride, const float *bias, int causal) {
    kernels->attention_softmax(s, rows, columns, stride, bias, causal);
}

void ck_attention_softmax_backward(float *dp, const float *p, long rows, long columns, long stride,
                                   float *bias_gradient, int causal) {
    kernels->attention_softmax_backward(dp, p, rows, columns, stride, bias_gradient, causal);
}
