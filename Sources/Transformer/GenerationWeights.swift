import Tensors

/// Weights prepared for generation: every linear layer packed, the rest read from the parameters.
///
/// May be shared by several generators on several threads. The parameters must not change while these are in use.
package final class GenerationWeights: Sendable {
    struct EncoderLayer: Sendable {
        let qkv, o, wi, wo: PackedMatrix
    }

    struct DecoderLayer: Sendable {
        let qkv, o, crossQ, crossKV, crossO, wi, wo: PackedMatrix
    }

    /// Where they come from.
    package let parameters: T5Parameters
    let encoder: [EncoderLayer]
    let decoder: [DecoderLayer]
    let head: PackedMatrix
    private let storage: FloatBuffer

    /// Packs `parameters`: one pass over all weights.
    package init(_ parameters: T5Parameters) {
        let shape = parameters.configuration
        var plan = Plan()
        let (dModel, dFF, inner) = (shape.dModel, shape.dFF, shape.innerWidth)
        encoder = (0..<shape.numEncoderLayers).map { i in
            let at = parameters.encoderLayer(i)
            return EncoderLayer(
                qkv: plan.add(at.q, dModel, 3 * inner),
                o: plan.add(at.o, inner, dModel),
                wi: plan.add(at.wi, dModel, dFF),
                wo: plan.add(at.wo, dFF, dModel)
            )
        }
        decoder = (0..<shape.numDecoderLayers).map { i in
            let at = parameters.decoderLayer(i)
            return DecoderLayer(
                qkv: plan.add(at.q, dModel, 3 * inner),
                o: plan.add(at.o, inner, dModel),
                crossQ: plan.add(at.crossQ, dModel, inner),
                crossKV: plan.add(at.crossK, dModel, 2 * inner),
                crossO: plan.add(at.crossO, inner, dModel),
                wi: plan.add(at.wi, dModel, dFF),
                wo: plan.add(at.wo, dFF, dModel)
            )
        }
        head = plan.add(parameters.offsets.head, dModel, shape.vocabularySize)
        storage = FloatBuffer(count: plan.count)
        self.parameters = parameters
        for (matrix, source) in plan.matrices {
            unsafe matrix.pack(parameters.pointer(source), into: storage)
        }
    }

    private struct Plan {
        var matrices: [(matrix: PackedMatrix, source: Int)] = []
        var count = 0

        mutating func add(_ source: Int, _ inputs: Int, _ outputs: Int) -> PackedMatrix {
            let matrix = PackedMatrix(offset: count, inputs: inputs, outputs: outputs)
            matrices.append((matrix, source))
            count += matrix.count
            return matrix
        }
    }

    /// `output` = or += `input` · Wᵀ for `rows` adjacent rows.
    @unsafe
    func multiply(
        _ matrix: PackedMatrix,
        _ input: UnsafePointer<Float>,
        rows: Int,
        into output: UnsafeMutablePointer<Float>,
        _ target: PackedMatrix.Target = .store
    ) {
        unsafe matrix.multiply(storage: storage, input: input, rows: rows, output: output, target)
    }

    /// RMSNorm of `rows` adjacent rows of the residual stream with the weight at `offset`.
    @unsafe
    func norm(
        _ offset: Int,
        _ input: UnsafePointer<Float>,
        rows: Int,
        into output: UnsafeMutablePointer<Float>,
        rstd: UnsafeMutablePointer<Float>
    ) {
        unsafe RowKernels.rmsNorm(
            output: output,
            rstd: rstd,
            input: input,
            weight: parameters.pointer(offset),
            rows: rows,
            width: parameters.configuration.dModel,
            epsilon: parameters.configuration.layerNormEpsilon
        )
    }

    /// Copies the embeddings of `tokens` into adjacent rows.
    @unsafe
    func embed(_ tokens: some Collection<Int32>, into output: UnsafeMutablePointer<Float>) {
        let shape = parameters.configuration
        var row = unsafe output
        for token in tokens {
            precondition(
                token >= 0 && Int(token) < shape.vocabularySize,
                "token \(token) is not in a vocabulary of \(shape.vocabularySize)"
            )
            let embedding = unsafe parameters.pointer(parameters.offsets.sharedEmbedding + Int(token) * shape.dModel)
            unsafe row.update(from: embedding, count: shape.dModel)
            unsafe row += shape.dModel
        }
    }
}
