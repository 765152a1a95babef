import Tensors

/// Rows after a layer norm, with what its backward needs.
struct NormedRows {
    let input: Matrix
    let output: Matrix
    /// `[1, rows]`.
    let rstd: Matrix
    /// Offset of the weight, `[dModel]`.
    let weight: Int
}

/// The weights and the memory of one forward pass, shared by its layers.
struct TeacherForcedPass {
    let parameters: T5Parameters
    let workspace: TeacherForcedWorkspace
    /// What stays in the workspace for backward.
    enum Keeping {
        /// A layer's memory is reused by the next.
        case nothing
        /// Every layer's input.
        case inputs
        /// Every layer's activations.
        case activations
    }

    let keeping: Keeping

    private var keeps: Bool { keeping == .activations }

    var configuration: T5Configuration { parameters.configuration }

    /// The weight at `offset` as a matrix.
    func weight(_ offset: Int, _ rows: Int, _ columns: Int) -> Matrix {
        Matrix(parameters.buffer, offset: offset, rows: rows, columns: columns)
    }

    /// The layer norm of `input` with the weight at `offset`.
    func normed(_ input: Matrix, _ offset: Int) -> NormedRows {
        let output = workspace.take(input.rows, input.columns)
        let rstd = workspace.take(1, input.rows)
        output.rmsNorm(
            of: input,
            weight: weight(offset, 1, input.columns),
            rstd: rstd,
            epsilon: configuration.layerNormEpsilon
        )
        return NormedRows(input: input, output: output, rstd: rstd, weight: offset)
    }

    /// x·Wᵀ with the `[out, in]` weight at `offset`.
    func projected(_ x: Matrix, _ offset: Int, to width: Int) -> Matrix {
        let y = workspace.take(x.rows, width)
        orderedProduct(y, x, weight(offset, width, x.columns), transposeB: true)
        return y
    }

    /// stream + x·Wᵀ: a copy when the pass keeps its activations, else in place.
    func added(_ stream: Matrix, _ x: Matrix, _ offset: Int) -> Matrix {
        var sum = stream
        if keeps {
            sum = workspace.take(stream.rows, stream.columns)
            sum.copy(from: stream)
        }
        orderedProduct(sum, x, weight(offset, stream.columns, x.columns), transposeB: true, .add)
        return sum
    }

    /// Runs `layer` on `stream`, and keeps what backward needs.
    func layer<Activations>(
        _ stream: Matrix,
        _ layer: (TeacherForcedPass, Matrix) -> (output: Matrix, kept: Activations)
    ) -> (output: Matrix, kept: KeptLayer<Activations>) {
        switch keeping {
        case .nothing, .activations:
            let result = layer(self, stream)
            return (result.output, .activations(result.kept))
        case .inputs:
            // The layer adds to its input in place, so the copy is what goes on.
            let copy = workspace.take(stream.rows, stream.columns)
            copy.copy(from: stream)
            return (layer(self, copy).output, .input(stream))
        }
    }

    /// Runs `sublayer`, and takes back its memory unless the pass keeps its activations.
    func scoped<Result>(_ sublayer: () -> Result) -> Result {
        let mark = workspace.mark()
        let result = sublayer()
        if !keeps { workspace.release(to: mark) }
        return result
    }
}

/// What a layer left for its backward.
enum KeptLayer<Activations> {
    case activations(Activations)
    /// `[rows, dModel]`.
    case input(Matrix)
}

/// The weights, their gradients and the memory of one backward pass.
struct TeacherForcedBackwardPass {
    let parameters: T5Parameters
    let gradients: T5Parameters
    let workspace: TeacherForcedWorkspace

    /// The weight at `offset` as a matrix.
    func weight(_ offset: Int, _ rows: Int, _ columns: Int) -> Matrix {
        Matrix(parameters.buffer, offset: offset, rows: rows, columns: columns)
    }

    /// The gradient of the weight at `offset`.
    func gradient(_ offset: Int, _ rows: Int, _ columns: Int) -> Matrix {
        Matrix(gradients.buffer, offset: offset, rows: rows, columns: columns)
    }

    /// Runs `backward` on what a layer kept, after computing it again with `forward` where only its input was kept.
    func layer<Activations>(
        _ kept: KeptLayer<Activations>,
        forward: (TeacherForcedPass, Matrix) -> (output: Matrix, kept: Activations),
        backward: (Activations) -> Void
    ) {
        switch kept {
        case .activations(let activations): backward(activations)
        case .input(let input):
            scoped {
                let pass = TeacherForcedPass(parameters: parameters, workspace: workspace, keeping: .activations)
                backward(forward(pass, input).kept)
            }
        }
    }

    /// Backward of y = x·Wᵀ: dW += dyᵀ·x, and dx = or += dy·W.
    func projection(dx: Matrix, dy: Matrix, x: Matrix, _ offset: Int, _ target: PackedMatrix.Target = .store) {
        orderedProduct(gradient(offset, dy.columns, x.columns), dy, transposeA: true, x, .add)
        orderedProduct(dx, dy, weight(offset, dy.columns, x.columns), target)
    }

    /// Adds to dx the gradient through a layer norm, and to that of its weight.
    func norm(dx: Matrix, dy: Matrix, _ rows: NormedRows) {
        dx.addRMSNormGradient(
            outputGradient: dy,
            input: rows.input,
            weight: weight(rows.weight, 1, dx.columns),
            weightGradient: gradient(rows.weight, 1, dx.columns),
            rstd: rows.rstd
        )
    }

    /// Runs `sublayer` and takes back its memory.
    func scoped(_ sublayer: () -> Void) {
        let mark = workspace.mark()
        sublayer()
        workspace.release(to: mark)
    }
}
