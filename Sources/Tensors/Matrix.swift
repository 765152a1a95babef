/// A row-major matrix somewhere in a buffer, checked to be inside it.
///
/// A view, not a copy: two matrices may name the same floats, and writing through one changes the other.
@safe
package struct Matrix {
    /// Owner of the memory.
    package let buffer: FloatBuffer
    /// Position of the first element in the buffer.
    package let offset: Int
    /// Number of rows.
    package let rows: Int
    /// Number of columns.
    package let columns: Int
    /// Floats from the start of one row to the start of the next, at least `columns`.
    package let stride: Int

    /// Describes `rows × columns` floats from `offset`; rows are adjacent unless `stride` says otherwise.
    package init(_ buffer: FloatBuffer, offset: Int = 0, rows: Int, columns: Int, stride: Int? = nil) {
        let stride = stride ?? columns
        precondition(rows >= 0 && columns >= 0 && offset >= 0 && stride >= columns, "not the shape of a matrix")
        precondition(
            rows == 0 || offset + (rows - 1) * stride + columns <= buffer.count,
            "\(rows) × \(columns) floats from \(offset) do not fit a buffer of \(buffer.count)"
        )
        self.buffer = buffer
        self.offset = offset
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    /// Address of the first element; valid while `buffer` lives.
    package var base: UnsafeMutablePointer<Float> { unsafe buffer.base + offset }

    /// The same matrix for the pointer-based functions.
    package var view: MatrixView { unsafe MatrixView(base, rows: rows, columns: columns, stride: stride) }

    /// Whether rows follow one another without a gap.
    package var isContiguous: Bool { stride == columns || rows <= 1 }

    /// One element.
    package subscript(row: Int, column: Int) -> Float {
        get {
            precondition((0..<rows).contains(row) && (0..<columns).contains(column), "outside the matrix")
            return unsafe base[row * stride + column]
        }
        nonmutating set {
            precondition((0..<rows).contains(row) && (0..<columns).contains(column), "outside the matrix")
            unsafe base[row * stride + column] = newValue
        }
    }

    /// Some of the rows.
    package func rows(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        return Matrix(
            buffer,
            offset: offset + range.lowerBound * stride,
            rows: range.count,
            columns: columns,
            stride: stride
        )
    }

    /// Some of the columns.
    package func columns(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
        return Matrix(buffer, offset: offset + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    }

    /// Sets every element to zero.
    package func zero() {
        if isContiguous {
            unsafe base.update(repeating: 0, count: rows * columns)
        } else {
            for r in 0..<rows { unsafe (base + r * stride).update(repeating: 0, count: columns) }
        }
    }

    /// Overwrites every element with those of a matrix of equal shape.
    package func copy(from other: Matrix) {
        precondition(other.rows == rows && other.columns == columns, "expected \(rows) × \(columns)")
        if isContiguous && other.isContiguous {
            unsafe base.update(from: other.base, count: rows * columns)
        } else {
            for r in 0..<rows { unsafe (base + r * stride).update(from: other.base + r * other.stride, count: columns) }
        }
    }
}

/// C = α·op(A)·op(B) + β·C with op(X) = X or Xᵀ; shapes and bounds are checked.
///
/// - Parameters:
///   - c: C, `[M, N]`; with β = 0 it is overwritten, whatever it holds.
///   - a: A, `[M, K]`, or `[K, M]` when `transposeA`.
///   - transposeA: Whether A enters transposed.
///   - b: B, `[K, N]`, or `[N, K]` when `transposeB` (weights as published are `[out, in]`).
///   - transposeB: Whether B enters transposed.
///   - alpha: α.
///   - beta: β; 1 accumulates.
package func matmul(
    _ c: Matrix,
    _ a: Matrix,
    transposeA: Bool = false,
    _ b: Matrix,
    transposeB: Bool = false,
    alpha: Float = 1,
    beta: Float = 0
) {
    unsafe matmul(
        c.view,
        a.view,
        transposeA: transposeA,
        b.view,
        transposeB: transposeB,
        alpha: alpha,
        beta: beta
    )
}
