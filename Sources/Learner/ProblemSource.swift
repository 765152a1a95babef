internal import Datasets
internal import Determinism
internal import Foundation
package import Programs

/// The problems of a run: which one belongs to which iteration is a pure function of the seed.
package struct ProblemSource: Sendable {
    private enum Training: Sendable {
        case builtin(BuiltinProblems)
        case finite([Problem], seed: UInt64)
    }

    private let training: Training
    /// The problems the policy is judged on, in order.
    package let evaluation: [Problem]
    /// Rows of the data set that could not be read, with the reason; empty unless they may be skipped.
    package let skipped: [String]

    /// - Throws: `DatasetError` when the data cannot be read, ``ConfigurationError`` when it has no problems.
    package init(configuration: RunConfiguration) throws {
        let data = configuration.data
        if data.task == "builtin" {
            let problems = BuiltinProblems(seed: configuration.run.seed)
            training = .builtin(problems)
            let count = data.evaluationProblems == 0 ? 300 : data.evaluationProblems
            evaluation = problems.problems(.test, count: count).map { Self.limited($0, configuration) }
            skipped = []
            return
        }
        let train = try Self.read(data, split: data.trainSplit, key: "data.train_split")
        let test = try Self.read(data, split: data.evaluationSplit, key: "data.evaluation_split")
        let trainProblems = Self.prefix(train.problems, data.trainProblems).map { Self.limited($0, configuration) }
        guard !trainProblems.isEmpty else {
            throw ConfigurationError.outOfRange(
                key: "data.train_split",
                value: data.trainSplit,
                expected: "a split with problems; \(data.path) has none there"
            )
        }
        training = .finite(trainProblems, seed: configuration.run.seed)
        evaluation = Self.prefix(test.problems, data.evaluationProblems).map { Self.limited($0, configuration) }
        skipped = (train.skipped + test.skipped).map { "\($0)" }
    }

    /// Problems in the training split; nil when they are made without end.
    package var trainingCount: Int? {
        switch training {
        case .builtin: nil
        case .finite(let problems, _): problems.count
        }
    }

    /// The problem at `position` of the endless training sequence: every pass over a finite set is a new permutation.
    package func problem(at position: Int) -> Problem {
        switch training {
        case .builtin(let builtin): return builtin.problem(.train, index: position)
        case .finite(let problems, let seed):
            let pass = position / problems.count
            var generator = RandomKey(seed: seed, path: RandomPurpose.order, UInt64(pass)).generator()
            let order = generator.shuffled(Array(problems.indices))
            return problems[order[position % problems.count]]
        }
    }

    private static func prefix(_ problems: [Problem], _ count: Int) -> [Problem] {
        count == 0 ? problems : Array(problems.prefix(count))
    }

    private static func limited(_ problem: Problem, _ configuration: RunConfiguration) -> Problem {
        var problem = problem
        problem.limits.cpuSeconds = min(problem.limits.cpuSeconds, configuration.sandbox.cpuSeconds)
        problem.limits.memoryBytes = max(configuration.sandbox.memoryBytes, problem.language == .java ? 1 << 30 : 0)
        return problem
    }

    private static func read(_ data: DataSection, split name: String, key: String) throws -> ProblemSet {
        guard let split = Split(rawValue: name) else {
            throw ConfigurationError.outOfRange(key: key, value: name, expected: "train, validation or test")
        }
        return try readProblems(data: data, split: split)
    }
}
