import Datasets
import Determinism
import Programs
import SandboxRunner
import Testing

/// The JavaScript of the built-in problems against their hidden tests, whose expected values come from Swift.
@Suite struct BuiltinJavaScriptTests {
    private static func outcomes(_ programs: [(problem: Problem, program: String)]) async throws -> [Verdict] {
        let pool = try await sharedPool()
        return await withTaskGroup(of: (Int, Verdict).self) { group in
            for (index, row) in programs.enumerated() {
                let job = job(row.program, row.problem.tests, language: .javascript) { $0 = row.problem.limits }
                group.addTask { (index, await pool.judge(job)) }
            }
            var verdicts = [Verdict?](repeating: nil, count: programs.count)
            for await (index, verdict) in group { verdicts[index] = verdict }
            return verdicts.compactMap(\.self)
        }
    }

    /// Forms of every family, each at most once, and 100 pipelines of each kind.
    private static func sample() -> [Problem] {
        let builtin = BuiltinProblems(seed: 21, from: .javascript)
        var (counts, problems) = ([String: Int](), [Problem]())
        for index in 0..<3000 {
            let split: Split = index.isMultiple(of: 3) ? .test : .train
            let problem = builtin.problem(split, index: index)
            let family = BuiltinProblems.family(of: problem.id)
            let isPipeline = ["list-2", "list-3", "text-2", "text-3"].contains(family)
            let variant = problem.id.split(separator: "#").last?.prefix(1) ?? ""
            let group = isPipeline ? family : "\(family) \(variant)"
            guard counts[group, default: 0] < (isPipeline ? 100 : 1) else { continue }
            counts[group, default: 0] += 1
            problems.append(problem)
        }
        return problems
    }

    @Test func severalFormsOfEveryFamilyAndHundredsOfPipelinesPass() async throws {
        let problems = Self.sample()
        let counts = Dictionary(grouping: problems) { BuiltinProblems.family(of: $0.id) }.mapValues(\.count)
        #expect(counts.count == BuiltinProblems.familyCount)
        // 822 forms of single functions and 400 pipelines.
        #expect(counts.values.min() ?? 0 >= 2 && problems.count > 1000, "\(problems.count) \(counts.values.min() ?? 0)")
        let verdicts = try await Self.outcomes(problems.map { ($0, $0.prompt) })
        #expect(verdicts.count == problems.count)
        for (problem, verdict) in zip(problems, verdicts) where verdict.outcome != .accepted {
            Issue.record("\(problem.id): \(verdict)\n\(problem.prompt)")
        }
    }

    @Test func referencesPassAndFlawedProgramsFail() async throws {
        let builtin = BuiltinProblems(seed: 22, from: .python, to: .javascript)
        let problems = (0..<300).map { builtin.problem(.train, index: $0) }
        let key = RandomKey(seed: 5, path: 1)
        let flawed = (0..<300).map { builtin.flawedProgram(.train, index: $0, key: key) }
        let good = try await Self.outcomes(problems.map { ($0, $0.reference) })
        #expect(good.count { $0.outcome == .accepted } == 300)
        let bad = try await Self.outcomes(Array(zip(problems, flawed)))
        #expect(bad.count == 300 && bad.allSatisfy { $0.outcome != .infrastructureFailure })
        let passed = zip(flawed, bad).filter { $1.outcome == .accepted }.map(\.0)
        #expect(passed.count < 24, "\(passed.joined(separator: "\n\n"))")
        #expect(bad.count { $0.outcome == .compileError } > 60)
    }
}
