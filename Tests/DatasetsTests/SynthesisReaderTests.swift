import Datasets
import Foundation
import Programs
import Testing

@Suite struct SynthesisReaderTests {
    @Test(.enabled(if: hasShared("apps_sample/train"))) func appsFoldersHaveThePublishedPrompt() throws {
        let set = try APPSReader(path: sharedData + "/apps_sample").problems(.train)
        #expect(set.problems.map(\.id) == ["apps/0001", "apps/0111", "apps/2404"])
        let stdin = try #require(set.problems.first)
        #expect(stdin.prompt.hasPrefix("\nQUESTION:\n"))
        #expect(stdin.prompt.hasSuffix("\n\nUse Standard Input format\n\nANSWER:\n"))
        #expect(stdin.difficulty == "interview")
        #expect(stdin.tests == [.stdio(stdin: "3\n2 2 3\n4 3 7\n10 1 9\n", stdout: "1\n6\n-1\n")])
        #expect(stdin.reference.hasPrefix(stdin.preamble) && !stdin.preamble.isEmpty)
        let call = try #require(set.problems.last)
        #expect(call.prompt.contains("class Solution:\n    def findKthPositive"))
        #expect(call.prompt.hasSuffix("\n\nUse Call-Based format\n\nANSWER:\n"))
        #expect(call.difficulty == "introductory")
        guard case .assert(let code) = try #require(call.tests.first) else {
            Issue.record("another kind of test")
            return
        }
        #expect(code.contains("_function([2, 3, 4, 7, 11], 5)") && code.contains("_expected = 9"))
    }

    @Test func appsRowsAreReadAndOnesWithoutTestsAreCounted() throws {
        let tests = #"{\"inputs\": [\"1\\n\", [\"2\", \"3\"]], \"outputs\": [\"1\", [\"2\", \"3\"]]}"#
        let rows = [
            #"{"problem_id": 7, "question": "Q", "solutions": "[\"return 1\", \"print(1)\"]", "input_output": "\#(tests)", "#
                + #""difficulty": "competition", "starter_code": ""}"#,
            #"{"problem_id": 8, "question": "Q", "solutions": "", "input_output": "", "difficulty": "interview"}"#,
        ]
        try withFolder(["test.jsonl": rows.joined(separator: "\r\n")]) { folder in
            let set = try APPSReader(path: folder).problems(.test)
            #expect(set.problems.map(\.id) == ["apps/7"])
            #expect(set.problems.first?.target == "return 1")
            #expect(set.problems.first?.comparison == .apps)
            #expect(
                set.problems.first?.tests == [.stdio(stdin: "1\n", stdout: "1"), .stdio(stdin: "2\n3", stdout: "2\n3")]
            )
            #expect(set.reading.filtered == ["apps: no tests": 1])
        }
    }

    @Test func appsNamesTheFieldThatCannotBeUsed() throws {
        let row = #"{"problem_id": 7, "question": "Q", "input_output": {"inputs": ["1"], "outputs": []}}"#
        try withFolder(["test.jsonl": row]) { folder in
            let message = complaint { try APPSReader(path: folder).problems(.test) }
            #expect(message.hasSuffix("test.jsonl:1: field \"outputs\": expected as many as inputs (1), found 0"))
        }
    }

    @Test(.enabled(if: hasShared("code_contests_sample"))) func contestsHaveTheirTestsAndDifficulties() throws {
        let set = try ContestReader(path: sharedData + "/code_contests_sample").problems()
        #expect(set.problems.count == 10)
        #expect(set.problems.allSatisfy { $0.tests.count >= 35 && !$0.difficulty.isEmpty && $0.reference.isEmpty })
    }

    @Test func contestRowsOfTheOriginGiveTheSolutionInTheWantedLanguage() throws {
        let row = """
            {"name": "a", "description": "D", "difficulty": 2, "public_tests": {"input": ["1"], "output": ["2"]}, \
            "private_tests": {"input": [], "output": []}, "generated_tests": {"input": ["3"], "output": ["4"]}, \
            "solutions": {"language": [1, 2, 3], "solution": ["old", "cpp", "new"]}}
            """
        try withFolder(["x.jsonl": row]) { folder in
            let python = try #require(try ContestReader(path: folder + "/x.jsonl").problems().problems.first)
            #expect(python.reference == "new" && python.difficulty == "2")
            #expect(python.tests == [.stdio(stdin: "1", stdout: "2"), .stdio(stdin: "3", stdout: "4")])
            let cpp = try ContestReader(path: folder + "/x.jsonl", language: .cpp).problems().problems.first
            #expect(cpp?.reference == "cpp" && cpp?.language == .cpp)
        }
    }

    @Test(.enabled(if: hasShared("mbxp"))) func mbxpIsReadInEveryLanguageThatCanBeJudged() throws {
        let reader = MultiLanguageReader(name: "mbxp", path: sharedData + "/mbxp", hasMBPPSplit: true)
        let set = try reader.problems()
        let counts = Dictionary(grouping: set.problems, by: \.language).mapValues(\.count)
        #expect(
            counts == [
                .cpp: 641, .csharp: 719, .go: 698, .java: 717, .javascript: 717, .php: 717, .python: 724, .ruby: 717,
            ]
        )
        #expect(set.reading.filtered["files in kotlin, which cannot be judged here"] == 1)
        #expect(set.reading.filtered["files in typescript, which cannot be judged here"] == 1)
        let python = try #require(set.problems.first { $0.language == .python })
        #expect(python.preamble == python.prompt && python.reference == python.preamble + python.target)
        let test = try reader.problems(.test).problems
        #expect(test.allSatisfy { (11...510).contains(Int($0.id.split(separator: "/").last ?? "") ?? 0) })
        #expect(!test.isEmpty && test.count < set.problems.count)
    }

    @Test(.enabled(if: hasShared("mbxp"))) func mbxpPairsTranslateTheSourcesSolution() throws {
        let reader = MultiLanguageReader(
            name: "mbxp",
            path: sharedData + "/mbxp",
            language: .cpp,
            source: .java,
            hasMBPPSplit: true
        )
        let problem = try #require(try reader.problems(.test, limit: 1).problems.first)
        #expect(problem.id.hasPrefix("mbxp/java-cpp/"))
        #expect(problem.prompt.hasPrefix("import java") && problem.prompt.hasSuffix(problem.preamble))
        #expect(problem.language == .cpp && problem.tests.count == 1)
        #expect(problem.promptLeadsIntoCompletion)
    }

    @Test func humanEvalXTestsFailByThemselves() throws {
        let rows = [
            #"{"task_id": "JavaScript/0", "prompt": "const f = (x) => {\n", "canonical_solution": "  return x; }\n", "#
                + #""test": "console.assert(f(1) === 1)", "declaration": ""}"#
        ]
        try withFolder(["humaneval_js.jsonl": rows.joined(separator: "\n")]) { folder in
            let set = try MultiLanguageReader(name: "humanevalx", path: folder).problems()
            guard case .program(let code) = try #require(set.problems.first?.tests.first) else {
                Issue.record("another kind of test")
                return
            }
            #expect(code.hasPrefix("console.assert = (holds"))
            #expect(set.problems.first?.language == .javascript)
        }
    }

    /// Tokens of one character each.
    private static let characters = CompletionTokens(
        encode: { $0.utf8.map { Int32($0) } },
        bytes: { $0.map { UInt8($0) } }
    )

    @Test func completionMasksTheLastTokensAndLeavesShortFunctionsOut() throws {
        let rows = [
            #"{"code": "def f(x):\n    return x + 1\n", "language": "python"}"#,
            #"{"code": "def f(): 0\n"}"#, #"{"code": "def f(x):\n    return x + 2\n", "compiles": false}"#,
            #"{"code": "def f(x):\n    return 'äöü'\n", "id": "u"}"#,
        ]
        try withFolder(["python_train_0.jsonl": rows.joined(separator: "\n"), "valid.jsonl": rows[0]]) { folder in
            let reader = CompletionReader(path: folder, tokens: Self.characters, maskedTokens: 5, minimumTokens: 20)
            let set = try reader.problems(.train)
            #expect(set.problems.count == 2)
            let first = try #require(set.problems.first)
            #expect(first.target == " + 1\n")
            #expect(first.prompt == "def f(x):\n    return x" && first.preamble == first.prompt)
            // Five bytes from the end is the middle of a letter: the cut moves before it.
            #expect(set.problems.last?.target == "öü'\n")
            #expect(
                set.reading.filtered == ["completion: fewer than 20 tokens": 1, "completion: does not compile": 1]
            )
            let validation = try reader.problems(.validation).problems
            #expect(validation.count == 1)
            #expect(throws: DatasetError.self) { try reader.problems(.test) }
        }
    }

    @Test(.enabled(if: hasShared("csn_python_sample"))) func codeSearchNetRowsAreFunctionsWithTheirMargins() throws {
        let reader = CompletionReader(path: sharedData + "/csn_python_sample", tokens: Self.characters)
        for split in Split.allCases {
            let set = try reader.problems(split)
            #expect(set.problems.count == 3)
            #expect(set.problems.allSatisfy { $0.target.utf8.count >= 25 && $0.reference.contains("\n    ") })
        }
    }

    @Test func functionsAreCutOutOfAPythonFile() {
        let source = """
            import os

            @decorated
            def first(a,
                      b):
                '''Text
            that goes to the margin
                '''
                def inner():
                    return 1
                return inner

            class C:
                def method(self):
                    return "def no():"

                async def other(
                    self,
                ):
                    pass
            x = 1
            """
        let functions = PythonFunctions.functions(in: source)
        #expect(functions.map(\.name) == ["first", "method", "other"])
        #expect(functions[0].code.hasSuffix("    return inner\n") && functions[0].code.contains("\nthat goes"))
        #expect(functions[1].code == "def method(self):\n    return \"def no():\"\n")
        #expect(functions[2].code == "async def other(\n    self,\n):\n    pass\n")
        #expect(functions.map(\.line) == [4, 14, 17])
    }
}
