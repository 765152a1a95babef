import Foundation
import Learner
import Programs
import Testing

/// What `body` throws, as people read it.
private func complaint(_ body: () throws -> some Any) -> String {
    do {
        _ = try body()
        return "nothing was thrown"
    } catch {
        return "\(error)"
    }
}

/// Order and curriculum of training problems, over a file of JSON lines.
@Suite struct CurriculumTests {
    /// Forty problems; problem i has i + 1 lines to write and one of three difficulties.
    private static func withSource<Result>(
        _ changes: (inout DataSection) -> Void,
        _ body: (ProblemSource) throws -> Result
    ) throws -> Result {
        let file = FileManager.default.temporaryDirectory.appending(path: "curriculum-\(UUID().uuidString).jsonl")
        defer { try? FileManager.default.removeItem(at: file) }
        let names = ["interview", "introductory", "competition"]
        let rows = (0..<40).map { index in
            let reference = (0...index).map { "x\($0) = \($0)\\n" }.joined()
            return #"{"id":"\#(index)","prompt":"p\#(index)","language":"python","reference":"\#(reference)","#
                + #""difficulty":"\#(names[index % 3])"}"#
        }
        try Data(rows.joined(separator: "\n").utf8).write(to: file)
        var configuration = RunConfiguration()
        configuration.data.task = "jsonl"
        configuration.data.path = file.path
        configuration.rollout.promptsPerStep = 4
        changes(&configuration.data)
        try configuration.validate()
        return try body(try ProblemSource(configuration: configuration))
    }

    private static func pass(_ source: ProblemSource, _ number: Int) -> [Int] {
        (40 * number..<40 * (number + 1)).compactMap { Int(source.problem(at: $0).id) }
    }

    @Test func shuffledPassesArePermutationsThatDiffer() throws {
        try Self.withSource { _ in
        } _: { source in
            let (first, second) = (Self.pass(source, 0), Self.pass(source, 1))
            #expect(first.sorted() == Array(0..<40) && second.sorted() == Array(0..<40))
            #expect(first != second && first != Array(0..<40))
            // Asked for in another order, a position has the same problem.
            #expect(source.problem(at: 3).id == "\(first[3])")
        }
    }

    @Test func sequentialIsTheOrderOfTheFile() throws {
        try Self.withSource {
            $0.order = "sequential"
        } _: { source in
            #expect(Self.pass(source, 0) == Array(0..<40) && Self.pass(source, 7) == Array(0..<40))
        }
    }

    @Test func lengthGoesFromShortTenthsToLongOnes() throws {
        try Self.withSource {
            $0.order = "length"
        } _: { source in
            let order = Self.pass(source, 0)
            // Four problems a tenth; within one, the order is shuffled.
            #expect(order.map { $0 / 4 } == (0..<40).map { $0 / 4 })
            #expect(order != Array(0..<40) && order != Self.pass(source, 1))
        }
    }

    @Test func difficultyGoesFromIntroductoryToCompetition() throws {
        try Self.withSource {
            $0.order = "difficulty"
        } _: { source in
            let order = Self.pass(source, 0).map { [1, 0, 2][$0 % 3] }
            #expect(order == order.sorted())
        }
    }

    @Test func anUnknownOrderIsRefusedByName() {
        let message = complaint { try Self.withSource({ $0.order = "random" }, { _ in }) }
        #expect(message.contains("data.order") && message.contains("shuffled, sequential, length, difficulty"))
    }

    @Test func thePrefixShrinksWithTheIterationAndLeavesALine() throws {
        try Self.withSource {
            $0.order = "sequential"
            $0.prefixShare = 0.8
            $0.prefixSteps = 10
        } _: { source in
            // Iteration 2, prompt 1: problem 9 with ten lines; 0.8 · (1 − 2/10) = 0.64 of them, that is six.
            let problem = source.problem(step: 2, prompt: 1)
            let prefix = (0..<6).map { "x\($0) = \($0)\n" }.joined()
            #expect(problem.id == "9")
            #expect(problem.preamble == prefix && problem.prompt == "p9\n" + prefix)
            #expect(problem.target == (6...9).map { "x\($0) = \($0)\n" }.joined())
            #expect(problem.program(of: problem.target) == problem.reference)
            #expect(problem.promptLeadsIntoCompletion)
            // One line is always left; one alone cannot be given.
            #expect(source.problem(step: 0, prompt: 0).preamble.isEmpty)
            // From iteration 10 on nothing is given; what the policy is judged on never has a prefix.
            #expect(source.problem(step: 10, prompt: 0).preamble.isEmpty)
            #expect(source.evaluation.allSatisfy { $0.preamble.isEmpty })
            // A function of the iteration and the prompt alone.
            #expect(source.problem(step: 2, prompt: 1) == problem)
        }
    }
}
