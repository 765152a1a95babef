import Tensors

/// The language-model head over the rows of one batch, a chunk of rows at a time.
///
/// `[tokens, vocabulary]` is never held whole, unless it is smaller than a chunk may be: backward computes the
/// logits of every chunk again.
struct TeacherForcedHead {
    /// Floats that the logits of one chunk may take: 32 MiB.
    ///
    /// 256 rows of CodeT5's vocabulary: the product runs at 95 GFLOP/s there, and at 72 with 64 rows.
    static let chunkCapacity = 1 << 23

    /// One row of logits: the token it scores.
    struct Row {
        let target: Int
        let position: Int
        let token: Int32
    }

    let rows: [Row]
    let targets: [TeacherForcedBatch.Target]
    let settings: SamplingSettings
    let configuration: T5Configuration

    init(_ batch: TeacherForcedBatch, _ settings: SamplingSettings, _ configuration: T5Configuration) {
        rows = batch.targets.enumerated().flatMap { index, target in
            target.tokens.enumerated().map { Row(target: index, position: $0, token: $1) }
        }
        targets = batch.targets
        self.settings = settings
        self.configuration = configuration
    }

    /// 1, or dModel^−½ when the head is the embedding.
    private var scale: Float { configuration.tieWordEmbeddings ? 1 / Float(configuration.dModel).squareRoot() : 1 }

    /// Rows of one chunk: a multiple of 8, at least 32.
    static func chunkRows(_ configuration: T5Configuration) -> Int {
        max(32, chunkCapacity / configuration.vocabularySize & ~7)
    }

    private var chunkRows: Int { Self.chunkRows(configuration) }

    /// The chunks, in order.
    private var chunks: [Range<Int>] {
        stride(from: 0, to: rows.count, by: chunkRows).map { $0..<min($0 + chunkRows, rows.count) }
    }

    /// Logits of the rows of `hidden`, with the sums of the generator; `scaled`, of `hidden`'s shape, is overwritten.
    private func computeLogits(_ logits: Matrix, _ hidden: Matrix, scaled: Matrix, _ parameters: T5Parameters) {
        scaled.zero()
        for row in 0..<hidden.rows { scaled.rows(row..<row + 1).add(scale, hidden.rows(row..<row + 1)) }
        let head = Matrix(
            parameters.buffer,
            offset: parameters.offsets.head,
            rows: configuration.vocabularySize,
            columns: configuration.dModel
        )
        orderedProduct(logits, scaled, head, transposeB: true)
    }

    /// Calls `body` with the support recorded for a row, or nil.
    private func withSupport<Result>(of row: Row, _ body: (UnsafeBufferPointer<Int32>?) -> Result) -> Result {
        guard let supports = targets[row.target].supports, !supports[row.position].isEmpty else {
            return body(nil)
        }
        return unsafe supports[row.position].withUnsafeBufferPointer { unsafe body($0) }
    }

    /// Log-probability and entropy of every row's token, and the logits if they fitted one chunk.
    ///
    /// - Parameters:
    ///   - hidden: `[rows, dModel]`, the decoder's output.
    ///   - pass: The weights, and the memory for the logits.
    /// - Returns: One number of each kind per row; the logits, or nil when there were several chunks.
    func score(
        _ hidden: Matrix,
        _ pass: TeacherForcedPass
    ) -> (logProbabilities: [Float], entropies: [Float], logits: Matrix?) {
        var logProbabilities = [Float](repeating: 0, count: rows.count)
        var entropies = logProbabilities
        let chunks = chunks
        let buffer = pass.workspace.take(min(rows.count, chunkRows), configuration.vocabularySize)
        let scaled = pass.workspace.take(min(rows.count, chunkRows), hidden.columns)
        for chunk in chunks {
            let logits = buffer.rows(0..<chunk.count)
            computeLogits(logits, hidden.rows(chunk), scaled: scaled.rows(0..<chunk.count), pass.parameters)
            for index in chunk {
                let row = rows[index]
                let (logProbability, entropy) = unsafe withSupport(of: row) { support in
                    unsafe scoreToken(
                        logits: logits.elements(ofRow: index - chunk.lowerBound),
                        token: row.token,
                        position: row.position,
                        settings: settings,
                        endToken: configuration.eosTokenID,
                        support: support
                    )
                }
                logProbabilities[index] = logProbability
                entropies[index] = entropy
            }
        }
        return (logProbabilities, entropies, chunks.count == 1 ? buffer : nil)
    }

