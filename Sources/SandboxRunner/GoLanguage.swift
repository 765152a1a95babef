import Foundation
import Programs

/// Go, compiled and linked without the `go` command, which costs twice as much.
struct GoLanguage: CompiledLanguage {
    /// Where the harness's package is, in the slot; nil: calls cannot be judged.
    var harness: String?

    private static let root = "/usr/lib/go-1.19"
    static let tools = root + "/pkg/tool/linux_amd64"
    static let packages = root + "/pkg/linux_amd64"

    var flags: [String] { ["compile -complete -pack -c=1", "link -s -w", "GOGC=off"] }

    func whole(_ program: String, purpose: CompileUnit.Purpose) -> CompileUnit {
        CompileUnit(
            files: [SlotFile(name: "program.go", bytes: Array(program.utf8))],
            purpose: purpose,
            options: [Self.package(of: program) ?? "main"]
        )
    }

    func tested(_ program: String, by test: String, mark: String) -> CompileUnit? {
        let inTest = SourceText.hasFunction("main", in: test)
        guard inTest || SourceText.hasFunction("main", in: program) else { return nil }
        let name = "tests_\(mark)"
        let own = SourceText.renaming("main", to: inTest ? "program_\(mark)" : name, in: program)
        let (imports, body) = Self.takingImports(from: SourceText.renaming("main", to: name, in: test), after: program)
        let text = Self.inserting(imports, into: own) + "\n//line test.go:1\n" + body + "\n"
        return CompileUnit(
            files: [
                SlotFile(name: "entry.go", bytes: Array(GoHarness.test(mark).utf8)),
                SlotFile(name: "program.go", bytes: Array(text.utf8)),
            ],
            purpose: .test,
            options: ["main"]
        )
    }

    func called(_ program: String, functions: [String], mark: String) throws(CallRefusal) -> CompileUnit {
        guard harness != nil else { throw CallRefusal(reason: "the package that makes calls could not be compiled") }
        let names = Set(functions.map { String($0.split(separator: "/")[0]) }).sorted()
        for name in names where !NativeLanguage.isName(name) || !SourceText.hasFunction(name, in: program) {
            throw CallRefusal(reason: "no function \(name) is defined")
        }
        let own = SourceText.renaming("main", to: "program_\(mark)", in: program)
        return CompileUnit(
            files: [
                SlotFile(name: "entry.go", bytes: Array(GoHarness.calls(names, mark).utf8)),
                SlotFile(name: "program.go", bytes: Array(Self.inserting("", into: own).utf8)),
            ],
            purpose: .calls,
            options: ["main"]
        )
    }

    func assertion(_ expression: String) -> String {
        "func main() {\n\tif !(\(expression)) {\n\t\tpanic(\"\(NativeJudge.assertionMessage)\")\n\t}\n}\n"
    }

    func compilation(of unit: CompileUnit, limits: ExecutionLimits) -> CompileStep {
        let extra = harness.map { " -I \($0)" } ?? ""
        let sources = unit.files.map(\.name).joined(separator: " ")
        let compile =
            "\(Self.tools)/compile -p \(unit.options[0]) -complete -pack -c=1\(extra) -I \(Self.packages) -o program.a \(sources)"
        let search = harness.map { " -L \($0)" } ?? ""
        let link = "\(Self.tools)/link -s -w\(search) -L \(Self.packages) -o program.out program.a"
        // The collector's work would be for nothing in processes this short.
        let script = "export GOGC=off GOMAXPROCS=2; " + (unit.purpose == .check ? compile : "\(compile) && \(link)")
        return .command(compileCommand(["/bin/sh", "-c", script], unit, collecting: ".out", limits: limits))
    }

    func objection(to program: String, test: String) -> String? {
        Shadowing.first(of: Shadowing.go, in: program, used: test, language: .go)
    }

    func finish(_ artefact: inout CompileCache.Artefact, of unit: CompileUnit) { keepProgram(&artefact) }

    func execution(of unit: CompileUnit, files: [SlotFile], limits: ExecutionLimits) -> CommandRun {
        runCommand(["/w/program.out"], files, limits, threads: 32, hasAddressLimit: false)
    }

    /// The name in the package clause.
    static func package(of program: String) -> String? {
        let words = SourceScan(program).words
        guard words.count > 1, words[0].text == "package" else { return nil }
        return words[1].text
    }

    /// Puts imports on the line of the package clause, so that every line keeps its number; the package becomes `main`.
    static func inserting(_ imports: String, into program: String) -> String {
        let words = SourceScan(program).words
        guard words.count > 1, words[0].text == "package" else { return "package main; \(imports)" + program }
        let bytes = Array(program.utf8)
        return String(decoding: bytes[..<words[1].range.lowerBound], as: UTF8.self) + "main; \(imports)"
            + String(decoding: bytes[words[1].range.upperBound...], as: UTF8.self)
    }

    /// A test's own package clause and imports, without those that the program has.
    static func takingImports(from test: String, after program: String) -> (imports: String, body: String) {
        var imports: [String] = []
        var body = ""
        var isInside = false
        for line in test.split(separator: "\n", omittingEmptySubsequences: false) {
            let text = line.trimmingCharacters(in: .whitespaces)
            if isInside {
                if text == ")" { isInside = false } else if !text.isEmpty { imports.append(text) }
            } else if text.hasPrefix("package ") {
                // The program's clause stands.
            } else if text.hasPrefix("import (") {
                isInside = true
            } else if text.hasPrefix("import ") {
                imports.append(String(text.dropFirst(7)))
            } else {
                body += line
            }
            body += "\n"
        }
        let needed = imports.filter { !program.contains($0) }
        return (needed.map { "import \($0); " }.joined(), body)
    }
}
