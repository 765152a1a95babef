import CodeAnalysis
import Foundation
import Programs
import Testing

/// Programs that nobody writes and a policy will.
struct LimitTests {
    private let analyzer: CodeAnalyzer

    init() throws { analyzer = try CodeAnalyzer() }

    @Test(arguments: ["", " \n\t ", "\n\n"])
    func nothingScoresNothing(code: String) {
        let match = analyzer.compare(candidate: code, reference: "x = 1\n", language: .python)
        #expect(match == .zero)
        #expect(match.codeBLEU == 0)
        #expect(!analyzer.parses(code, language: .python))
    }

    @Test(arguments: [
        (Language.python, "# x = 1\n"), (.python, "\"\"\"x = 1\"\"\"\n"), (.java, "/* class A {} */ // b"),
        (.cpp, "// int main() {}"),
    ])
    func aCommentScoresNothing(language: Language, code: String) {
        #expect(analyzer.compare(candidate: code, reference: "x = 1;\n", language: language) == .zero)
        #expect(analyzer.isBlank(code, language: language))
    }

    @Test(arguments: [Language.python, .java, .cpp])
    func sixteenThousandNestedBracketsNeedNoStack(language: Language) {
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}")] {
            let depth = 16_000
            let deep = "x = " + String(repeating: open, count: depth) + String(repeating: close, count: depth) + ";\n"
            #expect(analyzer.parse(deep, language: language) != nil)
            #expect(analyzer.compare(candidate: deep, reference: "x = (1);\n", language: language).codeBLEU < 1)
            #expect(!analyzer.parses(String(repeating: open, count: depth), language: language))
        }
    }

    @Test(arguments: [Language.python, .java, .cpp])
    func aHundredThousandBracketsNeverReachTheParser(language: Language) {
        // tree-sitter 0.20.7 corrupts memory on a node of 65,536 children.
        for bracket in ["(", "[", "{"] {
            let deep = String(repeating: bracket, count: 100_000)
            #expect(analyzer.parse(deep, language: language) == nil)
            #expect(analyzer.compare(candidate: deep, reference: "x = (1);\n", language: language) == .zero)
        }
    }

    @Test func asManyTokensAsTheLimitAllowsAreParsed() {
        for text in ["(", "x\n", "\n ", ";", ":\n"] {
            let code = String(
                String(repeating: text, count: ParsedProgram.maximumBytes).prefix(ParsedProgram.maximumBytes)
            )
            for language in Language.allCases { #expect(analyzer.parse(code, language: language) != nil) }
        }
    }

    @Test func loopsInLoopsDoNotDoubleTheWorkEachTime() {
        let depth = 60
        var code = ""
        for level in 0..<depth { code += String(repeating: " ", count: level) + "while x\(level):\n" }
        code += String(repeating: " ", count: depth) + "y = x0\n"
        // Two passes over each level would be 2⁶⁰ visits.
        let match = analyzer.compare(candidate: code, reference: code, language: .python)
        #expect(match.dataFlowMatch == 1)
    }

    @Test func aProgramOverTheLimitIsNotParsed() {
        let long = String(repeating: "x = 1\n", count: ParsedProgram.maximumBytes / 6 + 1)
        #expect(analyzer.parse(long, language: .python) == nil)
        #expect(!analyzer.parses(long, language: .python))
        #expect(analyzer.compare(candidate: long, reference: "x = 1\n", language: .python) == .zero)
    }

    @Test func aReferenceWithoutDataFlowHasNoDataFlowMatch() {
        let match = analyzer.compare(candidate: "pass\n", reference: "pass\n", language: .python)
        #expect(match.dataFlowMatch == nil)
        #expect(match.codeBLEU > 0)
    }

    @Test(arguments: [
        (Language.python, "def f(x):\n    return x\n"), (.c, "int main(void) { return 0; }"),
        (.cpp, "int main() { return 0; }"), (.java, "class A { }"), (.csharp, "class A { }"),
        (.php, "<?php echo 1;"), (.javascript, "let x = 1;"), (.go, "package main\nfunc main() {}\n"),
        (.ruby, "puts 1\n"),
    ])
    func allLanguagesParse(language: Language, code: String) {
        #expect(analyzer.parses(code, language: language))
        #expect(!analyzer.parses(code + "\n}{ (", language: language))
    }

    @Test func aMissingLibraryIsNamedWithTheWayOut() {
        let error = #expect(throws: CodeAnalysisError.self) { try CodeAnalyzer(grammarsAt: "/nowhere/at/all") }
        let message = error.map { "\($0)" } ?? ""
        #expect(message.contains("/nowhere/at/all/languages.so"))
        #expect(message.contains("./setup"))
    }

    @Test func aFileThatIsNoLibraryIsRefusedByName() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("languages.so")
        try Data("not a library".utf8).write(to: file)
        let error = #expect(throws: CodeAnalysisError.self) { try CodeAnalyzer(grammarsAt: folder.path) }
        #expect(error.map { "\($0)".contains(file.path) } == true)
    }
}
