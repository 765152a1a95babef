internal import COpenBLAS

/// A row-major matrix inside memory owned by someone else.
///
/// `stride` is the distance between the first elements of two rows (BLAS: leading dimension).
@unsafe
package struct MatrixView {
    /// First element.
    package let base: UnsafeMutablePointer<Float>
    /// Number of rows.
    package let rows: Int
    /// Number of columns.
    package let columns: Int
    /// Floats from one row to the next, at least `columns`.
    package let stride: Int

    /// Describes `rows × columns` floats at `base`; rows are adjacent unless `stride` says otherwise.
    @inlinable
    package init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
        unsafe self.base = base
        unsafe self.rows = rows
        unsafe self.columns = columns
        unsafe self.stride = stride ?? columns
        precondition(unsafe self.stride >= columns, "a row of \(columns) columns does not fit its stride")
    }
}

/// Keeps OpenBLAS to the calling thread: our own threads are above BLAS, over shards and micro-batches.
private let singleThreadedBLAS: Void = openblas_set_num_threads(1)

/// C = α·op(A)·op(B) + β·C with op(X) = X or Xᵀ.
///
/// - Parameters:
///   - c: C, `[M, N]`; with β = 0 it is overwritten, whatever it holds.
///   - a: A, `[M, K]`, or `[K, M]` when `transposeA`.
///   - transposeA: Whether A enters transposed.
///   - b: B, `[K, N]`, or `[N, K]` when `transposeB` (weights as published are `[out, in]`).
///   - transposeB: Whether B enters transposed.
///   - alpha: α.
///   - beta: β; 1 accumulates.
@unsafe
package func matmul(
    _ c: MatrixView,
    _ a: MatrixView,
    transposeA: Bool = false,
    _ b: MatrixView,
    transposeB: Bool = false,
    alpha: Float = 1,
    beta: Float = 0
) {
    let m = unsafe c.rows
    let n = unsafe c.columns
    let k = unsafe transposeA ? a.rows : a.columns
    precondition(unsafe (transposeA ? a.columns : a.rows) == m, "A has another number of rows than C")
    precondition(unsafe (transposeB ? b.rows : b.columns) == n, "B has another number of columns than C")
    precondition(unsafe (transposeB ? b.columns : b.rows) == k, "A and B disagree on the inner dimension")
    guard m > 0, n > 0 else { return }
    _ = singleThreadedBLAS
    unsafe cblas_sgemm(
        CblasRowMajor,
        transposeA ? CblasTrans : CblasNoTrans,
        transposeB ? CblasTrans : CblasNoTrans,
        Int32(m),
        Int32(n),
        Int32(k),
        alpha,
        a.base,
        Int32(a.stride),
        b.base,
        Int32(b.stride),
        beta,
        c.base,
        Int32(c.stride)
    )
}
