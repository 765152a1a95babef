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

    @Test(arguments: Language.allCases)
    func fourteenThousandNestedBracketsNeedNoStack(language: Language) {
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}")] {
            let depth = 14_000
            // Outside its tags PHP is text, in which brackets are no error.
            let start = language == .php ? "<?php " : ""
            let deep =
                start + "x = " + String(repeating: open, count: depth) + String(repeating: close, count: depth) + ";\n"
            #expect(analyzer.parse(deep, language: language) != nil)
            #expect(analyzer.compare(candidate: deep, reference: "x = (1);\n", language: language).codeBLEU < 1)
            #expect(!analyzer.parses(start + String(repeating: open, count: depth), language: language))
        }
    }

    @Test(arguments: Language.allCases)
    func aHundredThousandBracketsNeverReachTheParser(language: Language) {
        // tree-sitter 0.20.7 corrupts memory on a node of 65,536 children.
        for (open, close) in [("(", ""), ("[", ""), ("{", ""), ("(", ")"), ("a<", "")] {
            let deep = String(repeating: open, count: 100_000) + String(repeating: close, count: 100_000)
            #expect(analyzer.parse(deep, language: language) == nil)
            #expect(analyzer.compare(candidate: deep, reference: "x = (1);\n", language: language) == .zero)
        }
    }

    @Test func typeArgumentsThatNeverEndAreRefusedInJavaOnly() {
        // The grammar takes memory in the square of their number.
        let code = String(repeating: "a<", count: ProgramSize.maximumJavaAngles + 1)
        #expect(analyzer.parse(code, language: .java) == nil)
        #expect(analyzer.parse(code, language: .csharp) != nil)
        #expect(analyzer.parse(String(code.dropLast(2)), language: .java) != nil)
    }

    @Test(arguments: ["(", "x\n", "\n ", ";", ":\n", "//\n", "#\n", "1a"])
    func asManyAtomsAsTheLimitAllowsAreParsed(text: String) {
        let each = ProgramSize(Array(text.utf8)).atoms
        let code = String(repeating: text, count: ProgramSize.maximumAtoms / each)
        for language in Language.allCases {
            #expect(analyzer.parse(code, language: language) != nil)
            #expect(analyzer.parse(code + ";;", language: language) == nil)
        }
    }

    @Test func anOrdinaryProgramOfAHundredThousandBytesIsParsed() {
        let function = """
            int compute_the_total_of(const int *values_of_the_row, int number_of_values) {
                int total_of_the_values = 0;
                for (int index_of_value = 0; index_of_value < number_of_values; index_of_value++) {
                    total_of_the_values += values_of_the_row[index_of_value];
                }
                return total_of_the_values;
            }

            """
        let code = String(repeating: function, count: 100_000 / function.utf8.count)
        #expect(analyzer.parses(code, language: .c))
        #expect(analyzer.compare(candidate: code, reference: code, language: .c).dataFlowMatch == 1)
    }

    @Test func aProgramIsMeasuredAsOnPaper() {
        // int, x, =, 10, <, y, ;, line break.
        let size = ProgramSize(Array("int x = 10 < y;\n".utf8))
        #expect(size.bytes == 16)
        #expect(size.atoms == 8)
        #expect(size.angles == 1)
        // A number that a word follows without a space is two atoms, an accented letter two bytes and so two.
        #expect(ProgramSize(Array("1else a_b é".utf8)).atoms == 5)
    }

    @Test(arguments: Language.allCases)
    func tenMegabytesAreRefusedBeforeTheyAreParsed(language: Language) {
        let long = String(repeating: "x = 1;\n", count: 1_500_000)
        #expect(analyzer.parse(long, language: language) == nil)
        #expect(analyzer.compare(candidate: long, reference: "x = 1;\n", language: language) == .zero)
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
        // The parser that has just met a broken program is used again.
        #expect(analyzer.parses(code, language: language))
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
