#pragma once

/// One variant of every kernel; see include/ckernels.h for what each does.
struct kernel_table {
    void (*rms_norm)(float *, float *, const float *, const float *, long, long, float);
    void (*rms_norm_backward)(float *, float *, const float *, const float *, const float *, const float *, long, long);
    void (*softmax)(float *, const float *, long, float);
    void (*categorical)(float *, float *, const float *, long, float);
    void (*categorical_backward)(float *, const float *, long, float, float, float, long, float, float);
    void (*relu)(float *, long);
    void (*relu_backward)(float *, const float *, long);
    float (*dot)(const float *, const float *, long);
    void (*axpy)(float *, float, const float *, long);
    void (*attention_softmax)(float *, long, long, long, const float *, int);
    void (*attention_softmax_backward)(float *, const float *, long, long, long, float *, int);
};

extern const struct kernel_table portable_kernels;
#if defined(__x86_64__)
extern const struct kernel_table avx2_kernels;
#endif
