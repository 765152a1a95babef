#pragma once

/// The numbers that are the same for all elements of one AdamW step.
struct ck_adamw_scalars {
    /// What clipping multiplies the gradient by.
    float gradient_scale;
    /// 1 - learning rate * weight decay, or 1.
    float keep;
    /// 1 - beta1.
    float gain1;
    /// beta2.
    float keep2;
    /// 1 - beta2.
    float gain2;
    /// learning rate / (1 - beta1^t).
    float rate;
    /// sqrt(1 - beta2^t).
    float root;
    float epsilon;
};

/// One AdamW step over n elements in one pass: x, m and v change.
///
/// Every operation is rounded on its own and every element depends on itself only: the same bits on every machine.
void ck_adamw(float *x, const float *g, float *m, float *v, long n, const struct ck_adamw_scalars *scalars);

/// The sum of squares in double precision: element i goes to lane i mod 8, and the lanes are added in order.
double ck_sum_of_squares(const float *x, long n);
