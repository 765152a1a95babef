import Datasets
import Foundation
import Programs
import Testing

/// Data sets beside the project; tests over them are skipped where they are missing.
let sharedData = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/data")
    .standardizedFileURL.path()

func hasShared(_ path: String) -> Bool { FileManager.default.fileExists(atPath: sharedData + "/" + path) }

/// A folder that lives as long as `body` runs.
func withFolder<Result>(_ files: [String: String], _ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "datasets-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
    return try body(folder.path())
}

/// What `body` throws, as people read it.
func complaint(_ body: () throws -> some Any) -> String {
    do {
        _ = try body()
        return "nothing was thrown"
    } catch {
        return "\(error)"
    }
}

@Suite struct ReaderTests {
    @Test(.enabled(if: hasShared("mbpp/mbpp.jsonl"))) func mbppHasItsRowsAndItsSplit() throws {
        let reader = MBPPReader(file: sharedData + "/mbpp/mbpp.jsonl")
        let all = try reader.problems()
        #expect(all.problems.count == 724)
        #expect(all.skipped.isEmpty)
        let parts = try Split.allCases.map { try reader.problems($0).problems }
        #expect(parts.allSatisfy { !$0.isEmpty })
        #expect(parts.map(\.count).reduce(0, +) <= 724)
        #expect(!all.problems.contains { $0.reference.contains("\r") })
        let first = try #require(all.problems.first)
        #expect(first.prompt.contains("\nYour code should satisfy these tests:\nassert "))
        #expect(first.tests.count == 3)
        let sanitized = try MBPPReader(file: sharedData + "/mbpp/sanitized-mbpp.json").problems()
        #expect(sanitized.problems.count == 298)
    }

    @Test func mbppPutsSetUpBeforeEachAssertion() throws {
        let row = """
            {"task_id": 11, "text": "Do it.", "code": "def f():\\r\\n\\treturn 1\\r\\n", "test_list": ["assert f() == 1"], \
            "test_setup_code": "x = 1", "challenge_test_list": ["assert f() != 2"]}
            """
        try withFolder(["m.jsonl": row + "\n"]) { folder in
            var reader = MBPPReader(file: folder + "/m.jsonl")
            let problem = try #require(try reader.problems(.test).problems.first)
            #expect(problem.id == "mbpp/11")
            #expect(problem.prompt == "Do it.\nYour code should satisfy these tests:\nassert f() == 1")
            #expect(problem.tests == [.assert(code: "x = 1\nassert f() == 1")])
            #expect(problem.reference == "def f():\n\treturn 1\n")
            reader.usesChallengeTests = true
            #expect(try reader.problems(.test).problems.first?.tests.count == 2)
            #expect(try reader.problems(.train).problems.isEmpty)
        }
    }

