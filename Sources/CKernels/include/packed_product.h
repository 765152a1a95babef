#pragma once

/// Products with a matrix rearranged into panels of 16 outputs, inputs outermost.
///
/// Inputs are taken in blocks of 512. A block's part of an output is a sum of chains of multiply-adds over 32 inputs
/// each, all in ascending order, and the parts are added in ascending order: a row's result does not depend on how
/// many rows there are, on strides, nor on whether the machine has AVX2 or AVX-512. Inputs of zero after the last
/// change nothing.

/// Floats in the panels of a matrix of so many inputs and outputs.
long ck_packed_count(long inputs, long outputs);

/// Rearranges w [outputs, inputs], rows stride floats apart; the last panel is filled up with zeros.
void ck_pack(float *panels, const float *w, long stride, long inputs, long outputs);

enum ck_product_target { ck_product_store = 0, ck_product_add = 1, ck_product_rectified = 2 };

/// y [rows, outputs] = x [rows, inputs] * the packed matrix, or y += it, or y = max(it, 0).
void ck_packed_product(float *y, long y_stride, const float *x, long x_stride, const float *panels, long rows,
                       long inputs, long outputs, int target);

/// The sizes of a product, the distances between rows, and which operands are stored transposed.
struct ck_product_shape {
    long rows, inputs, outputs;
    long y_stride, x_stride, w_stride;
    /// x is [inputs, rows].
    int transposed_x;
    /// w is [outputs, inputs].
    int transposed_w;
};

/// y [rows, outputs] = alpha * x [rows, inputs] * w [inputs, outputs], or y += it, or y = max(it, 0), with the sums of
/// ck_packed_product.
void ck_product(struct ck_product_shape shape, float *y, const float *x, const float *w, float alpha, int target);
