import Dispatch
import Foundation
package import Programs
import Synchronization

/// Judges programs, several at a time, each behind the walls of a slot.
///
/// See docs/sandbox.md for what a program can see and do, and for what a verdict rests on.
package final class SandboxPool: Sendable {
    private struct Queueing {
        var idle: [Int]
        var waiting: [CheckedContinuation<Int?, Never>] = []
        var isClosed = false
    }

    private let slots: [Slot]
    private let surroundings: Slot.Surroundings
    /// The walls round every program that the pool judges.
    package let walls: Walls
    private let compiled: CompileCache
    private let verdicts: VerdictCache
    private let queueing: Mutex<Queueing>

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
        queueing = Mutex(Queueing(idle: Array((0..<count).reversed())))
    }

    deinit { for slot in slots { slot.end() } }

    /// What this machine can judge, by language: the versions that the tools state.
    package var toolChains: [Language: String] { get async { surroundings.toolChains.mapValues(\.version) } }

    /// Judges one job, waiting for a free slot if need be.
    ///
    /// Never fails: trouble of our own is the outcome `infrastructureFailure`, after one try on a fresh slot.
    package func judge(_ job: ExecutionJob) async -> Verdict {
        let key = verdicts.key(job, version: surroundings.toolChains[job.language]?.identity ?? "")
        if let key, let known = verdicts[key] { return known }
        guard let number = await take() else { return Self.failure(.closed, job) }
        defer { give(number) }
        let slot = slots[number]
        let verdict = await withCheckedContinuation { (continuation: CheckedContinuation<Verdict, Never>) in
            slot.queue.async { [compiled] in
                continuation.resume(returning: Self.judge(job, on: slot, compiled))
            }
        }
        if let key { verdicts.keep(verdict, for: key) }
        return verdict
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
        let waiting = queueing.withLock { queueing in
            queueing.isClosed = true
            defer { queueing.waiting = [] }
            return queueing.waiting
        }
        for continuation in waiting { continuation.resume(returning: nil) }
        for slot in slots {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                slot.queue.async {
                    slot.end()
                    continuation.resume()
                }
            }
        }
    }

    // A free slot; nil when the pool is closed.
    private func take() async -> Int? {
        await withCheckedContinuation { continuation in
            let now: Int?? = queueing.withLock { queueing in
                if queueing.isClosed { return .some(nil) }
                if let number = queueing.idle.popLast() { return .some(number) }
                queueing.waiting.append(continuation)
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }

    private func give(_ number: Int) {
        let next = queueing.withLock { queueing -> CheckedContinuation<Int?, Never>? in
            guard queueing.waiting.isEmpty else { return queueing.waiting.removeFirst() }
            queueing.idle.append(number)
            return nil
        }
        next?.resume(returning: number)
    }

    private static func onQueue<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: work()) }
        }
    }
}