    /// Overwrites `hiddenGradient` and adds the gradient of the head, given those of the scores.
    ///
    /// - Parameters:
    ///   - hiddenGradient: `[rows, dModel]`.
    ///   - hidden: As given to `score`.
    ///   - kept: The logits as `score` returned them.
    ///   - logProbabilityGradients: One per row.
    ///   - entropyGradients: One per row.
    ///   - labelSmoothing: ε of smoothed labels, at temperature 1.
    ///   - pass: The weights, their gradients, and the memory for logits.
    func backward(
        hiddenGradient: Matrix,
        hidden: Matrix,
        kept: Matrix?,
        logProbabilityGradients: [Float],
        entropyGradients: [Float],
        labelSmoothing: Float = 0,
        _ pass: TeacherForcedBackwardPass
    ) {
        let width = configuration.vocabularySize
        let head = pass.weight(pass.parameters.offsets.head, width, configuration.dModel)
        let headGradient = pass.gradient(pass.parameters.offsets.head, width, configuration.dModel)
        let size = min(rows.count, chunkRows)
        let buffer = kept ?? pass.workspace.take(size, width)
        let gradientBuffer = pass.workspace.take(size, width)
        let scaled = pass.workspace.take(size, hidden.columns)
        for chunk in chunks {
            // A step that only fits the critic has no gradient here, and the vocabulary is the widest layer.
            guard chunk.contains(where: { logProbabilityGradients[$0] != 0 || entropyGradients[$0] != 0 }) else {
                hiddenGradient.rows(chunk).zero()
                continue
            }
            let logits = buffer.rows(0..<chunk.count)
            let gradient = gradientBuffer.rows(0..<chunk.count)
            if kept == nil {
                computeLogits(logits, hidden.rows(chunk), scaled: scaled.rows(0..<chunk.count), pass.parameters)
            }
            for index in chunk {
                let local = index - chunk.lowerBound
                guard logProbabilityGradients[index] != 0 || entropyGradients[index] != 0 else {
                    gradient.rows(local..<local + 1).zero()
                    continue
                }
                let row = rows[index]
                unsafe withSupport(of: row) { support in
                    unsafe scoreTokenBackward(
                        logitsGradient: gradient.mutableElements(ofRow: local),
                        logits: logits.elements(ofRow: local),
                        token: row.token,
                        position: row.position,
                        settings: settings,
                        endToken: configuration.eosTokenID,
                        support: support,
                        logProbabilityGradient: logProbabilityGradients[index],
                        entropyGradient: entropyGradients[index]
                    )
                }
                guard labelSmoothing > 0 else { continue }
                unsafe smoothLabel(
                    logitsGradient: gradient.mutableElements(ofRow: local),
                    token: row.token,
                    logProbabilityGradient: logProbabilityGradients[index],
                    smoothing: labelSmoothing
                )
            }
            orderedProduct(hiddenGradient.rows(chunk), gradient, head, alpha: scale)
            orderedProduct(headGradient, gradient, transposeA: true, hidden.rows(chunk), alpha: scale, .add)
        }
    }
}

extension Matrix {
    fileprivate func mutableElements(ofRow row: Int) -> UnsafeMutableBufferPointer<Float> {
        let row = rows(row..<row + 1)
        return unsafe UnsafeMutableBufferPointer(start: row.base, count: row.columns)
    }

    fileprivate func elements(ofRow row: Int) -> UnsafeBufferPointer<Float> {
        unsafe UnsafeBufferPointer(mutableElements(ofRow: row))
    }
}
