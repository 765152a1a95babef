/// Why the sandbox itself, not a program in it, could not do its work.
package enum SandboxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `ppocoder-slot` is not where it was looked for.
    case helperMissing(path: String)
    /// The operating system refused to start a process.
    case cannotStart(path: String, code: Int32)
    /// The walls cannot be built on this machine.
    case wallsRefused(reason: String)
    /// The walls that can be built are below the stated minimum, and nobody has accepted that.
    case wallsTooWeak(missing: [String])
    /// A slot ended, or its answer made no sense.
    case slotLost(reason: String)
    /// No compiler or interpreter for the language.
    case toolMissing(language: String, tool: String)
    /// A test is wrong by itself: it does not compile, or its kind does not fit the language.
    case testUnusable(index: Int, reason: String)
    /// The pool has been shut down.
    case closed

    package var description: String {
        switch self {
        case .helperMissing(let path):
            "sandbox: \(path) is missing; build the product ppocoder-slot beside this command"
        case .cannotStart(let path, let code): "sandbox: cannot start \(path): error \(code)"
        case .wallsRefused(let reason): "sandbox: this machine cannot isolate programs: \(reason)"
        case .wallsTooWeak(let missing):
            "sandbox: untrusted programs are not run behind walls this weak; missing: "
                + missing.joined(separator: "; ") + " (--accept-weak-walls runs them all the same)"
        case .slotLost(let reason): "sandbox: a slot was lost: \(reason)"
        case .toolMissing(let language, let tool): "sandbox: \(language) needs \(tool), which is not installed"
        case .testUnusable(let index, let reason): "sandbox: test \(index) cannot be run: \(reason)"
        case .closed: "sandbox: the pool has been shut down"
        }
    }
}
