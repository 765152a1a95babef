internal import CKernels

/// C = α·op(A)·op(B), with op(X) = X or Xᵀ, in the order of sums that ``PackedMatrix`` has.
///
/// The inner dimension is taken in blocks of 512; a block's part of an element is a sum of chains of fused
/// multiply-adds over 32 indices each, and all are added in ascending order. Unlike `matmul`, whose order depends on
/// the shapes and on the machine, it gives a row the same bits in any batch and on any machine with FMA; and short
/// chains round less than one long one.
///
/// - Parameters:
///   - c: C, `[M, N]`.
///   - a: A, `[M, K]`, or `[K, M]` when `transposeA`.
///   - transposeA: Whether A enters transposed.
///   - b: B, `[K, N]`, or `[N, K]` when `transposeB`.
///   - transposeB: Whether B enters transposed.
///   - alpha: α.
///   - target: What happens to C.
@unsafe
package func orderedProduct(
    _ c: MatrixView,
    _ a: MatrixView,
    transposeA: Bool = false,
    _ b: MatrixView,
    transposeB: Bool = false,
    alpha: Float = 1,
    _ target: PackedMatrix.Target = .store
) {
    let (rows, outputs) = unsafe (c.rows, c.columns)
    let inputs = unsafe transposeA ? a.rows : a.columns
    precondition(unsafe (transposeA ? a.columns : a.rows) == rows, "A has another number of rows than C")
    precondition(unsafe (transposeB ? b.rows : b.columns) == outputs, "B has another number of columns than C")
    precondition(unsafe (transposeB ? b.columns : b.rows) == inputs, "A and B disagree on the inner dimension")
    guard rows > 0, outputs > 0 else { return }
    let shape = unsafe ck_product_shape(
        rows: rows,
        inputs: inputs,
        outputs: outputs,
        y_stride: c.stride,
        x_stride: a.stride,
        w_stride: b.stride,
        transposed_x: transposeA ? 1 : 0,
        transposed_w: transposeB ? 1 : 0
    )
    unsafe ck_product(shape, c.base, a.base, b.base, alpha, target.code)
}

/// `orderedProduct` on checked matrices.
package func orderedProduct(
    _ c: Matrix,
    _ a: Matrix,
    transposeA: Bool = false,
    _ b: Matrix,
    transposeB: Bool = false,
    alpha: Float = 1,
    _ target: PackedMatrix.Target = .store
) {
    unsafe orderedProduct(
        c.view,
        a.view,
        transposeA: transposeA,
        b.view,
        transposeB: transposeB,
        alpha: alpha,
        target
    )
}
