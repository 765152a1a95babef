import Foundation
import Programs

/// A language whose programs run in forked children of a warm interpreter.
struct Interpreter: Sendable {
    let language: Language
    /// The zygote's command line, in the slot; the harness is part of it.
    let arguments: [String]
    let environment: [String]
    /// Pages of the interpreter and its modules, which are not the program's doing, bytes.
    let ownMemory: Int
    /// The same in address space; 0: the language needs far more of it than it uses, so that it has no such limit.
    let ownAddressSpace: Int

    /// Processes and threads that the zygote and the child with the tests take of the slot's, at most.
    var ownProcesses: Int { language == .javascript ? 10 : 4 }

    /// Whether a frame about a call or a test has its CPU time, 4 bytes of microseconds, behind the tag.
    var timesFrames: Bool { language == .python }

    /// Whether the child with the tests is told to end at the first failure; otherwise the rest is run and forgotten.
    var stopsByItself: Bool { language == .python }

    /// Whether executed lines can be reported.
    var reportsLines: Bool { language == .python }

    /// - Returns: nil for a language that is compiled to programs of its own.
    static func of(_ language: Language) -> Interpreter? {
        switch language {
        case .python: python
        case .javascript: javaScript
        case .php: php
        case .ruby: ruby
        case .c, .cpp, .java, .csharp, .go: nil
        }
    }

    /// What the loader would look up at a function's first call it would look up in every child.
    ///
    /// Only where the harness keeps the variable from programs.
    private static let boundNow = "LD_BIND_NOW=1"
    private static let library = "LD_PRELOAD=\(ZygoteLibrary.pathInSlot)"

    private static let python = Interpreter(
        language: .python,
        arguments: [
            "/usr/bin/python3", "-P", "-s", "-S", "-X", "utf8", "-c",
            pythonEncoding + "\n" + pythonCandidate + "\n" + pythonTester + "\n" + pythonZygote,
        ],
        environment: [boundNow, library, "ZYGOTE=python", "PYTHONHASHSEED=0"],
        ownMemory: 24 << 20,
        ownAddressSpace: 96 << 20
    )

    /// V8 must do alone, on the one thread that is left in a forked child, what it otherwise shares among several; what it
    /// gives to others all the same, `ZygoteLibrary` does.
    private static let javaScript = Interpreter(
        language: .javascript,
        arguments: [
            "/usr/bin/node", "--single-threaded", "--v8-pool-size=1", "--no-warnings", "--experimental-vm-modules",
            "--no-flush-bytecode",
            "--random-seed=1", "--max-old-space-size=4096", "-e",
            "(() => {" + javaScriptPlain + javaScriptCandidate + javaScriptTester + javaScriptZygote + "})();",
        ],
        environment: [boundNow, library],
        ownMemory: 64 << 20,
        ownAddressSpace: 0
    )

    private static let php = Interpreter(
        language: .php,
        arguments: ["/usr/bin/php", "-n"] + phpSettings.flatMap { ["-d", $0] }
            + ["-r", phpPlain + phpCandidate + phpTester + phpZygote],
        environment: [library, "LC_ALL=C.UTF-8"],
        ownMemory: 24 << 20,
        // What PHP may allocate is this much less than its address space: see the harness.
        ownAddressSpace: 256 << 20
    )

    private static let ruby = Interpreter(
        language: .ruby,
        arguments: [
            "/usr/bin/ruby", "--disable=gems", "--disable=rubyopt", "--disable=did_you_mean",
            "--disable=error_highlight", "-W0", "-Ku", "-e", rubyPlain + rubyCandidate + rubyTester + rubyZygote,
        ],
        environment: [library, "LC_ALL=C.UTF-8", "MALLOC_ARENA_MAX=1"],
        ownMemory: 24 << 20,
        ownAddressSpace: 192 << 20
    )

    /// No file of settings is read; of the extensions that programs may expect, those that this machine has are loaded.
    private static var phpSettings: [String] {
        let manager = FileManager.default
        let versions = (try? manager.contentsOfDirectory(atPath: "/usr/lib/php")) ?? []
        let places = versions.map { "/usr/lib/php/\($0)" }
        let extensions = [
            "ctype", "tokenizer", "posix", "calendar", "readline", "iconv", "mbstring", "bcmath", "gmp", "intl",
        ].filter { name in places.contains { manager.fileExists(atPath: "\($0)/\(name).so") } }
        return extensions.map { "extension=\($0)" } + [
            "display_errors=stderr", "html_errors=0", "log_errors=0", "error_reporting=24575", "zend.assertions=1",
            "assert.exception=1", "memory_limit=-1", "max_execution_time=0",
        ]
    }
}
