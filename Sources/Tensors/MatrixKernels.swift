/// The kernels of ``RowKernels`` on checked matrices.
extension Matrix {
    private func requireShape(_ rows: Int, _ columns: Int) {
        precondition(
            self.rows == rows && self.columns == columns,
            "expected \(rows) × \(columns), got \(self.rows) × \(self.columns)"
        )
    }

    private func requireContiguous() { precondition(isContiguous, "rows must be adjacent") }

    /// Overwrites these rows with the T5 layer norm of `input`, and `rstd` `[1, rows]` with what backward needs.
    ///
    /// `weight` is `[1, columns]`. See ``RowKernels/rmsNorm(output:rstd:input:weight:rows:width:epsilon:)``.
    package func rmsNorm(of input: Matrix, weight: Matrix, rstd: Matrix, epsilon: Float) {
        input.requireShape(rows, columns)
        weight.requireShape(1, columns)
        rstd.requireShape(1, rows)
        requireContiguous()
        input.requireContiguous()
        unsafe RowKernels.rmsNorm(
            output: base,
            rstd: rstd.base,
            input: input.base,
            weight: weight.base,
            rows: rows,
            width: columns,
            epsilon: epsilon
        )
    }

    /// Adds to this gradient of the input, and to `weightGradient`, what `outputGradient` of a layer norm implies.
    package func addRMSNormGradient(
        outputGradient: Matrix,
        input: Matrix,
        weight: Matrix,
        weightGradient: Matrix,
        rstd: Matrix
    ) {
        input.requireShape(rows, columns)
        outputGradient.requireShape(rows, columns)
        weight.requireShape(1, columns)
        weightGradient.requireShape(1, columns)
        rstd.requireShape(1, rows)
        for matrix in [self, input, outputGradient] { matrix.requireContiguous() }
        unsafe RowKernels.rmsNormBackward(
            inputGradient: base,
            weightGradient: weightGradient.base,
            outputGradient: outputGradient.base,
            input: input.base,
            weight: weight.base,
            rstd: rstd.base,
            rows: rows,
            width: columns
        )
    }

    /// Turns attention scores `[queries, keys]` into probabilities, in place.
    ///
    /// The stride must be a multiple of 8 (see ``paddedWidth(_:)``); the columns up to it become 0.
    ///
    /// - Parameters:
    ///   - bias: `[1, 2·L − 1]` by distance key − query, distance 0 in the middle, L at least both sides; or nil.
    ///   - causal: Whether a query sees only keys up to its own position.
    package func attentionSoftmax(bias: Matrix?, causal: Bool) {
        requirePaddedRows()
        let middle = unsafe middle(of: bias)
        unsafe RowKernels.attentionSoftmax(
            scores: base,
            rows: rows,
            columns: columns,
            stride: stride,
            bias: middle,
            causal: causal
        )
    }

    /// Turns this gradient of attention probabilities into that of the scores, in place.
    ///
    /// - Parameters:
    ///   - probabilities: What ``attentionSoftmax(bias:causal:)`` wrote, with this matrix's stride.
    ///   - biasGradient: Accumulates the gradient of the bias by distance, laid out as the bias; or nil.
    ///   - causal: As in forward.
    package func attentionSoftmaxBackward(probabilities: Matrix, biasGradient: Matrix?, causal: Bool) {
        probabilities.requireShape(rows, columns)
        precondition(probabilities.stride == stride, "expected probabilities with the gradient's stride")
        requirePaddedRows()
        probabilities.requirePaddedRows()
        let middle = unsafe middle(of: biasGradient)
        unsafe RowKernels.attentionSoftmaxBackward(
            gradient: base,
            probabilities: probabilities.base,
            rows: rows,
            columns: columns,
            stride: stride,
            biasGradient: middle,
            causal: causal
        )
    }

    /// `columns` rounded up to whole vectors of eight, the stride that attention scores have.
    package static func paddedWidth(_ columns: Int) -> Int { (columns + 7) & ~7 }

    private func requirePaddedRows() {
        precondition(stride % 8 == 0, "attention scores have a stride that is a multiple of 8, not \(stride)")
        precondition(rows == 0 || offset + rows * stride <= buffer.count, "the last row is not padded")
    }

    private func middle(of bias: Matrix?) -> UnsafeMutablePointer<Float>? {
        guard let bias else { return nil }
        precondition(
            bias.rows == 1 && bias.columns >= 2 * max(rows, columns) - 1 && bias.columns % 2 == 1,
            "a bias of \(bias.columns) distances does not cover \(rows) × \(columns) scores"
        )
        precondition(bias.offset + bias.columns + 7 <= bias.buffer.count, "a bias is followed by seven more floats")
        return unsafe bias.base + bias.columns / 2
    }

    /// Replaces negative elements by 0.
    package func relu() {
        requireContiguous()
        unsafe RowKernels.relu(base, count: rows * columns)
    }

    /// Zeroes this gradient where `output`, what ``relu()`` left, is 0.
    package func reluBackward(output: Matrix) {
        output.requireShape(rows, columns)
        requireContiguous()
        output.requireContiguous()
        unsafe RowKernels.reluBackward(gradient: base, output: output.base, count: rows * columns)
    }

    /// Σ over the elements of two rows `[1, n]`.
    package func dot(_ other: Matrix) -> Float {
        requireShape(1, other.columns)
        other.requireShape(1, columns)
        return unsafe RowKernels.dot(base, other.base, count: columns)
    }

    /// Adds `alpha`·`other`, both one row `[1, n]`.
    package func add(_ alpha: Float, _ other: Matrix) {
        requireShape(1, other.columns)
        other.requireShape(1, columns)
        unsafe RowKernels.axpy(base, alpha: alpha, other.base, count: columns)
    }

    /// Overwrites row r with row `ids[r]` of `table`.
    package func gather(_ ids: [Int32], from table: Matrix) {
        requireShape(ids.count, table.columns)
        for (r, id) in ids.enumerated() { rows(r..<r + 1).copy(from: table.rows(Int(id)..<Int(id) + 1)) }
    }

    /// Adds row r to row `ids[r]` of `table`, in the order of r.
    package func scatterAdd(_ ids: [Int32], into table: Matrix) {
        requireShape(ids.count, table.columns)
        for (r, id) in ids.enumerated() { table.rows(Int(id)..<Int(id) + 1).add(1, rows(r..<r + 1)) }
    }
}
