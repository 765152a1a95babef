import Foundation
import Programs

/// Java: compiled in a warm compiler, run in a machine of its own.
struct JavaLanguage: CompiledLanguage {
    /// Where the harness's classes are, in the slot.
    let harness: String

    var flags: [String] { ["-proc:none -nowarn"] }

    /// The warm compiler's command line.
    ///
    /// Its memory is bounded by the heap, and by the slot's limit.
    var warmCompiler: [String]? {
        [
            "/usr/bin/java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData",
            "-Xmx512m",
            "-XX:+ExitOnOutOfMemoryError", "-cp", harness, "ppocoder.CompilerServer",
        ]
    }

    func whole(_ program: String, purpose: CompileUnit.Purpose) -> CompileUnit {
        let source = JavaSource(program)
        return CompileUnit(
            files: [SlotFile(name: source.fileName, bytes: Array(program.utf8))],
            purpose: purpose,
            start: [source.qualifiedMain]
        )
    }

    func tested(_ program: String, by test: String, mark: String) -> CompileUnit? {
        let own = JavaSource(program)
        let (imports, rest) = Self.takingImports(from: test)
        // One file may have one public class.
        let body = own.publicClass == nil ? rest : Self.demotingPublicClasses(rest)
        // On the program's first line, so that every line keeps its number.
        let whole = own.package == nil ? imports + program + "\n" + body : program + "\n" + body
        let source = JavaSource(whole)
        guard let tests = JavaSource(body).mainClass ?? source.mainClass else { return nil }
        return CompileUnit(
            files: [SlotFile(name: source.fileName, bytes: Array(whole.utf8))],
            purpose: .test,
            start: [own.package.map { "\($0).\(tests)" } ?? tests]
        )
    }

    func called(_ program: String, functions: [String], mark: String) throws(CallRefusal) -> CompileUnit {
        whole(program, purpose: .calls)
    }

    func assertion(_ expression: String) -> String {
        "class PpocoderAssertion { public static void main(String[] a) throws Exception { if (!(\(expression))) "
            + "throw new Exception(\"\(NativeJudge.assertionMessage)\"); } }\n"
    }

    func compilation(of unit: CompileUnit, limits: ExecutionLimits) -> CompileStep {
        var head = SlotMessage()
        head.put(UInt32(unit.files.count))
        for file in unit.files {
            head.put(file.name)
            head.put(bytes: file.bytes)
        }
        head.put(UInt8(unit.purpose == .check ? 1 : 0))
        return .server(head: head.bytes)
    }

    func objection(to program: String, test: String) -> String? {
        Shadowing.first(of: Shadowing.java, in: program, used: test, language: .java)
            ?? OwnComparisons.first(in: program, used: test, language: .java)
    }

    func execution(of unit: CompileUnit, files: [SlotFile], limits: ExecutionLimits) -> CommandRun {
        let heap = max(16, limits.memoryBytes >> 20)
        var arguments = [
            "/usr/bin/java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData",
            "-Xmx\(heap)m", "-Xss64m", "-XX:CICompilerCount=1", "-cp",
        ]
        switch unit.purpose {
        case .check, .whole: arguments += ["/w"] + unit.start
        case .test: arguments += ["\(harness):/w", "ppocoder.Harness", "test"] + unit.start
        case .calls:
            let classes = files.map { $0.name.dropLast(6).replacingOccurrences(of: "/", with: ".") }
            let first = unit.start.filter(classes.contains)
            let others = classes.filter { !first.contains($0) && !$0.contains("$") }
            arguments += ["\(harness):/w", "ppocoder.Harness", "call"] + (first + others).prefix(200)
        }
        // The machine itself, beyond the program's heap, and its own threads.
        return runCommand(arguments, files, limits, more: 256 << 20, threads: 32, hasAddressLimit: false)
    }

    private static func takingImports(from test: String) -> (imports: String, body: String) {
        var imports = ""
        var body = ""
        for line in test.split(separator: "\n", omittingEmptySubsequences: false) {
            let text = line.drop { $0 == " " || $0 == "\t" }
            if text.hasPrefix("import "), let end = text.firstIndex(of: ";") {
                imports += text[...end] + " "
            } else {
                body += line
            }
            body += "\n"
        }
        return (imports, body)
    }

