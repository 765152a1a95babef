import Foundation
import Programs

/// What a compiler is given, and how the result is started.
struct CompileUnit: Sendable {
    enum Purpose: Sendable, Hashable {
        /// Only the compiler's verdict is wanted.
        case check
        /// The program itself runs.
        case whole
        /// The program's functions are called; arguments come over standard input.
        case calls
        /// Test code runs in the program's process; a nonce over standard input proves that it ended.
        case test
    }

    var files: [SlotFile]
    var purpose: Purpose
    /// What the harness or the run time is told, after the command that starts it.
    var start: [String] = []
    /// Chosen by what the program names; part of the cache's key.
    var options: [String] = []

    /// Everything that decides what the compiler makes of it.
    var fingerprint: [UInt8] {
        var message = SlotMessage()
        for file in files {
            message.put(file.name)
            message.put(bytes: file.bytes)
        }
        message.put("\(purpose)")
        for option in options { message.put(option) }
        return message.bytes
    }
}

/// How programs of one compiled language are put together, compiled and started in a slot.
protocol CompiledLanguage: Sendable {
    /// Flags of the compiler; part of the cache's key.
    var flags: [String] { get }

    /// The command that is the warm compiler's slot's first process; nil for a language without one.
    var warmCompiler: [String]? { get }

    /// The program as it is.
    func whole(_ program: String, purpose: CompileUnit.Purpose) -> CompileUnit

    /// The program with test code behind it; nil when there is nothing to start.
    ///
    /// `mark` is part of every name that the harness adds; it is hexadecimal, and unknown to programs.
    func tested(_ program: String, by test: String, mark: String) -> CompileUnit?

    /// The program with a `main` that calls its functions.
    ///
    /// - Throws: the reason why it cannot be called, which is the program's fault.
    func called(_ program: String, functions: [String], mark: String) throws(CallRefusal) -> CompileUnit

    /// Test code that fails unless the expression is true.
    func assertion(_ expression: String) -> String

    /// How a unit is compiled: in the language's warm compiler, or by a command.
    func compilation(of unit: CompileUnit, limits: ExecutionLimits) -> CompileStep

    /// What the program does to the words that its test is written in; nil when there is nothing.
    func objection(to program: String, test: String) -> String?

    /// Makes what the compiler left ready to run, and looks whether a test in it can be believed.
    func finish(_ artefact: inout CompileCache.Artefact, of unit: CompileUnit)

    /// The command that runs what was compiled.
    func execution(of unit: CompileUnit, files: [SlotFile], limits: ExecutionLimits) -> CommandRun
}

/// Why a program's function cannot be called.
struct CallRefusal: Error {
    var reason: String
}

/// How a unit is compiled.
enum CompileStep {
    /// In a slot that executes commands; files with one of the endings are the result.
    case command(CommandRun)
    /// In the language's own warm compiler.
    case server(head: [UInt8])
}

extension CompiledLanguage {
    var warmCompiler: [String]? { nil }

    func finish(_ artefact: inout CompileCache.Artefact, of unit: CompileUnit) {}

    /// The one program among what a linker left.
    func keepProgram(_ artefact: inout CompileCache.Artefact) {
        artefact.files = artefact.files.filter { $0.name == "program.out" }.map {
            SlotFile(name: $0.name, bytes: $0.bytes, isExecutable: true)
        }
    }

    /// A compiler's run with the limits that all compilers have.
    func compileCommand(
        _ arguments: [String],
        _ unit: CompileUnit,
        collecting: String,
        limits: ExecutionLimits
    ) -> CommandRun {
        CommandRun(
            files: unit.files,
            arguments: arguments,
            collecting: unit.purpose == .check ? "" : collecting,
            cpuSeconds: limits.compileSeconds,
            wallSeconds: limits.compileSeconds * 6 + 10,
            memoryBytes: 2 << 30,
            outputBytes: 1 << 20,
            fileBytes: 96 << 20,
            processes: 128
        )
    }