    @Test(.enabled(if: hasShared("humaneval/HumanEval.jsonl.gz"))) func humanEvalIsReadPacked() throws {
        let set = try HumanEvalReader(file: sharedData + "/humaneval/HumanEval.jsonl.gz").problems()
        #expect(set.problems.count == 164)
        let first = try #require(set.problems.first)
        #expect(first.id == "HumanEval/0")
        #expect(first.reference.hasPrefix(first.prompt))
        #expect(first.tests.count == 1)
        guard case .program(let code) = try #require(first.tests.first) else {
            Issue.record("another kind of test")
            return
        }
        #expect(code.hasSuffix("\ncheck(has_close_elements)\n"))
    }

    @Test(.enabled(if: hasShared("humaneval/HumanEval.jsonl.gz"))) func aDamagedPackedFileIsRefused() throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: sharedData + "/humaneval/HumanEval.jsonl.gz")))
        bytes[bytes.count - 6] ^= 1
        try withFolder([:]) { folder in
            let file = folder + "/x.gz"
            try Data(bytes).write(to: URL(filePath: file))
            #expect(throws: DatasetError.self) { try HumanEvalReader(file: file).problems() }
            try Data(bytes.prefix(2000)).write(to: URL(filePath: file))
            #expect(throws: DatasetError.self) { try HumanEvalReader(file: file).problems() }
        }
    }

    @Test(.enabled(if: hasShared("xlcost/Java-C++"))) func xlcostIsReadInBothDirections() throws {
        let folder = sharedData + "/xlcost/Java-C++"
        let reader = XLCoSTReader(dataPath: folder, source: .java, target: .cpp)
        #expect(reader.availableSplits == [.validation])
        let set = try reader.problems(.validation)
        #expect(set.problems.count == 792)
        let back = try XLCoSTReader(dataPath: sharedData + "/xlcost", source: .cpp, target: .java).problems(.validation)
        #expect(back.problems.map(\.reference) == set.problems.map(\.prompt))
        #expect(
            !set.problems.contains { problem in
                ["NEW_LINE", "STRNEWLINE", "TABSYMBOL", "▁"].contains {
                    (problem.prompt + problem.reference).contains($0)
                }
            }
        )
        #expect(throws: DatasetError.self) { try reader.problems(.train) }
    }

    @Test func xlcostFindsEitherOrderAndNamesWhatItTried() throws {
        let files = ["train-C++-Java-tok.java": "int a ;\n", "train-C++-Java-tok.cpp": "int b ;\n"]
        try withFolder(files) { folder in
            let reader = XLCoSTReader(dataPath: folder, source: .java, target: .cpp)
            let problem = try #require(try reader.problems(.train).problems.first)
            #expect(problem.prompt == "int a;\n")
            #expect(problem.reference == "int b;\n")
            #expect(problem.language == .cpp)
            let error = #expect(throws: DatasetError.self) { try reader.problems(.test) }
            let text = "\(try #require(error))"
            #expect(text.contains("test-Java-C++-tok.java.txt"), "\(text)")
        }
        try withFolder(files.merging(["train-C++-Java-tok.cpp": "int b ;\nint c ;\n"]) { $1 }) { folder in
            let error = #expect(throws: DatasetError.self) {
                try XLCoSTReader(dataPath: folder, source: .java, target: .cpp).problems(.train)
            }
            let text = "\(try #require(error))"
            #expect(text.contains("2 lines"), "\(text)")
        }
    }

    @Test(arguments: [
        (#"{"id": "a", "prompt": "p", "language": "cobol"}"#, "\"language\"", "not \"cobol\""),
        (#"{"id": "a", "language": "c"}"#, "\"prompt\"", "\"source\""),
        (#"{"prompt": "p", "language": "c"}"#, "\"id\"", "missing"),
        (#"{"id": 7, "prompt": "p", "language": "c"}"#, "\"id\"", "String"),
        (
            #"{"id": "a", "prompt": "p", "language": "c", "tests": [{"kind": "magic"}]}"#, "\"tests[0].kind\"", "magic"
        ),
        (
            #"{"id": "a", "prompt": "p", "language": "c", "tests": [{"kind": "assert", "code": "x"}]}"#, "\"tests\"",
            "Python"
        ),
        (#"{"id": "good", "prompt": "p", "language": "c"}"#, "\"id\"", "line 1"),
        ("{", "\"row\"", "JSON"),
    ])
    func aBadRowIsNamedByFileLineAndField(row: String, field: String, reason: String) throws {
        let good =
            #"{"id": "good", "source": "p", "language": "C++", "tests": [{"kind": "stdio", "stdin": "", "stdout": "1"}]}"#
        try withFolder(["own.jsonl": good + "\n" + row + "\n"]) { folder in
            let file = folder + "/own.jsonl"
            let error = #expect(throws: DatasetError.self) { try JSONLinesReader(file: file).problems() }
            let text = "\(try #require(error))"
            #expect(text.hasPrefix("\(file):2: field \(field)"), "\(text)")
            #expect(text.contains(reason), "\(text)")
            let set = try JSONLinesReader(file: file, skipBadRows: true).problems()
            #expect(set.problems.map(\.id) == ["good"])
            #expect(set.problems.first?.tests == [.stdio(stdin: "", stdout: "1")])
            #expect(set.skipped.map(\.line) == [2])
        }
    }

    @Test func aMissingFileIsNamed() {
        #expect(throws: DatasetError.missingFile(tried: ["/nowhere/x.jsonl"])) {
            try JSONLinesReader(file: "/nowhere/x.jsonl").problems()
        }
    }

    @Test func generationsReadBackToTheSameText() throws {
        let programs = ["a\nb\n", "", "print(\"\\n\")\r\n", "\\", "\u{2028}é▁", "\\n"]
        try withFolder([:]) { folder in
            let files = GenerationFiles(directory: folder)
            try files.write(programs, epoch: 7, split: .test, author: .model)
            let path = files.path(epoch: 7, split: .test, author: .model)
            #expect(path == folder + "/generations/epoch-007/test.model.txt")
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.utf8.count { $0 == 10 } == programs.count, "one line each")
            #expect(try files.read(epoch: 7, split: .test, author: .model) == programs)
            #expect(throws: DatasetError.self) { try files.read(epoch: 8, split: .test, author: .model) }
        }
        #expect(GenerationFiles.escape("a\\n\n") == "a\\\\n\\n")
        #expect(GenerationFiles.unescape("a\\q") == nil)
        #expect(GenerationFiles.unescape("a\\") == nil)
    }
}
