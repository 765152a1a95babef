import Dispatch
import Foundation
package import Programs

/// Judges programs, several at a time, each behind the walls of a slot.
///
/// See docs/sandbox.md for what a program can see and do, and for what a verdict rests on.
package final class SandboxPool: Sendable {

    private let slots: [Slot]
    private let surroundings: Slot.Surroundings
    /// The walls round every program that the pool judges.
    package let walls: Walls
    private let compiled: CompileCache
    private let verdicts: VerdictCache
    private let turns: Turns

    /// Starts a first slot to see that the walls can be built, and asks the tool chains for their versions in it.
    ///
    /// - Throws: `SandboxError.helperMissing`, or `.wallsRefused` with the sentence that says what this machine lacks.
    package init(configuration: SandboxConfiguration) async throws(SandboxError) {
        let prepared = await Self.onQueue { Result { () throws(SandboxError) in try Machine.prepare(configuration) } }
        let machine = try prepared.get()
        surroundings = machine.surroundings
        walls = machine.walls
        compiled = CompileCache(capacity: configuration.compileCacheBytes)
        verdicts = VerdictCache(capacity: configuration.verdictCacheEntries)
        let count = max(1, configuration.slots)
        slots = (0..<count).map { number in
            Slot(
                number: number,
                user: configuration.firstUser + number,
                capacity: configuration.processesPerSlot,
                surroundings: machine.surroundings
            )
        }
        turns = Turns(slots: count)
    }

    deinit { for slot in slots { slot.end() } }

    /// What this machine can judge, by language: the versions that the tools state.
    package var toolChains: [Language: String] { get async { surroundings.toolChains.mapValues(\.version) } }

    /// Judges one job, waiting for a free slot if need be.
    ///
    /// Never fails: trouble of our own is the outcome `infrastructureFailure`, after one try on a fresh slot. A program
    /// that ran out of wall-clock time without using its CPU time, while others ran, is judged once more alone.
    package func judge(_ job: ExecutionJob) async -> Verdict { await judge(job, remembering: true) }

    func judge(_ job: ExecutionJob, remembering: Bool) async -> Verdict {
        let version = surroundings.toolChains[job.language]?.identity ?? ""
        let key = remembering ? verdicts.key(job, version: version) : nil
        if let key, let known = verdicts[key] { return known }
        var (verdict, doubtful) = await firstVerdict(job)
        if let turn = doubtful {
            if await turns.wait(alone: turn) {
                verdict = await judge(job, on: slots[turn.slot])
                turns.endAlone()
            }
            turns.give(turn)
        }
        if verdict.outcome != .infrastructureFailure { verdict.walls = walls.sentences }
        if verdict.errorLine == nil, verdict.outcome == .compileError || verdict.outcome == .runtimeError {
            let line = DiagnosticLine.find(in: verdict.diagnostics, program: job.program, language: job.language)
            verdict.errorLine = line
        }
        if let key { verdicts.keep(verdict, for: key) }
        return verdict
    }

    /// Whether other work on the machine may have made the verdict.
    private func isDoubtful(_ verdict: Verdict, _ job: ExecutionJob) -> Bool {
        verdict.outcome == .timeLimit && verdict.wallSeconds >= job.limits.wallSeconds
            && verdict.cpuSeconds < job.limits.cpuSeconds / 2
    }

    private static var isMachineBusy: Bool {
        var load = 0.0
        guard unsafe getloadavg(&load, 1) == 1 else { return true }
        return load > Double(ProcessInfo.processInfo.activeProcessorCount)
    }

    /// Judges a job when its turn comes, on the slot's thread, which goes on to the next without waiting for anybody.
    ///
    /// - Returns: the verdict, and the turn, not given back, where other work may have made the verdict.
    private func firstVerdict(_ job: ExecutionJob) async -> (Verdict, doubtful: Turns.Turn?) {
        await withCheckedContinuation { continuation in
            turns.take { [self] turn in
                guard let turn else { return continuation.resume(returning: (Self.failure(.closed, job), nil)) }
                let slot = slots[turn.slot]
                slot.worker.run { [self] in
                    let verdict = Self.judge(job, on: slot, compiled)
                    if isDoubtful(verdict, job), turns.hadCompany(turn) || Self.isMachineBusy {
                        return continuation.resume(returning: (verdict, turn))
                    }
                    turns.give(turn)
                    continuation.resume(returning: (verdict, nil))
                }
            }
        }
    }

    private func judge(_ job: ExecutionJob, on slot: Slot) async -> Verdict {
        await withCheckedContinuation { (continuation: CheckedContinuation<Verdict, Never>) in
            slot.worker.run { [compiled] in continuation.resume(returning: Self.judge(job, on: slot, compiled)) }
        }
    }

    private static func judge(
        _ job: ExecutionJob,
        on slot: Slot,
        _ compiled: CompileCache
    ) -> Verdict {
        do throws(SandboxError) {
            return try slot.judge(job, compiled)
        } catch {
            guard case .slotLost = error else { return failure(error, job) }
        }
        do throws(SandboxError) {
            return try slot.judge(job, compiled)
        } catch {
            return failure(error, job)
        }
    }

    private static func failure(_ error: SandboxError, _ job: ExecutionJob) -> Verdict {
        Verdict(outcome: .infrastructureFailure, testsTotal: job.tests.count, diagnostics: error.description)
    }

    /// Which walls are up, one sentence each.
    package func wallsReport() async -> [String] { walls.sentences }

    /// Ends every slot, with all that runs in it.
    ///
    /// Jobs that wait become infrastructure failures.
    package func shutdown() async {
        turns.close()
        for slot in slots {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                slot.worker.run {
                    slot.end()
                    continuation.resume()
                }
            }
        }
    }

    private static func onQueue<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: work()) }
        }
    }
}