    private static func demotingPublicClasses(_ test: String) -> String {
        let bytes = Array(test.utf8)
        var result: [UInt8] = []
        var position = 0
        let words = SourceScan(test).words
        for (word, following) in zip(words, words.dropFirst())
        where word.text == "public"
            && ["class", "interface", "enum", "record", "final", "abstract"].contains(following.text)
        {
            result += bytes[position..<word.range.lowerBound]
            position = word.range.upperBound
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }
}

/// C#: compiled by mcs in a warm process, run by mono.
struct CSharpLanguage: CompiledLanguage {
    /// Where the harness and the stand-ins for libraries are, in the slot.
    let harness: String

    private static let comparer = "KellermanSoftware.CompareNetObjects"

    var flags: [String] { ["-optimize+ -langversion:latest"] }

    /// The warm compiler's command line.
    var warmCompiler: [String]? { ["/usr/bin/mono", "\(harness)/server.exe"] }

    private func unit(_ text: String, _ purpose: CompileUnit.Purpose) -> CompileUnit {
        var options = ["-r:System.Numerics.dll"]
        if text.contains("KellermanSoftware") { options.append("-r:\(harness)/\(Self.comparer).dll") }
        return CompileUnit(
            files: [SlotFile(name: "program.cs", bytes: Array(text.utf8))],
            purpose: purpose,
            options: options
        )
    }

    func whole(_ program: String, purpose: CompileUnit.Purpose) -> CompileUnit { unit(program, purpose) }

    func tested(_ program: String, by test: String, mark: String) -> CompileUnit? {
        let inTest = SourceText.hasFunction("Main", in: test)
        guard inTest || SourceText.hasFunction("Main", in: program) else { return nil }
        let own = inTest ? SourceText.renaming("Main", to: "Main_\(mark)", in: program) : program
        let (imports, body) = Self.takingImports(from: test)
        return unit(imports + own + "\n#line 1 \"test.cs\"\n" + body + "\n", .test)
    }

    /// A test's own directives, which C# wants before everything else; on the program's first line, so that every line
    /// keeps its number.
    private static func takingImports(from test: String) -> (imports: String, body: String) {
        let lines = test.split(separator: "\n", omittingEmptySubsequences: false)
        let leading = lines.prefix { $0.hasPrefix("using ") || $0.allSatisfy(\.isWhitespace) }
        let imports = leading.filter { $0.hasPrefix("using ") }.joined(separator: " ")
        let body = leading.map { _ in "" } + lines.dropFirst(leading.count).map(String.init)
        return (imports.isEmpty ? "" : imports + " ", body.joined(separator: "\n"))
    }

    func called(_ program: String, functions: [String], mark: String) throws(CallRefusal) -> CompileUnit {
        unit(program, .calls)
    }

    func assertion(_ expression: String) -> String {
        "static class PpocoderAssertion { static void Main() { if (!(\(expression))) "
            + "throw new System.Exception(\"\(NativeJudge.assertionMessage)\"); } }\n"
    }

    func compilation(of unit: CompileUnit, limits: ExecutionLimits) -> CompileStep {
        var head = SlotMessage()
        head.put(UInt32(unit.files.count))
        for file in unit.files {
            head.put(file.name)
            head.put(bytes: file.bytes)
        }
        head.put(UInt8(unit.purpose == .check || unit.purpose == .calls ? 1 : 0))
        head.put(UInt32(unit.options.count))
        for option in unit.options { head.put(option) }
        return .server(head: head.bytes)
    }

    func objection(to program: String, test: String) -> String? {
        Shadowing.first(of: Shadowing.csharp, in: program, used: test, language: .csharp)
            ?? OwnComparisons.first(in: program, used: test, language: .csharp)
    }

    func execution(of unit: CompileUnit, files: [SlotFile], limits: ExecutionLimits) -> CommandRun {
        var arguments = ["/usr/bin/env", "MONO_PATH=\(harness)", "/usr/bin/mono"]
        switch unit.purpose {
        case .check, .whole: arguments += ["/w/program.exe"]
        case .test: arguments += ["\(harness)/harness.exe", "test"]
        case .calls: arguments += ["\(harness)/harness.exe", "call"]
        }
        return runCommand(arguments, files, limits, more: 64 << 20, threads: 16, hasAddressLimit: false)
    }
}
