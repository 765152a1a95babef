#pragma once

/// Multiply-adds on registers: the most that one core does. Returns the number of floating-point operations done.
double ck_multiply_add_peak(long rounds);

/// y = x + scale * y over n floats.
void ck_triad(float *y, const float *x, float scale, long n);

/// The sum of n floats in 16 lanes: reading at the speed of memory.
float ck_read(const float *x, long n);
