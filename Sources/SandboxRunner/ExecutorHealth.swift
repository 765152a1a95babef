internal import Dispatching
internal import Foundation
internal import Monitoring
internal import Programs
internal import Synchronization

/// Counts what an executor judges, for `/metrics`.
final class ExecutorHealth: Sendable {
    private struct Counts {
        var busy = 0
        var verdicts = 0
        var failures = 0
        var seconds = 0.0
    }

    private let counts = Mutex(Counts())
    private let health: HealthService
    private let slots: Int
    private let serving: Task<Void, Never>?

    /// - Parameters:
    ///   - name: of the executor.
    ///   - slots: programs it judges at once.
    ///   - metrics: where to serve; nil: nowhere.
    /// - Throws: `MonitoringError` for an address or a token that cannot be used.
    init(name: String, slots: Int, metrics: String?) throws {
        // An executor with nothing to do is well.
        health = HealthService(role: "executor", name: name, silence: .seconds(1 << 30))
        self.slots = slots
        serving = try health.begin(at: metrics, environment: ProcessInfo.processInfo.environment) { text in
            try? FileHandle.standardError.write(contentsOf: Data("executor: \(text)\n".utf8))
        }
        publish(counts.withLock { $0 })
    }

    deinit { serving?.cancel() }

    func judge(_ job: ExecutionJob, _ body: (ExecutionJob) async -> Verdict) async -> Verdict {
        publish(
            counts.withLock {
                $0.busy += 1
                return $0
            }
        )
        let verdict = await body(job)
        publish(
            counts.withLock {
                $0.busy -= 1
                $0.verdicts += 1
                $0.seconds += verdict.wallSeconds
                if verdict.outcome == .infrastructureFailure { $0.failures += 1 }
                return $0
            }
        )
        return verdict
    }

    /// How far the clock of this process is ahead of the dispatcher's.
    func publish(clock: ClockOffset) {
        health.update(["transport/clock_offset_s": clock.seconds, "transport/clock_error_s": clock.error])
    }

    private func publish(_ counts: Counts) {
        var values: [String: Double] = [
            "executor/slots_total": Double(slots), "executor/slots_busy": Double(counts.busy),
            "executor/verdicts": Double(counts.verdicts),
        ]
        if counts.verdicts > 0 {
            values["executor/run_s/mean"] = counts.seconds / Double(counts.verdicts)
            values["executor/infra_error_rate"] = Double(counts.failures) / Double(counts.verdicts)
        }
        health.update(values)
    }
}
