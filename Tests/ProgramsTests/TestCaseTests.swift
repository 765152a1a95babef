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
