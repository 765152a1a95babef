#pragma once
// Eight float lanes in Clang's vector extension. The including file chooses the instruction set and MULTIPLY_ADD.
#include <math.h>
#include <string.h>

// Vectors pass between inlined functions of one file only, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float f8 __attribute__((ext_vector_type(8)));
typedef int i8 __attribute__((ext_vector_type(8)));
typedef float f8_unaligned __attribute__((ext_vector_type(8), aligned(4)));

#define INLINE static inline __attribute__((always_inline))

INLINE f8 load(const float *p) { return *(const f8_unaligned *)p; }
INLINE void store(float *p, f8 v) { *(f8_unaligned *)p = v; }
INLINE f8 splat(float x) { return (f8)(x); }

/// The first n < 8 floats, then `fill`.
INLINE f8 load_part(const float *p, long n, float fill) {
    float lanes[8] = {fill, fill, fill, fill, fill, fill, fill, fill};
    for (long i = 0; i < n; i++) lanes[i] = p[i];
    return load(lanes);
}

/// Stores the first n < 8 lanes.
INLINE void store_part(float *p, f8 v, long n) {
    float lanes[8];
    store(lanes, v);
    for (long i = 0; i < n; i++) p[i] = lanes[i];
}

/// ((0+4)+(2+6)) + ((1+5)+(3+7)): one order, for every machine.
INLINE float sum_lanes(f8 v) {
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

INLINE float max_lanes(f8 v) {
    float m = v[0];
    for (int i = 1; i < 8; i++) m = v[i] > m ? v[i] : m;
    return m;
}

/// exp(x) for x <= 88, relative error below 2e-7; 0 below -87.33 (where the result would be denormal); NaN stays NaN.
///
/// Range reduction to |r| <= ln(2)/2 in two parts, then the Cephes polynomial of degree 6.
INLINE f8 exp_lanes(f8 x) {
    f8 clamped = __builtin_elementwise_min(__builtin_elementwise_max(x, splat(-87.33f)), splat(88.0f));
    f8 n = __builtin_elementwise_roundeven(clamped * 1.44269504f);
    f8 r = MULTIPLY_ADD(n, splat(-0.693359375f), clamped);
    r = MULTIPLY_ADD(n, splat(2.12194440e-4f), r);
    f8 p = splat(1.9875691500e-4f);
    p = MULTIPLY_ADD(p, r, splat(1.3981999507e-3f));
    p = MULTIPLY_ADD(p, r, splat(8.3334519073e-3f));
    p = MULTIPLY_ADD(p, r, splat(4.1665795894e-2f));
    p = MULTIPLY_ADD(p, r, splat(1.6666665459e-1f));
    p = MULTIPLY_ADD(p, r, splat(5.0000001201e-1f));
    p = MULTIPLY_ADD(p, r * r, r) + 1.0f;
    i8 bits = (__builtin_convertvector(n, i8) + 127) << 23;
    f8 power;
    memcpy(&power, &bits, sizeof power);
    f8 result = p * power;
    result = x < -87.33f ? splat(0) : result;
    return x != x ? x : result;
}
