import Foundation
import Programs

/// C and C++, compiled by GCC.
struct NativeLanguage: CompiledLanguage {
    let isCpp: Bool
    /// Where precompiled headers are, in the slot; nil: there are none.
    var headers: String?
    /// Words that only `<bits/stdc++.h>` as a whole gives a meaning; see `CppHeaders`.
    var rareWords: Set<String> = []
    /// Whether binutils has the faster of its linkers.
    var hasGold = false

    var flags: [String] {
        // Unoptimised code saves nothing: reading headers and linking is nine tenths of the work.
        let standard = isCpp ? "-std=c++17" : "-std=gnu17"
        return [standard, "-O1", "-pipe", "-fdiagnostics-color=never", "-fmax-errors=50", "-w"]
            + (hasGold ? ["-fuse-ld=gold"] : [])
    }

    private var fileName: String { isCpp ? "program.cpp" : "program.c" }

    private func unit(_ text: String, _ purpose: CompileUnit.Purpose, words program: String) -> CompileUnit {
        var unit = CompileUnit(files: [SlotFile(name: fileName, bytes: Array(text.utf8))], purpose: purpose)
        guard isCpp, let headers, program.contains("stdc++.h") else { return unit }
        let isUsual = !rareWords.isEmpty && CppHeaders.suffices(program, without: rareWords)
        unit.options = ["-I\(headers)/\(isUsual ? "usual" : "all")"]
        return unit
    }

    func whole(_ program: String, purpose: CompileUnit.Purpose) -> CompileUnit {
        unit(program, purpose, words: program)
    }

    func tested(_ program: String, by test: String, mark: String) -> CompileUnit? {
        let inTest = SourceText.hasFunction("main", in: test)
        guard inTest || SourceText.hasFunction("main", in: program) else { return nil }
        let name = "tests_\(mark)"
        let own = SourceText.renaming("main", to: inTest ? "program_\(mark)" : name, in: program)
        // Falling off the end is allowed in `main` only.
        let ended = inTest ? SourceText.endingWith("return 0;", function: "main", in: test) : test
        let code = SourceText.renaming("main", to: name, in: ended)
        let text =
            own + "\n" + SourceText.undone(program, in: code) + "#line 1 \"test\"\n" + code
            + tail(NativeHarness.test(mark), after: program + "\n" + test)
        return unit(text, .test, words: program + "\n" + test)
    }

    func called(_ program: String, functions: [String], mark: String) throws(CallRefusal) -> CompileUnit {
        let own = SourceText.renaming("main", to: "program_\(mark)", in: program)
        var harness = NativeHarness.channel(mark)
        var table: [(name: String, arity: Int?, statement: String)] = []
        if isCpp {
            harness += CppHarness.conversions(mark) + CppHarness.caller(mark)
        } else {
            harness += CHarness.conversions(mark)
        }
        for function in functions {
            // A call is written `name/arity`; C needs the arity to know how an array is returned.
            let parts = function.split(separator: "/")
            let name = String(parts[0])
            if isCpp {
                guard Self.isName(name) else { throw CallRefusal(reason: "\(name) is not the name of a function") }
                let path = name.replacingOccurrences(of: ".", with: "::")
                table.append((name, nil, "plain_\(mark)::guarded(&\(Self.qualified(path, in: program)), arity);"))
            } else {
                let arity = Int(parts.last ?? "") ?? 0
                guard let signature = CHarness.signature(of: name, in: program) else {
                    throw CallRefusal(reason: "no function \(name) is defined")
                }
                table.append((name, arity, try CHarness.statement(name, signature, arity: arity, mark)))
            }
        }
        // Overloads by arity share a name in C++.
        if isCpp {
            table = Dictionary(grouping: table, by: \.name).compactMap(\.value.first).sorted { $0.name < $1.name }
        }
        harness += NativeHarness.callMain(table, mark)
        return unit(own + tail(harness, after: program), .calls, words: program)
    }

    /// The harness, with no macro of the program's left that it would fall to.
    private func tail(_ harness: String, after program: String) -> String {
        "\n" + SourceText.undone(program, in: harness) + "#line 1 \"harness\"\n" + harness
    }

    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "_.:".contains($0) }
            && name.first?.isNumber == false
    }

    /// A function that is a member of a class at the top level, and no function of its own, is meant by its class.
    private static func qualified(_ name: String, in program: String) -> String {
        guard !name.contains(":") else { return "::" + name }
        let scan = SourceScan(program)
        var depth = 0
        var position = 0
        var type: String?
        var found: String?
        let words = scan.words
        for (index, word) in words.enumerated() {
            for at in position..<word.range.lowerBound {
                if scan.code[at] == UInt8(ascii: "{") { depth += 1 }
                if scan.code[at] == UInt8(ascii: "}") { depth -= 1 }
            }
            position = word.range.upperBound
            if depth == 0, ["class", "struct"].contains(word.text), index + 1 < words.count {
                type = words[index + 1].text
            }
            guard word.text == name, scan.next(after: position)?.byte == UInt8(ascii: "(") else { continue }
            if depth == 0 { return "::" + name }
            if depth == 1, let type { found = found ?? "::\(type)::\(name)" }
        }
        return found ?? "::" + name
    }

    func assertion(_ expression: String) -> String {
        "int main(void) { return (\(expression)) ? 0 : \(NativeJudge.assertionStatus); }\n"
    }

    func compilation(of unit: CompileUnit, limits: ExecutionLimits) -> CompileStep {
        var arguments = [isCpp ? "/usr/bin/g++" : "/usr/bin/gcc"] + flags + unit.options
        arguments += unit.purpose == .check ? ["-fsyntax-only", fileName] : [fileName, "-o", "program.out"]
        if !isCpp, unit.purpose != .check { arguments.append("-lm") }
        return .command(compileCommand(arguments, unit, collecting: ".out", limits: limits))
    }

    func objection(to program: String, test: String) -> String? {
        (isCpp ? ForeignOperators.first(in: program) : nil)
            ?? Shadowing.first(of: isCpp ? Shadowing.cpp : [], in: program, used: test, language: isCpp ? .cpp : .c)
            ?? (isCpp ? OwnComparisons.first(in: program, used: test, language: .cpp) : nil)
    }

    func finish(_ artefact: inout CompileCache.Artefact, of unit: CompileUnit) {
        keepProgram(&artefact)
        guard unit.purpose == .test, let binary = artefact.files.first else { return }
        guard let inspection = ElfInspection(binary.bytes) else {
            artefact.refusal = "the linker made no program"
            return
        }
        artefact.objection = inspection.objection()
        artefact.files[0].bytes = inspection.withoutNames()
    }

    func execution(of unit: CompileUnit, files: [SlotFile], limits: ExecutionLimits) -> CommandRun {
        runCommand(["/w/program.out"], files, limits)
    }
}
