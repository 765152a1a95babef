#include "machine_limits.h"

#pragma clang diagnostic ignored "-Wpsabi"

typedef float f16 __attribute__((ext_vector_type(16)));
typedef float f16_unaligned __attribute__((ext_vector_type(16), aligned(4)));

#define CHAINS 12
#define INLINE static inline __attribute__((always_inline))

/// Twelve independent chains of `width` lanes hide the latency of one.
INLINE double peak(long rounds, const int fused) {
    f16 sums[CHAINS], factor = (f16)(0.999f), term = (f16)(0.001f);
    for (int i = 0; i < CHAINS; i++) sums[i] = (f16)((float)i);
    for (long r = 0; r < rounds; r++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < CHAINS; i++) {
            sums[i] = fused ? __builtin_elementwise_fma(sums[i], factor, term) : sums[i] * factor + term;
        }
    }
    f16 all = (f16)(0.0f);
    for (int i = 0; i < CHAINS; i++) all += sums[i];
    volatile float keep = all[0];
    (void)keep;
    return 2.0 * 16 * CHAINS * (double)rounds;
}

static double portable_peak(long rounds) { return peak(rounds, 0); }

#if defined(__x86_64__)
/// As `peak`, for registers of eight lanes.
__attribute__((target("avx2,fma"))) static double avx2_peak(long rounds) {
    typedef float f8 __attribute__((ext_vector_type(8)));
    f8 sums[CHAINS], factor = (f8)(0.999f), term = (f8)(0.001f);
    for (int i = 0; i < CHAINS; i++) sums[i] = (f8)((float)i);
    for (long r = 0; r < rounds; r++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < CHAINS; i++) sums[i] = __builtin_elementwise_fma(sums[i], factor, term);
    }
    f8 all = (f8)(0.0f);
    for (int i = 0; i < CHAINS; i++) all += sums[i];
    volatile float keep = all[0];
    (void)keep;
    return 2.0 * 8 * CHAINS * (double)rounds;
}

__attribute__((target("avx512f,no-prefer-256-bit"))) static double avx512_peak(long rounds) { return peak(rounds, 1); }
#endif

double ck_multiply_add_peak(long rounds) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return avx512_peak(rounds);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2_peak(rounds);
#endif
    return portable_peak(rounds);
}

void ck_triad(float *y, const float *x, float scale, long n) {
    for (long i = 0; i < n; i++) y[i] = x[i] + scale * y[i];
}

float ck_read(const float *x, long n) {
    f16 a = (f16)(0.0f), b = a, c = a, d = a;
    for (long i = 0; i + 64 <= n; i += 64) {
        a += *(const f16_unaligned *)(x + i);
        b += *(const f16_unaligned *)(x + i + 16);
        c += *(const f16_unaligned *)(x + i + 32);
        d += *(const f16_unaligned *)(x + i + 48);
    }
    a = (a + b) + (c + d);
    float sum = 0;
    for (int i = 0; i < 16; i++) sum += a[i];
    return sum;
}