    /// A program's run.
    ///
    /// `more` is the run time's own memory in bytes, `threads` the number of its threads; `hasAddressLimit` is false where
    /// it reserves far more than it uses.
    func runCommand(
        _ arguments: [String],
        _ files: [SlotFile],
        _ limits: ExecutionLimits,
        more: Int = 0,
        threads: Int = 0,
        hasAddressLimit: Bool = true
    ) -> CommandRun {
        CommandRun(
            files: files,
            arguments: arguments,
            cpuSeconds: limits.cpuSeconds,
            wallSeconds: max(limits.wallSeconds, limits.cpuSeconds),
            memoryBytes: limits.memoryBytes + more,
            addressSpaceBytes: hasAddressLimit ? limits.memoryBytes + (64 << 20) : 0,
            outputBytes: limits.outputBytes,
            fileBytes: limits.fileBytes,
            processes: limits.processes + threads,
            stackBytes: hasAddressLimit ? min(limits.memoryBytes, 256 << 20) : 8 << 20
        )
    }
}

/// Words in one language's source that the harness needs to change or to know.
enum SourceText {
    /// The names that `#define` gives a meaning, however the directive is spelt.
    static func definitions(in program: String) -> Set<String> {
        let joined = program.replacingOccurrences(of: "\\\r\n", with: "").replacingOccurrences(of: "\\\n", with: "")
        let words = SourceScan(joined).words
        var names: Set<String> = []
        for (word, following) in zip(words, words.dropFirst()) where word.text == "define" {
            names.insert(following.text)
        }
        return names
    }

    /// `#undef` for every macro of the program's that `text` would otherwise fall to.
    static func undone(_ program: String, in text: String) -> String {
        let words = Set(SourceScan(text).words.map(\.text))
        let macros = definitions(in: program)
        // With this one assertions are nothing, whether the test includes them again or not.
        let assertions = macros.contains("NDEBUG") ? "#undef NDEBUG\n#include <assert.h>\n" : ""
        return words.intersection(macros).sorted().map { "#undef \($0)\n" }.joined() + assertions
    }

    /// Whether there is a function of that name.
    static func hasFunction(_ name: String, in text: String) -> Bool {
        let scan = SourceScan(text)
        return scan.words.contains { $0.text == name && scan.next(after: $0.range.upperBound)?.byte == 0x28 }
    }

    /// Gives the function another name, wherever it stands before a parenthesis and not behind a `.`, `>` or `:`.
    static func renaming(_ name: String, to other: String, in text: String) -> String {
        let scan = SourceScan(text)
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        for word in scan.words where word.text == name && scan.next(after: word.range.upperBound)?.byte == 0x28 {
            let before = scan.code[..<word.range.lowerBound].last { $0 != 32 && !(9...13).contains($0) }
            if let before, before == 0x2e || before == 0x3e || before == 0x3a { continue }
            result += bytes[position..<word.range.lowerBound]
            result += Array(other.utf8)
            position = word.range.upperBound
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }

    /// Puts text before the closing brace of the last function called `name`, if nothing but space follows it.
    static func endingWith(_ statement: String, function name: String, in text: String) -> String {
        let scan = SourceScan(text)
        guard let last = scan.code.lastIndex(where: { $0 != 32 && !(9...13).contains($0) }),
            scan.code[last] == UInt8(ascii: "}"),
            let word = scan.words.last(where: { $0.text == name }),
            let open = scan.code[word.range.upperBound...].firstIndex(of: UInt8(ascii: "{"))
        else { return text }
        var depth = 0
        for at in open...last {
            if scan.code[at] == UInt8(ascii: "{") { depth += 1 }
            if scan.code[at] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 && at != last { return text }
        }
        let bytes = Array(text.utf8)
        return String(decoding: bytes[..<last], as: UTF8.self) + "\n" + statement + "\n"
            + String(decoding: bytes[last...], as: UTF8.self)
    }
}
