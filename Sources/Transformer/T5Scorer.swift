import Tensors

/// Scores given completions under a T5 with a value head, and differentiates the scores.
///
/// Teacher forced and ragged: tokens of all sequences stand one after another, so every linear layer is one product
/// over all rows, attention runs per sequence and head, and no padded token is ever computed. Everything is float32,
/// single-threaded, in a fixed order. Not thread-safe: one scorer per thread, each with its own gradients.
package final class T5Scorer {
    /// What the last forward left for backward.
    private struct Kept {
        let parameters: T5Parameters
        let head: TeacherForcedHead
        let logits: Matrix?
        let targets: RaggedRows
        let encoder: EncoderActivations
        let decoder: DecoderActivations
    }

    /// The shape of the models this scorer takes.
    package let configuration: T5Configuration
    /// Whether the critic's gradient ends at the value head, instead of going on into the decoder and encoder.
    package var stopValueGradientIntoTrunk = false
    /// Whether backward computes every layer's activations again from the layer's input, instead of keeping them.
    ///
    /// The same bits for a third more arithmetic and a fraction of the memory.
    package var recomputesActivations = false

    /// False: only values are wanted; log-probabilities and entropies are 0, and must have no gradient.
    package var scoresTokens = true

    private let workspace = TeacherForcedWorkspace()
    private var kept: Kept?

    /// A scorer for models of one shape.
    ///
    /// Its memory grows to what the largest batch needs, and is reused.
    package init(configuration: T5Configuration) { self.configuration = configuration }

    /// Log-probability, entropy and value of every token of every target.
    ///
    /// - Parameters:
    ///   - parameters: Of this scorer's configuration.
    ///   - batch: Prompts and completions; ids out of range stop the program with their name.
    ///   - settings: Temperature, minimum length: the distribution that is scored.
    ///   - keepForBackward: Whether `backward` will follow; without it far less memory is touched.
    /// - Returns: One entry per target, in order.
    package func forward(
        parameters: T5Parameters,
        batch: TeacherForcedBatch,
        settings: SamplingSettings,
        keepForBackward: Bool
    ) -> [ScoredTarget] {
        precondition(parameters.configuration == configuration, "parameters of another configuration")
        batch.validate(configuration)
        kept = nil
        workspace.reserve(plannedFloats(batch, keepForBackward: keepForBackward))
        workspace.reset()
        let sources = RaggedRows(counts: batch.sources.map(\.count))
        let targets = RaggedRows(counts: batch.targets.map(\.tokens.count))
        let pass = TeacherForcedPass(
            parameters: parameters,
            workspace: workspace,
            keeping: !keepForBackward ? .nothing : recomputesActivations ? .inputs : .activations
        )
        let encoder = pass.encode(Array(batch.sources.joined()), sources)
        let decoder = pass.decode(
            batch.targets.flatMap { shiftedRight($0.tokens) },
            targets,
            memory: encoder.output,
            crossPlan: .across(
                targets: targets,
                sources: sources,
                sourceOfTarget: batch.targets.map(\.sourceIndex),
                configuration
            )
        )
        let values = ValueHead.values(decoder.output, pass)
        let head = TeacherForcedHead(batch, settings, configuration)
        let blank = [Float](repeating: 0, count: targets.total)
        let scores =
            scoresTokens
            ? head.score(decoder.output, pass) : (logProbabilities: blank, entropies: blank, logits: nil)
        if keepForBackward {
            kept = Kept(
                parameters: parameters,
                head: head,
                logits: scores.logits,
                targets: targets,
                encoder: encoder,
                decoder: decoder
            )
        }
        return targets.ranges.map { rows in
            ScoredTarget(
                logProbabilities: Array(scores.logProbabilities[rows]),
                entropies: Array(scores.entropies[rows]),
                values: Array(values[rows])
            )
        }
    }

    /// Floats of workspace that `forward` and `backward` need for `batch`.
    package func plannedFloats(_ batch: TeacherForcedBatch, keepForBackward: Bool) -> Int {
        TeacherForcedPlan.floats(
            batch,
            configuration,
            keepForBackward: keepForBackward,
            recomputes: recomputesActivations
        )
    }

    /// The most floats of workspace in use at once since the last `forward` began.
    package var peakFloats: Int { workspace.peak }

    private func shiftedRight(_ tokens: [Int32]) -> [Int32] {
        tokens.isEmpty ? [] : [configuration.decoderStartTokenID] + tokens.dropLast()
    }

    /// Adds to `gradients` those of Σ gradient·score over the last forward, which must have kept its activations.
    ///
    /// Call it once per forward, with parameters that have not changed in between.
    ///
    /// - Parameters:
    ///   - parameters: Those of the last forward.
    ///   - gradients: dL/dparameters, accumulated.
    ///   - logProbabilityGradients: dL/dlog π, one list per target, one entry per token.
    ///   - entropyGradients: dL/dH likewise, or nil for none.
    ///   - valueGradients: dL/dV likewise, or nil for none.
    ///   - labelSmoothing: ε of smoothed labels (`smoothLabel`), where the loss is a cross-entropy at temperature 1.
    package func backward(
        parameters: T5Parameters,
        gradients: T5Parameters,
        logProbabilityGradients: [[Float]],
        entropyGradients: [[Float]]?,
        valueGradients: [[Float]]?,
        labelSmoothing: Float = 0
    ) {
        guard let kept else { preconditionFailure("backward follows one forward with keepForBackward") }
        precondition(kept.parameters === parameters, "backward with other parameters than forward")
        precondition(gradients.configuration == configuration, "gradients of another configuration")
        self.kept = nil
        let pass = TeacherForcedBackwardPass(parameters: parameters, gradients: gradients, workspace: workspace)
        let hidden = kept.decoder.output
        let hiddenGradient = workspace.take(hidden.rows, hidden.columns)
        pass.scoped {
            kept.head.backward(
                hiddenGradient: hiddenGradient,
                hidden: hidden,
                kept: kept.logits,
                logProbabilityGradients: flat(logProbabilityGradients, kept.targets),
                entropyGradients: flat(entropyGradients, kept.targets),
                labelSmoothing: labelSmoothing,
                pass
            )
        }
        if let valueGradients {
            ValueHead.backward(
                hiddenGradient: stopValueGradientIntoTrunk ? nil : hiddenGradient,
                hidden: hidden,
                valueGradients: flat(valueGradients, kept.targets),
                pass
            )
        }
        let memory = workspace.take(kept.encoder.output.rows, kept.encoder.output.columns)
        memory.zero()
        pass.decode(outputGradient: hiddenGradient, memory: memory, kept.decoder)
        pass.encode(outputGradient: memory, kept.encoder)
    }

    /// One number per row; nil is all zero.
    private func flat(_ gradients: [[Float]]?, _ targets: RaggedRows) -> [Float] {
        guard let gradients else { return [Float](repeating: 0, count: targets.total) }
        precondition(
            gradients.map(\.count) == targets.ranges.map(\.count),
            "expected one gradient per token of every target"
        )
        return Array(gradients.joined())
    }
}
