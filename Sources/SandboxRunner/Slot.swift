import Programs
import Synchronization

/// One place of the pool, with its processes.
///
/// All its work is on one thread, because talking to a slot blocks.
final class Slot: Sendable {
    /// What all slots share.
    struct Surroundings: Sendable {
        var helper: String
        var scratchBytes: Int
        var binds: [(from: String, to: String)]
        var toolChains: [Language: ToolChain]
        /// What the machine lacks for the languages that were asked for in vain.
        var missing: [Language: String]
        var poolSecret: String
        var acceptsWeakWalls = false
        let plans = PlanCache()
        /// Of the first slot; every other one has the same, so that they hold for every verdict.
        var walls: Walls?

        /// Refuses walls below the minimum, and walls other than the first slot's.
        func check(_ found: Walls) throws(SandboxError) {
            guard acceptsWeakWalls || found.missing.isEmpty else { throw .wallsTooWeak(missing: found.missing) }
            guard walls == nil || walls == found else {
                throw .slotLost(reason: "its walls are not those of the first: \(found.summary)")
            }
        }
    }

    let worker: Worker
    private let surroundings: Surroundings
    private let processes: Mutex<SlotProcesses>

    /// At most `capacity` processes live at once.
    init(number: Int, user: Int, capacity: Int, surroundings: Surroundings) {
        worker = Worker(name: "slot \(number)")
        self.surroundings = surroundings
        processes = Mutex(SlotProcesses(capacity: capacity, user: user, surroundings: surroundings))
    }

    /// Judges a job; blocks.
    func judge(_ job: ExecutionJob, _ compiled: CompileCache) throws(SandboxError) -> Verdict {
        guard let toolChain = surroundings.toolChains[job.language] else {
            let tool = surroundings.missing[job.language] ?? ToolChain.toolName(job.language)
            throw .toolMissing(language: job.language.rawValue, tool: tool)
        }
        let result = processes.withLock { processes -> Result<Verdict, SandboxError> in
            Result { () throws(SandboxError) in
                processes.beginJob()
                do throws(SandboxError) {
                    return try judge(job, toolChain, compiled, &processes)
                } catch {
                    processes.discardUsed()
                    throw error
                }
            }
        }
        return try result.get()
    }

    private func judge(
        _ job: ExecutionJob,
        _ toolChain: ToolChain,
        _ compiled: CompileCache,
        _ processes: inout SlotProcesses
    ) throws(SandboxError) -> Verdict {
        if let interpreter = Interpreter.of(job.language) {
            let role = SlotRole.zygote(job.language)
            let process = try processes.process(role)
            var judge = ZygoteJudge(slot: process, interpreter: interpreter, plans: surroundings.plans, job: job)
            let verdict = try judge.verdict()
            if judge.isSlotSpoilt { processes.discard(role) }
            return verdict
        }
        guard let language = toolChain.compiledLanguage else {
            throw .toolMissing(language: job.language.rawValue, tool: ToolChain.toolName(job.language))
        }
        var judge = NativeJudge(
            job: job,
            toolChain: toolChain,
            language: language,
            compiled: compiled,
            poolSecret: surroundings.poolSecret
        )
        return try judge.verdict(in: &processes)
    }

    /// Starts a slot process for `user`.
    static func start(_ kind: SlotKind, _ surroundings: Surroundings, _ user: Int) throws(SandboxError) -> SlotProcess {
        let process = try SlotProcess(
            kind: kind,
            helper: surroundings.helper,
            user: user,
            scratchBytes: surroundings.scratchBytes,
            binds: surroundings.binds
        )
        try surroundings.check(process.walls)
        return process
    }

    /// Ends the slot's processes; blocks.
    func end() {
        processes.withLock { $0.end() }
    }
}
