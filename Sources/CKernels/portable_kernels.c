// For machines without AVX2 and FMA, and to compare against.
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#define KERNELS portable_kernels
#include "row_kernels.h"
