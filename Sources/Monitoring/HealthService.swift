internal import Foundation
internal import Synchronization
internal import Telemetry

/// The numbers of one process for a Prometheus server, and whether it is well.
package final class HealthService: Sendable {
    private struct State {
        var values: [String: Double] = [:]
        var trouble: String?
        var beat = ContinuousClock.now
    }

    private let state = Mutex(State())
    private let labels: [String: String]
    private let silence: Duration

    /// - Parameters:
    ///   - role: of the process: `learner`, `rollout` or `executor`.
    ///   - name: of the process among those of its role.
    ///   - silence: without a sign of life for this long the process counts as stuck.
    package init(role: String, name: String, silence: Duration = .seconds(600)) {
        labels = ["role": role, "worker": name, "host": ProcessInfo.processInfo.hostName]
        self.silence = silence
    }

    /// Takes the newest values, by metric name; those not named keep theirs.
    package func update(_ values: [String: Double]) {
        state.withLock {
            $0.values.merge(values) { $1 }
            $0.beat = .now
        }
    }

    /// A sign of life.
    package func beat() { state.withLock { $0.beat = .now } }

    /// Says what is wrong, or nil that nothing is any more.
    package func report(trouble: String?) { state.withLock { $0.trouble = trouble } }

    /// Answers `/metrics` and `/healthz`; nil for other paths.
    package func answer(_ request: WebRequest) -> WebResponse? {
        switch request.path {
        case "/metrics":
            let values = state.withLock { $0.values }
            return .text(
                prometheusText(values.merging(Self.processValues()) { $1 }, labels: labels),
                type: "text/plain; version=0.0.4"
            )
        case "/healthz":
            let (trouble, age) = state.withLock { ($0.trouble, ContinuousClock.now - $0.beat) }
            if let trouble { return .text(trouble + "\n", status: 503) }
            return age > silence
                ? .text("no sign of life for \(age.components.seconds) s\n", status: 503) : .text("ok\n")
        default:
            return nil
        }
    }

    /// Serves in a task of its own, when there is an address; a server that ends is told to `report`, and nobody else.
    ///
    /// - Throws: ``MonitoringError`` for an address or a token that cannot be used.
    package func begin(
        at address: String?,
        environment: [String: String],
        report: @escaping @Sendable (String) -> Void
    ) throws(MonitoringError) -> Task<Void, Never>? {
        guard let address, !address.isEmpty else { return nil }
        let server = try WebServer(
            address: ListenAddress(address),
            token: try AccessToken.fromEnvironment(environment)
        ) { [self] in answer($0) ?? .notFound }
        return Task {
            do {
                try await server.run { report("/metrics at http://\($0)/") }
            } catch {
                report("no /metrics: \(error)")
            }
        }
    }

    /// What the system says of this process.
    private static func processValues() -> [String: Double] {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return [:] }
        let cpu =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6
        return ["process/cpu_s": cpu, "process/peak_memory": Double(usage.ru_maxrss) * 1024]
    }
}
