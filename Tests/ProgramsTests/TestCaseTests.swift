import Foundation
import Programs
import Testing

struct TestCaseTests {
    @Test func everyKindSurvivesARoundTripThroughJSON() throws {
        let tests: [TestCase] = [
            .stdio(stdin: "1 2\n", stdout: "3\n"),
            .call(function: "f", arguments: [.integer(1), .number(1.5), .array([.null])], expected: .bool(true)),
            .assert(code: "assert f(1) == 2"),
            .program(code: "check(f)"),
        ]
        let data = try JSONEncoder().encode(tests)
        #expect(try JSONDecoder().decode([TestCase].self, from: data) == tests)
    }

    @Test func limitsThatAreNotNamedKeepTheirDefaults() throws {
        let limits = try JSONDecoder().decode(ExecutionLimits.self, from: Data(#"{"cpu_s": 1}"#.utf8))
        var expected = ExecutionLimits()
        expected.cpuSeconds = 1
        #expect(limits == expected)
    }

    @Test func languagesAreKnownByTheNamesTheOriginalUses() {
        #expect(Language(name: "C++") == .cpp)
        #expect(Language(name: "c#") == .csharp)
        #expect(Language(name: "cobol") == nil)
    }
}

struct VerdictTests {
    @Test func aVerdictWithoutDetailReadsAndWritesAsItAlwaysDid() throws {
        let text =
            #"{"compile_s":0,"cpu_s":0.5,"diagnostics":"","peak_memory_bytes":1,"tests_passed":1,"tests_total":1,"#
            + #""verdict":"accepted","wall_s":1}"#
        let verdict = try JSONDecoder().decode(Verdict.self, from: Data(text.utf8))
        #expect(verdict.tests.isEmpty && verdict.signal == nil && verdict.executedLines == nil)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(verdict), as: UTF8.self) == text)
    }

    @Test func theDetailOfAVerdictHasItsOwnMembers() throws {
        var verdict = Verdict(outcome: .compileError, testsTotal: 2)
        verdict.tests = [Verdict.TestReport(outcome: nil)]
        verdict.signal = 9
        verdict.errorLine = 3
        verdict.compileLimit = .time
        verdict.executedLines = [1, 2]
        verdict.walls = ["w"]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(verdict)
        let text = String(decoding: data, as: UTF8.self)
        for member in [
            #""compile_limit":"time""#, #""error_line":3"#, #""executed_lines":[1,2]"#, #""signal":9"#,
            #""tests":[{"cpu_s":0,"verdict":null}]"#, #""walls":["w"]"#,
        ] {
            #expect(text.contains(member), "\(text)")
        }
        #expect(try JSONDecoder().decode(Verdict.self, from: data) == verdict)
    }
}
