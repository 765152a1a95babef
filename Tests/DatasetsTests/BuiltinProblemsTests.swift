import Datasets
import Determinism
import Foundation
import Programs
import Testing

@Suite struct BuiltinProblemsTests {
    let builtin = BuiltinProblems(seed: 11)

    @Test func thereAreManyFamiliesAndThousandsOfExercises() {
        #expect(BuiltinProblems.familyCount >= 64)
        #expect(BuiltinProblems.distinctCount > 100_000)
        let families = Set((0..<4000).map { BuiltinProblems.family(of: builtin.problem(.train, index: $0).id) })
        #expect(families.count == BuiltinProblems.familyCount, "every family is in the training split")
    }

    @Test func aProblemDependsOnSeedSplitAndIndexOnly() {
        let again = BuiltinProblems(seed: 11)
        for index in [0, 1, 77, 4_000_000] {
            #expect(builtin.problem(.train, index: index) == again.problem(.train, index: index))
        }
        #expect(builtin.problem(.train, index: 5) != builtin.problem(.test, index: 5))
        let other = BuiltinProblems(seed: 12)
        #expect(
            (0..<20).map { builtin.problem(.train, index: $0) } != (0..<20).map { other.problem(.train, index: $0) }
        )
    }

    @Test func splitsShareNoExerciseWhateverTheSeed() {
        let train = Set(
            (0..<3).flatMap { seed in
                BuiltinProblems(seed: seed).problems(.train, count: 1500).map { BuiltinProblems.exercise(of: $0.id) }
            }
        )
        let test = Set(builtin.problems(.test, count: 500).map { BuiltinProblems.exercise(of: $0.id) })
        let validation = Set(builtin.problems(.validation, count: 300).map { BuiltinProblems.exercise(of: $0.id) })
        #expect(train.count > 1500)
        #expect(train.isDisjoint(with: test))
        #expect(train.isDisjoint(with: validation))
        #expect(test.isDisjoint(with: validation))
    }

    @Test func heldOutProblemsDifferFromOneAnother() {
        let test = builtin.problems(.test, count: 600)
        #expect(test.count == 600)
        #expect(Set(test.map { BuiltinProblems.exercise(of: $0.id) }).count == 600)
        let train = builtin.problems(.train, count: 1000)
        #expect(Set(train.map(\.id)).count == 1000)
        #expect(Set(train.map(\.prompt)).count == 1000)
    }

    @Test func fourTenthsArePipelines() {
        let count = (0..<2000).count { index in
            let family = BuiltinProblems.family(of: builtin.problem(.train, index: index).id)
            return family.hasPrefix("list-") || family.hasPrefix("text-")
        }
        #expect((700...900).contains(count), "800 expected, standard deviation 22, found \(count)")
    }

    @Test func everyProblemHasItsShape() {
        for index in 0..<500 {
            let problem = builtin.problem(.train, index: index)
            let words = problem.prompt.split(separator: " ").count
            #expect((5...30).contains(words), "\(problem.prompt)")
            #expect((5...8).contains(problem.tests.count))
            #expect(problem.language == .python)
            #expect(problem.reference.hasPrefix("def "))
            #expect((2...8).contains(problem.reference.split(separator: "\n").count))
            var answers: Set<JSONValue> = []
            for test in problem.tests {
                guard case .call(let function, _, let expected) = test else {
                    Issue.record("\(problem.id) has another kind of test")
                    continue
                }
                #expect(problem.prompt.contains(function + "("))
                #expect(problem.reference.hasPrefix("def \(function)("))
                answers.insert(expected)
            }
            #expect(answers.count > 1, "\(problem.id): one constant would pass")
        }
    }

    @Test func aFlawedProgramIsAPureFunctionAndNotTheReference() {
        let key = RandomKey(seed: 3, path: 9)
        var changed = 0
        for index in 0..<300 {
            let flawed = builtin.flawedProgram(.train, index: index, key: key)
            #expect(flawed == builtin.flawedProgram(.train, index: index, key: key))
            if flawed != builtin.problem(.train, index: index).reference { changed += 1 }
        }
        #expect(changed >= 299)
    }

    /// Ground truth is Python: references pass their tests, flawed programs fail them.
    @Test func referencesPassUnderPythonAndFlawedProgramsFail() throws {
        let key = RandomKey(seed: 5, path: 1)
        let rows = (0..<400).map { index -> PythonRow in
            let split: Split = index.isMultiple(of: 2) ? .train : .test
            return PythonRow(
                problem: builtin.problem(split, index: index),
                flawed: builtin.flawedProgram(split, index: index, key: key)
            )
        }
        let counts = try runPython(Self.checker, input: JSONEncoder().encode(rows)).split(separator: " ")
        #expect(counts.count == 3)
        #expect(Int(counts[0]) == 400, "programs seen")
        #expect(Int(counts[1]) == 400, "references that pass")
        #expect((Int(counts[2]) ?? 400) < 24, "flawed programs that pass")
    }

    private struct PythonRow: Encodable {
        var problem: Problem
        var flawed: String
    }

    private static let checker = """
        import json, sys, signal, warnings
        warnings.simplefilter('ignore')
        def stop(*_): raise TimeoutError
        signal.signal(signal.SIGALRM, stop)
        def passes(program, tests):
            names = {}
            signal.setitimer(signal.ITIMER_REAL, 2)
            try:
                exec(compile(program, 'program', 'exec'), names)
                for t in tests:
                    got = json.loads(json.dumps(names[t['function']](*json.loads(json.dumps(t['arguments'])))))
                    if got != t['expected'] or type(got) != type(t['expected']): return False
                return True
            except BaseException:
                return False
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        rows = json.load(sys.stdin)
        good = sum(passes(r['problem']['reference'], r['problem']['tests']) for r in rows)
        flawed = sum(passes(r['flawed'], r['problem']['tests']) for r in rows)
        print(len(rows), good, flawed)
        """

    private func runPython(_ script: String, input: Data) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "builtin-\(UUID().uuidString).json")
        try input.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        process.standardInput = try FileHandle(forReadingFrom: file)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
