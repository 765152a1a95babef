internal import Datasets
internal import Programs
package import Foundation
internal import Telemetry
internal import Tensors
internal import Tokenization
internal import Transformer

/// The supervised warm start: from a model directory or from scratch, to a model directory.
package struct SupervisedRun {
    private let configuration: RunConfiguration
    private let output: URL
    private let model: PolicyModel
    private let examples: SupervisedExamples
    private let heldOut: [SupervisedExample]

    /// - Parameters:
    ///   - configuration: of the run.
    ///   - output: folder of the resulting model directory.
    /// - Throws: when data or model cannot be read, or the data has no reference programs.
    package init(configuration: RunConfiguration, output: URL) throws {
        self.configuration = configuration
        self.output = output
        let source = try ProblemSource(configuration: configuration)
        try source.requireReferences()
        model =
            configuration.model.path.isEmpty
            ? PolicyModel.fresh(configuration, source: source) : try PolicyModel.load(from: configuration.model.path)
        let examples = try SupervisedExamples(
            configuration: configuration,
            source: source,
            tokenizer: model.tokenizer
        )
        self.examples = examples
        heldOut = source.evaluation.filter { !$0.reference.isEmpty }.prefix(configuration.sft.heldOutExamples)
            .map { examples.encode($0, $0.target) }
    }

    /// Trains and writes the model directory.
    ///
    /// - Returns: mean cross-entropy per token on held-out examples, before and after, nats.
    @discardableResult
    package func run() async throws -> (before: Double, after: Double) {
        let progress = ProgressDisplay()
        // SAFETY: the trainer is used by one thread at a time: each call below waits for the one before.
        nonisolated(unsafe) let trainer = SupervisedTrainer(parameters: model.parameters, configuration: configuration)
        let section = configuration.sft
        let heldOut = self.heldOut
        let before = await onOwnThread { () throws(Never) -> Double in unsafe trainer.loss(heldOut) }
        progress.note(
            "warm start: \(shortNumber(Double(model.parameters.buffer.count))) parameters, "
                + "vocabulary \(model.tokenizer.vocabularySize), \(section.steps) steps of \(section.batchSize) examples, "
                + "held-out loss \(fixed(before, digits: 3)) nats per token"
        )
        try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
        let log = try RunLog(url: output.appending(path: "sft-metrics.jsonl"), resumingAfter: -1)
        let begun = ContinuousClock.now
        var stopping = EarlyStopping(patience: section.patience)
        var tokens = 0
        for step in 0..<section.steps {
            try Task.checkCancellation()
            let examples = (0..<section.batchSize).map { self.examples.example(step * section.batchSize + $0) }
            let report = try await onOwnThread { () throws(LearnerError) in
                try unsafe trainer.step(examples, index: step)
            }
            tokens += report.tokens
            let elapsed = (ContinuousClock.now - begun).seconds
            if (step + 1).isMultiple(of: 50) || step + 1 == section.steps {
                try log.append(
                    step: step + 1,
                    metrics: [
                        "sft/loss": report.loss, "sft/lr": report.learningRate,
                        "sft/tokens_per_s": Double(tokens) / elapsed, "actor/grad_norm": report.gradientNorm,
                    ]
                )
                progress.note(
                    "warm start \(step + 1)/\(section.steps)  loss \(fixed(report.loss, digits: 3))  "
                        + "\(shortNumber(Double(tokens) / elapsed)) tok/s  "
                        + "\(shortTime(elapsed / Double(step + 1) * Double(section.steps - step - 1))) left"
                )
            }
            guard section.evaluateEvery > 0, (step + 1).isMultiple(of: section.evaluateEvery) else { continue }
            let loss = await onOwnThread { () throws(Never) -> Double in unsafe trainer.loss(heldOut) }
            try log.append(step: step + 1, metrics: ["sft/held_out_loss": loss])
            progress.note("warm start \(step + 1)/\(section.steps)  held-out loss \(fixed(loss, digits: 3))")
            if stopping.ends(after: loss, weights: model.parameters) {
                progress.note("warm start ends early: no better held-out loss in \(section.patience) measurements")
                break
            }
        }
        stopping.restoreBest(to: model.parameters)
        let after = await onOwnThread { () throws(Never) -> Double in unsafe trainer.loss(heldOut) }
        try model.save(to: output)
        progress.note("warm start: held-out loss \(fixed(after, digits: 3)); model in \(output.path)")
        return (before, after)
    }
}
