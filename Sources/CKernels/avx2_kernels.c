#if defined(__x86_64__)
// A function attribute and not a compiler flag, so that the rest of the program stays portable.
#include <math.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma((a), (b), (c))
#define KERNELS avx2_kernels
#include "row_kernels.h"
#pragma clang attribute pop
#endif
