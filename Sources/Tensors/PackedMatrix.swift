internal import CKernels

/// A weight `[outputs, inputs]` rearranged for multiplying few rows: panels of 16 outputs, inputs outermost.
///
/// Against `sgemm` on the published layout this is 2–5 times faster for 1 to 16 rows. Sums are those of
/// ``orderedProduct(_:_:_:transposeB:_:)``, so a row's result does not depend on its neighbours.
package struct PackedMatrix: Sendable {
    /// What happens to a product on its way to memory.
    package enum Target: Sendable {
        /// Overwrite.
        case store
        /// Add to what is there (residual connections).
        case add
        /// Overwrite with max(x, 0).
        case rectified

        fileprivate var code: Int32 {
            let code =
                switch self {
                case .store: ck_product_store
                case .add: ck_product_add
                case .rectified: ck_product_rectified
                }
            return Int32(code.rawValue)
        }
    }

    /// Position of the first float in the buffer that holds the panels.
    package let offset: Int
    package let inputs: Int
    package let outputs: Int

    /// A weight whose panels begin `offset` floats into a buffer.
    package init(offset: Int, inputs: Int, outputs: Int) {
        self.offset = offset
        self.inputs = inputs
        self.outputs = outputs
    }

    /// Number of floats of all panels; the last one is filled up with zeros.
    package var count: Int { ck_packed_count(inputs, outputs) }

    /// Rearranges `weight`, `[outputs, inputs]` row-major, into the panels in `storage`.
    @unsafe
    package func pack(_ weight: UnsafePointer<Float>, into storage: FloatBuffer) {
        precondition(offset + count <= storage.count, "the panels do not fit the buffer")
        unsafe ck_pack(storage.base + offset, weight, inputs, inputs, outputs)
    }

    /// `output` = or += `input` · Wᵀ.
    ///
    /// - Parameters:
    ///   - storage: The buffer that holds the panels.
    ///   - input: `[rows, inputs]`, rows adjacent.
    ///   - rows: Number of rows.
    ///   - output: `[rows, outputs]`, rows adjacent.
    ///   - target: What happens to `output`.
    @unsafe
    package func multiply(
        storage: FloatBuffer,
        input: UnsafePointer<Float>,
        rows: Int,
        output: UnsafeMutablePointer<Float>,
        _ target: Target
    ) {
        unsafe ck_packed_product(
            output,
            outputs,
            input,
            inputs,
            storage.base + offset,
            rows,
            inputs,
            outputs,
            target.code
        )
    }
}

/// C = A·B, or A·Bᵀ when `transposeB`, in the order of sums that ``PackedMatrix`` has.
///
/// Every element is a sum of chains of fused multiply-adds over 32 inner indices each, in ascending order. Unlike
/// `matmul`, whose order depends on the shapes and on the machine, it gives a row the same bits in any batch; and
/// short chains round less than one long one.
///
/// - Parameters:
///   - c: C, `[M, N]`.
///   - a: A, `[M, K]`.
///   - b: B, `[K, N]`, or `[N, K]` when `transposeB`.
///   - transposeB: Whether B enters transposed.
///   - target: What happens to C.
@unsafe
package func orderedProduct(
    _ c: MatrixView,
    _ a: MatrixView,
    _ b: MatrixView,
    transposeB: Bool,
    _ target: PackedMatrix.Target = .store
) {
    let (rows, inputs, outputs) = unsafe (c.rows, a.columns, c.columns)
    precondition(unsafe a.rows == rows, "A has another number of rows than C")
    precondition(unsafe (transposeB ? b.rows : b.columns) == outputs, "B has another number of columns than C")
    precondition(unsafe (transposeB ? b.columns : b.rows) == inputs, "A and B disagree on the inner dimension")
    guard rows > 0, outputs > 0 else { return }
    // So many outputs at a time that their panels stay in the second-level cache.
    let slice = min((outputs + 15) & ~15, max(16, (panelCapacity / max(inputs, 1)) & ~15))
    unsafe withUnsafeTemporaryAllocation(
        byteCount: max(ck_packed_count(inputs, slice), 16) * MemoryLayout<Float>.stride,
        alignment: 64
    ) { memory in
        let panels = unsafe memory.bindMemory(to: Float.self)
        guard let panel = panels.baseAddress else { return }
        for first in stride(from: 0, to: outputs, by: slice) {
            let count = min(slice, outputs - first)
            if transposeB {
                unsafe ck_pack(panel, b.base + first * b.stride, b.stride, inputs, count)
            } else {
                unsafe ck_pack_rows(panel, b.base + first, b.stride, inputs, count)
            }
            unsafe ck_packed_product(
                c.base + first,
                c.stride,
                a.base,
                a.stride,
                panel,
                rows,
                inputs,
                count,
                target.code
            )
        }
    }
}

/// `orderedProduct` on checked matrices.
package func orderedProduct(
    _ c: Matrix,
    _ a: Matrix,
    _ b: Matrix,
    transposeB: Bool,
    _ target: PackedMatrix.Target = .store
) {
    unsafe orderedProduct(c.view, a.view, b.view, transposeB: transposeB, target)
}

/// Floats of the panels that `orderedProduct` holds at a time: 256 KiB.
private let panelCapacity = 1 << 16
