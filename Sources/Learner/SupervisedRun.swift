internal import Datasets
internal import Determinism
package import Foundation
internal import Programs
internal import Telemetry
internal import Tensors
internal import Tokenization
internal import Transformer

/// The supervised warm start: from a model directory or from scratch, to a model directory.
package struct SupervisedRun {
    private let configuration: RunConfiguration
    private let output: URL
    private let model: PolicyModel
    private let example: (Int) -> SupervisedExample
    private let heldOut: [SupervisedExample]

    /// - Parameters:
    ///   - configuration: of the run.
    ///   - output: folder of the resulting model directory.
    /// - Throws: when data or model cannot be read, or the data has no reference programs.
    package init(configuration: RunConfiguration, output: URL) throws {
        self.configuration = configuration
        self.output = output
        model =
            configuration.model.path.isEmpty
            ? PolicyModel.fresh(configuration) : try PolicyModel.load(from: configuration.model.path)
        let tokenizer = model.tokenizer
        let longestSource = configuration.data.maximumSourceLength
        let longestTarget = configuration.rollout.maximumTargetLength
        func encode(_ problem: Problem, _ program: String) -> SupervisedExample {
            SupervisedExample(
                source: tokenizer.encodePrompt(of: problem, maximumLength: longestSource),
                target: tokenizer.encodeTarget(program, maximumLength: longestTarget)
            )
        }
        let source = try ProblemSource(configuration: configuration)
        let heldOutProblems = source.evaluation.filter { !$0.reference.isEmpty }.prefix(
            configuration.sft.heldOutExamples
        )
        heldOut = heldOutProblems.map { encode($0, $0.target) }
        if configuration.data.task == "builtin" {
            let seed = configuration.run.seed
            let builtin = BuiltinProblems(seed: RandomKey(seed: seed, path: RandomPurpose.supervised).low)
            let flawed = configuration.sft.flawedShare
            example = { index in
                let problem = builtin.problem(.train, index: index)
                let key = RandomKey(seed: seed, path: RandomPurpose.supervised, UInt64(index))
                let isFlawed = key.uniform(counter: 0) < flawed
                let flaw = isFlawed ? builtin.habitualFlaw(.train, index: index) : nil
                return encode(problem, flaw ?? problem.reference)
            }
        } else {
            let count = source.trainingCount ?? 0
            let withReference = (0..<count).contains { !source.problem(at: $0).reference.isEmpty }
            guard withReference else {
                throw ConfigurationError.outOfRange(
                    key: "data.task",
                    value: configuration.data.task,
                    expected: "data with reference programs to learn from"
                )
            }
            example = { index in
                var position = index
                while source.problem(at: position).reference.isEmpty { position += 1 }
                let problem = source.problem(at: position)
                return encode(problem, problem.target)
            }
        }
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
        var tokens = 0
        for step in 0..<section.steps {
            try Task.checkCancellation()
            let examples = (0..<section.batchSize).map { example(step * section.batchSize + $0) }
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
        }
        let after = await onOwnThread { () throws(Never) -> Double in unsafe trainer.loss(heldOut) }
        try model.save(to: output)
        progress.note("warm start: held-out loss \(fixed(after, digits: 3)); model in \(output.path)")
        return (before, after)
    }
}
