import Programs

/// What one of a slot's processes is for.
///
/// Each kind is a set of walls of its own with another first process behind them.
enum SlotRole: Hashable, Sendable {
    /// Executes one command after the other.
    case commands
    /// The interpreter of a language, warm, which forks a child for each program.
    case zygote(Language)
    /// The compiler of a language, warm, which compiles one program after the other and runs none.
    case compiler(Language)
}

/// The processes of one slot: made when first needed, and again after trouble.
///
/// No more than `capacity` live at once; the one that has rested longest goes first, because a warm process holds memory
/// whether it works or not.
struct SlotProcesses {
    private static let compilationsPerCompiler = 1000
    private var compilations: [SlotRole: Int] = [:]
    private let capacity: Int
    private let user: Int
    private let surroundings: Slot.Surroundings
    /// Least recently used first.
    private var live: [(role: SlotRole, process: SlotProcess)] = []
    private var used: Set<SlotRole> = []

    init(capacity: Int, user: Int, surroundings: Slot.Surroundings) {
        self.capacity = max(1, capacity)
        self.user = user
        self.surroundings = surroundings
    }

    /// A new job begins: nothing is in use.
    mutating func beginJob() { used = [] }

    /// The process for `role`, started if need be.
    mutating func process(_ role: SlotRole) throws(SandboxError) -> SlotProcess {
        used.insert(role)
        if case .compiler = role {
            // Whatever a compiler keeps of what it has compiled goes with it.
            compilations[role, default: 0] += 1
            if compilations[role, default: 0] > Self.compilationsPerCompiler {
                discard(role)
                compilations[role] = 1
            }
        }
        if let at = live.firstIndex(where: { $0.role == role }) {
            let entry = live.remove(at: at)
            live.append(entry)
            return entry.process
        }
        while live.count >= capacity, let idle = live.firstIndex(where: { !used.contains($0.role) }) {
            live.remove(at: idle)
        }
        let process = try Slot.start(kind(of: role), surroundings, user)
        live.append((role, process))
        return process
    }

    private func kind(of role: SlotRole) throws(SandboxError) -> SlotKind {
        switch role {
        case .commands: return .commands
        case .zygote(let language):
            guard let interpreter = Interpreter.of(language) else {
                preconditionFailure("\(language.rawValue) has no zygote")
            }
            return .zygote(arguments: interpreter.arguments, environment: interpreter.environment)
        case .compiler(let language):
            guard let command = surroundings.toolChains[language]?.compiledLanguage?.warmCompiler else {
                preconditionFailure("\(language.rawValue) has no warm compiler")
            }
            return .zygote(arguments: command, environment: ["HOME=/w", "LC_ALL=C.UTF-8", "MALLOC_ARENA_MAX=2"])
        }
    }

    /// Ends the process for `role`: what ran in it has spoilt it.
    mutating func discard(_ role: SlotRole) { live.removeAll { $0.role == role } }

    /// Ends every process that the current job used: one of them is in trouble, and it is not known which.
    mutating func discardUsed() { live.removeAll { used.contains($0.role) } }

    /// Ends all of them; blocks.
    mutating func end() { live = [] }
}
