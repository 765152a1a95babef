#pragma once

/// Row kernels on float32 memory.
///
/// Every reduction uses fixed lanes in a fixed order, so a result depends on its inputs and on whether the machine
/// has AVX2 and FMA, never on alignment, neighbours or threads. The variant is chosen once, before main. Setting
/// PPOCODER_PORTABLE_KERNELS=1 in the environment chooses the portable one.

/// y[r,i] = x[r,i] * rstd[r] * w[i], rstd[r] = 1 / sqrt(mean(x[r]^2) + epsilon).
void ck_rms_norm(float *y, float *rstd, const float *x, const float *w, long rows, long width, float epsilon);

/// Adds the gradients of ck_rms_norm to dx [rows, width] and dw [width].
void ck_rms_norm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd,
                          long rows, long width);

/// y = softmax(scale * x); y may be x. A component of minus infinity gets exactly 0.
void ck_softmax(float *y, const float *x, long n, float scale);

/// log(sum(exp(scale * x))).
float ck_log_sum_exp(const float *x, long n, float scale);

/// log-sum-exp and entropy of softmax(scale * x), in one pass after the maximum.
void ck_categorical(float *log_sum_exp, float *entropy, const float *x, long n, float scale);

/// dx[j] = scale * (g_logp * ([j == token] - p[j]) - g_entropy * p[j] * (log p[j] + entropy)); dx is overwritten.
void ck_categorical_backward(float *dx, const float *x, long n, float scale, float log_sum_exp, float entropy,
                             long token, float g_logp, float g_entropy);

/// x = max(x, 0).
void ck_relu(float *x, long n);

/// dx = 0 where y, the output of ck_relu, is 0.
void ck_relu_backward(float *dx, const float *y, long n);

/// sum(a * b).
float ck_dot(const float *a, const float *b, long n);

/// y += alpha * x.
void ck_axpy(float *y, float alpha, const float *x, long n);

/// Rows of attention scores become probabilities, in place.
///
/// Row i is softmax(s[i, j] + bias[j - i]) over j < columns, or over j <= i with zeros after it when causal.
/// The stride is a multiple of 8, at least columns, and the last row is as long as the others; what is between
/// columns and stride is overwritten with zeros. bias may be NULL; else it points at the entry of distance 0, is
/// valid for every j - i that occurs, and seven more floats after the last of them can be read.
void ck_attention_softmax(float *s, long rows, long columns, long stride, const float *bias, int causal);

/// ds = p * (dp - sum(dp * p)), in place of dp; when bias_gradient is not NULL, bias_gradient[j - i] += ds[i, j].
///
/// Stride and bias as above; 0 is added to the seven floats after the last of the bias.
void ck_attention_softmax_backward(float *dp, const float *p, long rows, long columns, long stride,
                                   float *bias_gradient, int causal);

/// 1 when the AVX2 and FMA variant was chosen.
int ck_uses_avx2(void);
