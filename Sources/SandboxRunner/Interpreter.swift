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

    /// - Returns: nil for a language that is compiled to programs of its own.
    static func of(_ language: Language) -> Interpreter? {
        language == .python ? python : nil
    }

    private static let python = Interpreter(
        language: .python,
        arguments: [
            "/usr/bin/python3", "-P", "-s", "-S", "-X", "utf8", "-c",
            pythonEncoding + "\n" + pythonCandidate + "\n" + pythonTester + "\n" + pythonZygote,
        ],
        environment: ["PYTHONHASHSEED=0"],
        ownMemory: 24 << 20,
        ownAddressSpace: 96 << 20
    )
}
