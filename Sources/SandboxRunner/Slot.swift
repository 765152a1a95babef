import Dispatch
import Foundation
import Programs
import Synchronization

/// One place of the pool: up to two slot processes, made when first needed and again after trouble.
///
/// All its work is on one queue, because talking to a slot blocks.
final class Slot: Sendable {
    private struct Processes {
        var zygote: SlotProcess?
        var commands: SlotProcess?
    }

    /// What all slots share.
    struct Surroundings: Sendable {
        var helper: String
        var scratchBytes: Int
        var binds: [(from: String, to: String)]
        var toolChains: [Language: ToolChain]
        var poolSecret: String
    }

    let queue: DispatchQueue
    private let user: Int
    private let processes = Mutex(Processes())

    init(number: Int, user: Int) {
        queue = DispatchQueue(label: "ppocoder.slot.\(number)")
        self.user = user
    }

    /// Judges a job; blocks.
    func judge(_ job: ExecutionJob, _ surroundings: Surroundings, _ compiled: CompileCache) throws(SandboxError)
        -> Verdict
    {
        guard let toolChain = surroundings.toolChains[job.language] else {
            let tool = ToolChain.tools(job.language)?.tool ?? "a tool chain this version does not know"
            throw .toolMissing(language: job.language.rawValue, tool: tool)
        }
        let result = processes.withLock { processes -> Result<Verdict, SandboxError> in
            Result { () throws(SandboxError) in
                try Self.judge(job, toolChain, surroundings, compiled, user: user, &processes)
            }
        }
        return try result.get()
    }

    private static func judge(
        _ job: ExecutionJob,
        _ toolChain: ToolChain,
        _ surroundings: Surroundings,
        _ compiled: CompileCache,
        user: Int,
        _ processes: inout Processes
    ) throws(SandboxError) -> Verdict {
        let isPython = job.language == .python
        do throws(SandboxError) {
            let verdict: Verdict
            let isSpoilt: Bool
            if isPython {
                if processes.zygote == nil {
                    processes.zygote = try start(.zygote(arguments: PythonJudge.arguments), surroundings, user)
                }
                guard let zygote = processes.zygote else { throw .closed }
                var judge = PythonJudge(slot: zygote, job: job)
                verdict = try judge.verdict()
                isSpoilt = judge.isSlotSpoilt
                if isSpoilt { processes.zygote = nil }
            } else {
                if processes.commands == nil { processes.commands = try start(.commands, surroundings, user) }
                guard let commands = processes.commands else { throw .closed }
                var judge = NativeJudge(
                    slot: commands,
                    job: job,
                    toolChain: toolChain,
                    compiled: compiled,
                    poolSecret: surroundings.poolSecret
                )
                verdict = try judge.verdict()
                isSpoilt = judge.isSlotSpoilt
                if isSpoilt { processes.commands = nil }
            }
            return verdict
        } catch {
            if isPython { processes.zygote = nil } else { processes.commands = nil }
            throw error
        }
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
        processes.withLock { $0 = Processes() }
    }
}
