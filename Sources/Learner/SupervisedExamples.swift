internal import Datasets
internal import Determinism
internal import Programs
internal import Tensors
internal import Tokenization
internal import Transformer

/// The reference programs a run learns from by teacher forcing: an endless sequence, a pure function of the seed.
struct SupervisedExamples: Sendable {
    private let tokenizer: Tokenizer
    private let longestSource: Int
    private let longestTarget: Int
    private let source: ProblemSource
    private let builtin: BuiltinProblems?
    private let seed: UInt64
    private let flawedShare: Double

    init(configuration: RunConfiguration, source: ProblemSource, tokenizer: Tokenizer) throws {
        self.tokenizer = tokenizer
        self.source = source
        longestSource = configuration.data.maximumSourceLength
        longestTarget = configuration.rollout.maximumTargetLength
        seed = configuration.run.seed
        flawedShare = configuration.sft.flawedShare
        builtin = try builtinProblems(
            data: configuration.data,
            seed: RandomKey(seed: seed, path: RandomPurpose.supervised).low
        )
        if configuration.sft.mixEvery > 0 { try source.requireReferences() }
    }

    func encode(_ problem: Problem, _ program: String) -> SupervisedExample {
        SupervisedExample(
            source: tokenizer.encodePrompt(of: problem, maximumLength: longestSource),
            target: tokenizer.encodeTarget(program, maximumLength: longestTarget)
        )
    }

    /// The example at `index` of the sequence.
    func example(_ index: Int) -> SupervisedExample {
        guard let builtin else {
            var position = index
            while source.problem(at: position).reference.isEmpty { position += 1 }
            let problem = source.problem(at: position)
            return encode(problem, problem.target)
        }
        let problem = builtin.problem(.train, index: index)
        let key = RandomKey(seed: seed, path: RandomPurpose.supervised, UInt64(index))
        let isFlawed = key.uniform(counter: 0) < flawedShare
        let flaw = isFlawed ? builtin.habitualFlaw(.train, index: index) : nil
        return encode(problem, flaw ?? problem.reference)
    }

    /// The examples of the supervised step after iteration `step`; none where it has none.
    func examples(between step: Int, _ configuration: RunConfiguration) -> [SupervisedExample] {
        let every = configuration.sft.mixEvery
        guard every > 0, (step + 1).isMultiple(of: every) else { return [] }
        let size = configuration.sft.batchSize
        return (0..<size).map { example((step / every) * size + $0) }
    }
}

/// Keeps the weights with the least held-out loss, and says when it has not fallen for long enough.
struct EarlyStopping {
    /// Measurements without a better one after which to end; 0 keeps nothing and never ends.
    let patience: Int
    private var best = Double.infinity
    private var weights: T5Parameters?
    private var worse = 0

    init(patience: Int) { self.patience = patience }

    /// Takes in a measurement.
    mutating func ends(after loss: Double, weights current: T5Parameters) -> Bool {
        guard patience > 0 else { return false }
        if loss < best {
            best = loss
            weights = current.copy()
            worse = 0
        } else {
            worse += 1
        }
        return worse >= patience
    }

    /// Puts the best weights back, if any were kept.
    func restoreBest(to parameters: T5Parameters) {
        guard let weights else { return }
        for i in 0..<parameters.buffer.count { unsafe parameters.buffer.base[i] = weights.buffer.base[i] }
    }
}
