import Foundation
import Learner
import Programs
import Testing
import Tokenization
import Transformer

/// The built-in translations as the problems of a run.
@Suite struct BuiltinPairsTests {
    private static func configuration(_ changes: (inout DataSection) -> Void = { _ in }) -> RunConfiguration {
        var configuration = RunConfiguration()
        configuration.data.task = "builtin-pairs"
        configuration.data.evaluationProblems = 5
        changes(&configuration.data)
        return configuration
    }

    @Test(arguments: [
        ("builtin-pairs", "", "", "javascript", "python"), ("builtin-pairs", "python", "", "python", "javascript"),
        ("builtin-pairs", "", "py", "javascript", "py"), ("builtin-pairs", "", "js", "python", "js"),
        ("xlcost", "", "", "java", "cpp"), ("mbxp-pairs", "python", "", "python", "cpp"),
    ])
    func whatIsLeftOutOfAPairIsTheTasksOwn(task: String, l1: String, l2: String, from: String, to: String) {
        var data = RunConfiguration().data
        (data.task, data.l1, data.l2) = (task, l1, l2)
        #expect(data.pair.l1 == from && data.pair.l2 == to)
    }

    @Test func trainingAndEvaluationAreTheSynthesisProblemsWithOtherPrompts() throws {
        let pairs = try ProblemSource(configuration: Self.configuration())
        let back = try ProblemSource(configuration: Self.configuration { $0.l1 = "python" })
        var plain = Self.configuration()
        plain.data.task = "builtin"
        let synthesis = try ProblemSource(configuration: plain)
        #expect(pairs.trainingCount == nil && pairs.evaluation.count == 5)
        #expect(pairs.evaluation.map(\.reference) == synthesis.evaluation.map(\.reference))
        #expect(back.evaluation.map(\.prompt) == synthesis.evaluation.map(\.reference))
        #expect(pairs.problem(step: 3, prompt: 2).tests == synthesis.problem(step: 3, prompt: 2).tests)
        #expect(pairs.problem(step: 3, prompt: 2).id == "javascript-python/" + synthesis.problem(step: 3, prompt: 2).id)
        #expect(pairs.trainingLanguages(upTo: 100) == [.python] && back.trainingLanguages(upTo: 100) == [.javascript])
        plain.data.language = "js"
        let described = try ProblemSource(configuration: plain)
        #expect(described.evaluation.map(\.language) == Array(repeating: .javascript, count: 5))
    }

    @Test func languagesWithoutSolutionsAreRefusedByName() {
        func complaint(_ changes: (inout DataSection) -> Void) -> String {
            do {
                try Self.configuration(changes).validate()
                return "nothing was thrown"
            } catch {
                return "\(error)"
            }
        }
        #expect(complaint { $0.l2 = "python" } == "nothing was thrown")
        #expect(complaint { $0.l1 = "ruby" }.contains("data.l1 is ruby, expected one of python, javascript"))
        #expect(complaint { ($0.l1, $0.l2) = ("js", "javascript") }.contains("another language than data.l1"))
        #expect(complaint { ($0.task, $0.language) = ("builtin", "c") }.contains("data.language is c"))
        #expect(complaint { $0.order = "length" }.contains("data.order"))
    }

    /// The lengths that `train --task builtin-pairs` gives room for, in tokens of the vocabulary it makes.
    @Test(arguments: [("javascript", "python"), ("python", "javascript")])
    func nothingIsCutInTheDefaultRun(from: String, to: String) throws {
        var configuration = RunConfiguration.builtinPairsRun
        (configuration.data.l1, configuration.data.l2) = (from, to)
        let source = try ProblemSource(configuration: configuration)
        let tokenizer = PolicyModel.fresh(configuration, source: source).tokenizer
        let problems = source.evaluation + (0..<700).map(source.problem(at:))
        let prompts = problems.map { tokenizer.encodePrompt(of: $0, maximumLength: 4096).count }
        let targets = problems.map { tokenizer.encodeTarget($0.target, maximumLength: 4096).count }
        #expect(prompts.max() ?? 0 <= configuration.data.maximumSourceLength, "\(prompts.max() ?? 0)")
        #expect(targets.max() ?? 0 <= configuration.rollout.maximumTargetLength, "\(targets.max() ?? 0)")
    }

    @Test func aRunOnTranslationsLearnsAndDoesNotDependOnItsWorkers() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = folder.appending(path: "model")
        func configuration(_ name: String, task: String = "builtin-pairs") -> RunConfiguration {
            let output = folder.appending(path: name)
            var configuration = InMemoryRun.configuration(staleness: 0, model: model, output: output)
            configuration.run.iterations = 2
            configuration.data.task = task
            return configuration
        }
        let start = configuration("start")
        try PolicyModel.fresh(start, source: ProblemSource(configuration: start)).save(to: model)
        let one = try await InMemoryRun.train(configuration("one"), workers: 1)
        #expect(try await InMemoryRun.train(configuration("two"), workers: 2) == one)
        #expect(try await InMemoryRun.train(configuration("synthesis", task: "builtin"), workers: 1) != one)
        #expect(try PolicyModel.load(from: model.path).parameters.digest() != one)
    }
}
