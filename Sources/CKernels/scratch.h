#pragma once
// Memory that a thread keeps from product to product.

enum ck_scratch_use { ck_scratch_rows, ck_scratch_panels, ck_scratch_sums, ck_scratch_scores, ck_scratch_uses };

/// Room for so many floats, 64-byte aligned, of this thread and for this use; it grows and is freed with the thread.
float *ck_scratch(enum ck_scratch_use use, long count);
