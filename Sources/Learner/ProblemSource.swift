package import Datasets
internal import Determinism
internal import Foundation
package import Programs

/// The problems of a run: which one belongs to which iteration is a pure function of the seed.
package struct ProblemSource: Sendable {
    private enum Training: Sendable {
        case builtin(BuiltinProblems)
        case finite(@Sendable (Int) -> Problem, ProblemOrder, count: Int)
    }

    private let training: Training
    private let curriculum: PrefixCurriculum
    private let promptsPerStep: Int
    private let task: String
    /// The problems the policy is judged on, in order.
    package let evaluation: [Problem]
    /// What was left out of the data set, for people; bad rows are left out only when they may be.
    package let notices: [String]

    /// JSON lines above this size stay in their file, bytes.
    private static let largeFile = 64 << 20

    /// - Throws: `DatasetError` when the data cannot be read, ``ConfigurationError`` when it has no problems.
    package init(configuration: RunConfiguration) throws {
        let data = configuration.data
        curriculum = PrefixCurriculum(share: data.prefixShare, steps: data.prefixSteps)
        promptsPerStep = configuration.rollout.promptsPerStep
        task = data.task
        let test = try Self.evaluationSet(configuration)
        evaluation = test.problems
        if let builtin = try builtinProblems(data: data, seed: configuration.run.seed) {
            training = .builtin(builtin)
            notices = []
            return
        }
        let train = try Self.trainingSet(configuration)
        training = train.training
        notices = train.reading.notices + (data.trainSplit == data.evaluationSplit ? [] : test.reading.notices)
    }

    /// The problems that a policy is judged on, in order; the training split is not read.
    package static func evaluationSet(_ configuration: RunConfiguration) throws -> ProblemSet {
        let data = configuration.data
        var set: ProblemSet
        if let builtin = try builtinProblems(data: data, seed: configuration.run.seed) {
            let count = data.evaluationProblems == 0 ? 300 : data.evaluationProblems
            set = ProblemSet(name: data.task, problems: builtin.problems(.test, count: count))
        } else {
            let (split, limit) = (data.evaluationSplit, data.evaluationProblems)
            set = try read(configuration, split: split, key: "data.evaluation_split", limit: limit)
        }
        set.problems = set.problems.map { limited($0, configuration) }
        return set
    }

    private static func trainingSet(
        _ configuration: RunConfiguration
    ) throws -> (training: Training, reading: DatasetReading) {
        let data = configuration.data
        let split = try self.split(data.trainSplit, key: "data.train_split")
        if data.trainProblems == 0,
            let reader = try problemReader(data: data, modelPath: configuration.model.path, split: split)
                as? JSONLinesReader,
            isLarge(reader.file)
        {
            let stored = try IndexedProblems(reader)
            let order = try order(configuration, lengths: stored.lengths.map(Int.init)) {
                stored.difficulties.map { $0 == 255 ? "" : stored.difficultyNames[Int($0)] }
            }
            return (.finite({ limited(stored[$0], configuration) }, order, count: stored.count), stored.reading)
        }
        let set = try read(configuration, split: data.trainSplit, key: "data.train_split", limit: data.trainProblems)
        let problems = set.problems.map { limited($0, configuration) }
        let order = try order(configuration, lengths: problems.map(\.target.utf8.count)) { problems.map(\.difficulty) }
        return (.finite({ problems[$0] }, order, count: problems.count), set.reading)
    }

    private static func order(
        _ configuration: RunConfiguration,
        lengths: [Int],
        difficulties: () -> [String]
    ) throws(ConfigurationError) -> ProblemOrder {
        let data = configuration.data
        guard !lengths.isEmpty else {
            throw .outOfRange(
                key: "data.train_split",
                value: data.trainSplit,
                expected: "a split with problems; \(data.path) has none there"
            )
        }
        let kind = ProblemOrder.Kind(rawValue: data.order) ?? .shuffled
        var levels: [Int] = []
        switch kind {
        case .shuffled, .sequential: break
        case .length: levels = ProblemOrder.levels(lengths: lengths)
        case .difficulty:
            levels = difficulties().map(ProblemOrder.level)
            guard levels.contains(where: { $0 != .max }) else {
                throw .outOfRange(
                    key: "data.order",
                    value: data.order,
                    expected: "another order: no problem of \(data.path) has a known difficulty"
                )
            }
        }
        return ProblemOrder(count: lengths.count, seed: configuration.run.seed, kind: kind, levels: levels)
    }

    /// Problems in the training split; nil when they are made without end.
    package var trainingCount: Int? {
        switch training {
        case .builtin: nil
        case .finite(_, _, let count): count
        }
    }

    /// Prompts and reference programs of training problems, for a vocabulary.
    var corpus: [String] {
        switch training {
        case .builtin(let builtin): builtin.corpus(count: Self.corpusSize)
        case .finite(let problem, _, let count):
            (0..<min(count, 10 * Self.corpusSize)).map { index in
                let problem = problem(index)
                return problem.promptLeadsIntoCompletion
                    ? problem.prompt + problem.target : problem.prompt + "\n" + problem.target
            }
        }
    }

    private static let corpusSize = 3000

    /// - Throws: ``ConfigurationError`` when there is no reference program to learn from by teacher forcing.
    package func requireReferences() throws(ConfigurationError) {
        guard case .finite(let problem, _, let count) = training else { return }
        guard (0..<count).contains(where: { !problem($0).reference.isEmpty }) else {
            throw .outOfRange(key: "data.task", value: task, expected: "data with reference programs to learn from")
        }
    }

    /// The languages of the first `count` training problems, or of all when there are fewer; of one when they are made
    /// without end, because those are all alike.
    package func trainingLanguages(upTo count: Int) -> Set<Language> {
        Set((0..<min(count, trainingCount ?? 1)).map { problem(at: $0).language })
    }

    /// The problem at `position` of the endless training sequence, as the data set has it.
    package func problem(at position: Int) -> Problem {
        switch training {
        case .builtin(let builtin): builtin.problem(.train, index: position)
        case .finite(let problem, let order, _): problem(order.index(at: position))
        }
    }

    /// Problem `prompt` of iteration `step`, as the curriculum sets it.
    package func problem(step: Int, prompt: Int) -> Problem {
        curriculum.problem(problem(at: step * promptsPerStep + prompt), at: step)
    }

    /// The problem that takes the place of problem `prompt` of iteration `step` in refill `round`, counted from 1.
    ///
    /// From a stretch of the endless sequence that no iteration reaches, so that it depends on nothing that happened.
    package func refill(step: Int, round: Int, prompt: Int) -> Problem {
        curriculum.problem(problem(at: (round << Self.refillStretch) + step * promptsPerStep + prompt), at: step)
    }

    private static let refillStretch = 40

    private static func isLarge(_ file: String) -> Bool {
        guard !file.hasSuffix(".gz"), let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
        else { return false }
        return size > largeFile
    }

    private static func split(_ name: String, key: String) throws(ConfigurationError) -> Split {
        guard let split = Split(rawValue: name) else {
            throw ConfigurationError.outOfRange(key: key, value: name, expected: "train, validation or test")
        }
        return split
    }

    private static func read(
        _ configuration: RunConfiguration,
        split name: String,
        key: String,
        limit: Int
    ) throws -> ProblemSet {
        let split = try split(name, key: key)
        let reader = try problemReader(data: configuration.data, modelPath: configuration.model.path, split: split)
        return try reader.problems(split, limit: limit)
    }
}
