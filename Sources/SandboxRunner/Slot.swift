import Dispatch
import Foundation
import Programs
import Synchronization

/// One place of the pool, with its processes.
///
/// All its work is on one queue, because talking to a slot blocks.
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
    }

    let queue: DispatchQueue
    private let surroundings: Surroundings
    private let processes: Mutex<SlotProcesses>

    /// At most `capacity` processes live at once.
    init(number: Int, user: Int, capacity: Int, surroundings: Surroundings) {
        queue = DispatchQueue(label: "ppocoder.slot.\(number)")
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
            var judge = ZygoteJudge(slot: try processes.process(role), interpreter: interpreter, job: job)
            let verdict = try judge.verdict()
            if judge.isSlotSpoilt { processes.discard(role) }
            return verdict
        }
        var judge = NativeJudge(
            slot: try processes.process(.commands),
            job: job,
            toolChain: toolChain,
            compiled: compiled,
            poolSecret: surroundings.poolSecret
        )
        let verdict = try judge.verdict()
        if judge.isSlotSpoilt { processes.discard(.commands) }
        return verdict
    }

    /// Starts a slot process for `user`.
    static func start(_ kind: SlotKind, _ surroundings: Surroundings, _ user: Int) throws(SandboxError) -> SlotProcess {
        try SlotProcess(
            kind: kind,
            helper: surroundings.helper,
            user: user,
            scratchBytes: surroundings.scratchBytes,
            binds: surroundings.binds
        )
    }

    /// Ends the slot's processes; blocks.
    func end() {
        processes.withLock { $0.end() }
    }
}
