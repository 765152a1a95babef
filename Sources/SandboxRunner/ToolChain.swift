import Foundation
import Programs

/// How programs of one compiled language are compiled and started inside a slot.
struct ToolChain: Sendable {
    /// What is compiled: one program, whole or with a test behind it.
    struct Unit: Sendable {
        var files: [SlotFile]
        /// The class to start, for Java.
        var main = ""
        /// Output that proves that the test ran to its end; nil when there is no such test.
        var nonce: String?
    }

    let language: Language
    /// In the slot.
    let compiler: String
    /// What the compiler calls itself.
    let version: String
    /// Where precompiled headers are, in the slot.
    var headers: String?

    /// The program that the language needs, as people call it.
    static func toolName(_ language: Language) -> String {
        switch language {
        case .python: "python3"
        case .c: "gcc"
        case .cpp: "g++"
        case .java: "javac"
        case .csharp: "mcs and mono"
        case .php: "php (php-cli)"
        case .javascript: "node (nodejs)"
        case .go: "go"
        case .ruby: "ruby"
        }
    }

    /// The command that says the tool's version, in the slot; nil for a language that this version cannot judge.
    static func versionCommand(_ language: Language) -> [String]? {
        switch language {
        case .python: ["/usr/bin/python3", "--version"]
        case .cpp: ["/usr/bin/g++", "--version"]
        case .java: ["/usr/bin/javac", "-version"]
        case .php: ["/usr/bin/php", "-n", "-v"]
        case .javascript: ["/usr/bin/node", "--version"]
        case .ruby: ["/usr/bin/ruby", "--version"]
        case .c, .csharp, .go: nil
        }
    }

    /// The version as shown to people, such as `g++ 12.2.0`.
    static func shortVersion(_ language: Language, _ text: String) -> String {
        let line = text.split(separator: "\n").first.map(String.init) ?? ""
        let words = line.split(separator: " ").map(String.init)
        switch language {
        case .cpp: return "g++ " + (words.last ?? "")
        case .javascript: return "node " + line
        case .php, .ruby: return words.prefix(2).joined(separator: " ")
        default: return line
        }
    }

    /// What to compile for a whole program.
    func unit(program: String) -> Unit {
        if language == .cpp { return Unit(files: [SlotFile(name: "program.cpp", bytes: Array(program.utf8))]) }
        let source = JavaSource(program)
        let file = SlotFile(name: source.fileName, bytes: Array(program.utf8))
        return Unit(files: [file], main: source.qualifiedMain)
    }

    /// What to compile for a program with test code behind it; nil when the test has nothing to start.
    func unit(program: String, test: String, nonce: String) -> Unit? {
        if language == .cpp {
            let text = AppendedTests.cpp(program: program, test: test, nonce: nonce)
            return Unit(files: [SlotFile(name: "program.cpp", bytes: Array(text.utf8))], nonce: nonce)
        }
        guard let sources = AppendedTests.java(program: program, test: test, nonce: nonce) else { return nil }
        let files = sources.files.map { SlotFile(name: $0.name, bytes: Array($0.text.utf8)) }
        return Unit(files: files, main: sources.main, nonce: nonce)
    }

    /// The compiler's run.
    ///
    /// Nothing is linked or written when only the verdict of the compiler is wanted.
    func compilation(of unit: Unit, limits: ExecutionLimits, onlyCheck: Bool) -> CommandRun {
        var arguments: [String]
        if language == .cpp {
            arguments = [compiler, "-std=c++17", "-O1", "-pipe", "-fdiagnostics-color=never"]
            if let headers { arguments.append("-I\(headers)") }
            arguments += onlyCheck ? ["-fsyntax-only", "program.cpp"] : ["program.cpp", "-o", "program.out"]
        } else {
            arguments = [
                compiler, "-J-Xshare:auto", "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-J-XX:-UsePerfData",
                "-J-Xmx512m", "-proc:none", "-encoding", "UTF-8", "-nowarn", "-d", ".",
            ]
            arguments += unit.files.map(\.name)
        }
        return CommandRun(
            files: unit.files,
            arguments: arguments,
            collecting: onlyCheck ? "" : language == .cpp ? ".out" : ".class",
            cpuSeconds: limits.compileSeconds,
            wallSeconds: limits.compileSeconds * 6 + 10,
            memoryBytes: 2 << 30,
            outputBytes: 1 << 20,
            fileBytes: 96 << 20,
            processes: 128
        )
    }

    /// The program's run.
    func execution(of files: [SlotFile], main: String, input: [UInt8], limits: ExecutionLimits) -> CommandRun {
        var arguments = ["/w/program.out"]
        var memory = limits.memoryBytes
        var processes = limits.processes
        var stack = min(limits.memoryBytes, 256 << 20)
        if language == .java {
            let heap = max(16, limits.memoryBytes >> 20)
            arguments = [
                "/usr/bin/java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData",
                "-Xmx\(heap)m", "-Xss64m", "-XX:CICompilerCount=1", "-cp", "/w", main,
            ]
            // The machine itself, beyond the program's heap, and its own threads.
            memory += 256 << 20
            processes += 32
            stack = 8 << 20
        }
        return CommandRun(
            files: files,
            arguments: arguments,
            input: input,
            cpuSeconds: limits.cpuSeconds,
            wallSeconds: max(limits.wallSeconds, limits.cpuSeconds),
            memoryBytes: memory,
            addressSpaceBytes: language == .java ? 0 : limits.memoryBytes + (64 << 20),
            outputBytes: limits.outputBytes,
            fileBytes: limits.fileBytes,
            processes: processes,
            stackBytes: stack
        )
    }
}
