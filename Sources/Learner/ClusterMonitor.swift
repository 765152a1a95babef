internal import Dashboard
internal import Dispatching
internal import Foundation
internal import Monitoring
internal import Protocol
internal import Synchronization
internal import Telemetry
internal import Transport

/// Watches a run for others: `cluster.json`, the dashboard, `/metrics`, the trace, and who waited how long.
final class ClusterMonitor: Sendable {
    enum Phase: String {
        case starting, leasing, waiting, updating, publishing, recording, evaluating, finished
    }

    private struct State {
        var step: Int
        var version: Int
        var phase = Phase.starting
        var phaseStart = ProcessClock.now
        var stepStart = ProcessClock.now
        /// Seconds of the step in which the learner waited for rollouts.
        var waited = 0.0
        /// Counters at the end of the last step.
        var bytesIn = 0
        var bytesOut = 0
        var weightBytes = 0
    }

    private let state: Mutex<State>
    private let directory: RunDirectory
    private let server: WebServer?
    private let health: HealthService
    private let trace: TraceLog?
    /// Whether the learner's own dispatcher serves the programs.
    private let isEmbedded: Bool

    /// - Throws: `MonitoringError` when the run may not listen where it is told to.
    init(directory: RunDirectory, configuration: RunConfiguration, step: Int) throws {
        self.directory = directory
        isEmbedded = configuration.cluster.dispatcher.isEmbedded
        state = Mutex(State(step: step, version: step))
        let health = HealthService(role: "learner", name: configuration.run.name)
        self.health = health
        trace = configuration.monitoring.trace ? try TraceLog(url: directory.trace) : nil
        guard !configuration.monitoring.listen.isEmpty else {
            server = nil
            return
        }
        let reader = RunReader(directory: directory.url, problem: problemLookup(of: directory))
        let dashboard = DashboardService(runs: [reader], health: health)
        server = try WebServer(
            address: ListenAddress(configuration.monitoring.listen),
            token: AccessToken.fromEnvironment(ProcessInfo.processInfo.environment)
        ) { await dashboard.answer($0) }
    }

    /// Begins to write `cluster.json` and to serve.
    func start(
        rollouts: RolloutService,
        dispatcher: ExecutionDispatcher,
        weights: WeightServer
    ) throws -> [Task<Void, Never>] {
        let reporting = Task { [self] in
            while !Task.isCancelled {
                await report(rollouts, dispatcher).write(in: directory.url)
                try? await Task.sleep(for: .seconds(1))
            }
        }
        guard let server else { return [reporting] }
        let serving = Task {
            do {
                try await server.run { writeNotice("learner: dashboard and /metrics at http://\($0)/") }
            } catch {
                // A run is worth more than its page.
                writeNotice("learner: no dashboard: \(error)")
            }
        }
        return [reporting, serving]
    }

    private func report(_ rollouts: RolloutService, _ dispatcher: ExecutionDispatcher) async -> ClusterReport {
        let statistics = await dispatcher.snapshot()
        let executors = await dispatcher.executorStates()
        let workers = await rollouts.workers
        let (step, version, phase) = state.withLock { ($0.step, $0.version, $0.phase) }
        let busy = executors.reduce(0) { $0 + min($1.slots, $1.leases) }
        health.update([
            "executor/slots_total": Double(statistics.slots), "executor/slots_busy": Double(busy),
            "rollout/workers": Double(workers.count),
        ])
        return ClusterReport(
            time: Date().timeIntervalSince1970,
            step: step,
            phase: phase.rawValue,
            version: version,
            workers: workers,
            executors: executors.map {
                ClusterReport.Executor(
                    name: $0.name,
                    slots: $0.slots,
                    leases: $0.leases,
                    silence: $0.silence,
                    verdicts: $0.verdicts,
                    languages: $0.languages,
                    clock: $0.clock.map(ClusterReport.Clock.init)
                )
            },
            queued: statistics.queued,
            running: statistics.running,
            queueWait: statistics.meanWaitSeconds
        )
    }

    /// An iteration begins: its shards are leased.
    func begin(step: Int) {
        enter(.leasing)
        state.withLock {
            $0.step = step
            $0.stepStart = $0.phaseStart
            $0.waited = 0
        }
    }

    /// The learner turns to something else.
    func enter(_ phase: Phase) {
        let now = ProcessClock.now
        let ended = state.withLock { state in
            defer { (state.phase, state.phaseStart) = (phase, now) }
            if state.phase == .waiting { state.waited += now - state.phaseStart }
            return TraceSpan(
                process: "learner",
                name: state.phase.rawValue,
                start: state.phaseStart,
                end: now,
                step: state.step
            )
        }
        trace?.append([ended])
    }

    /// The newest numbers, for `/metrics`.
    func update(_ metrics: [String: Double]) { health.update(metrics) }

    /// The run is over.
    func finish() {
        enter(.finished)
        guard var report = ClusterReport.read(in: directory.url) else { return }
        report.phase = Phase.finished.rawValue
        report.step = state.withLock { $0.version }
        report.write(in: directory.url)
    }

    /// What the iteration's spans and counters say: an iteration has been learnt from.
    func finishStep(version: Int, _ cluster: LearnerService.Cluster) async -> [String: Double] {
        enter(.recording)
        let (rollouts, dispatcher, weights) = (cluster.rollouts, cluster.dispatcher, cluster.weights)
        let shards = await rollouts.takeFinished()
        let workers = await rollouts.workers
        let counts = await rollouts.counts
        let (interval, running) = await dispatcher.takeInterval()
        let executors = await dispatcher.executorStates()
        let sent = await weights.bytesSent
        let (window, waited) = state.withLock { (TimeSpan(start: $0.stepStart, end: $0.phaseStart), $0.waited) }
        var metrics = idleRatios(
            shards: shards,
            workers: workers.map(\.name),
            leases: interval.spans + running,
            slots: executors.reduce(into: [:]) { $0[$1.name, default: 0] += $1.slots },
            window: window
        )
        metrics["idle/learner_ratio"] = waited / max(waited, window.end - window.start, .leastNonzeroMagnitude)
        metrics.merge(waitMetrics(interval.waits)) { $1 }
        metrics.merge(shardMetrics(await rollouts.accounts)) { $1 }
        metrics.merge(
            isEmbedded ? jobMetrics(await dispatcher.snapshot()) : programMetrics(await rollouts.programs)
        ) { $1 }
        metrics["rollout/workers"] = Double(workers.count)
        metrics["executor/joined"] = Double(interval.joined)
        metrics["executor/left"] = Double(interval.left)
        metrics["executor/lost"] = Double(interval.lost)
        metrics["executor/slots_busy"] = metrics["executor/utilization"].map { share in
            share * Double(executors.reduce(0) { $0 + $1.slots })
        }
        metrics["rollout/shards_reassigned"] = Double(counts.reassigned)
        metrics["transport/refused"] = Double(counts.refused)
        metrics["weights/lag_max"] = workers.compactMap { $0.version.map { Double(version - 1 - $0) } }.max()
        let clocks =
            workers.map { ("rollout \($0.name)", $0.clock) }
            + executors.map { ("executor \($0.name)", $0.clock.map(ClusterReport.Clock.init)) }
        metrics["transport/clock_offset_max_s"] = clocks.compactMap { $0.1.map { abs($0.offset) } }.max()
        metrics["transport/clock_error_max_s"] = clocks.compactMap(\.1?.error).max()
        state.withLock { state in
            metrics["transport/bytes_in"] = Double(counts.bytesIn - state.bytesIn)
            metrics["transport/bytes_out"] = Double(counts.bytesOut - state.bytesOut + sent - state.weightBytes)
            metrics["weights/bytes_sent"] = Double(sent - state.weightBytes)
            (state.bytesIn, state.bytesOut, state.weightBytes) = (counts.bytesIn, counts.bytesOut, sent)
            state.version = version
        }
        let whole = TraceSpan(
            process: "learner",
            name: "step",
            start: window.start,
            end: window.end,
            step: version - 1,
            capacity: workers.count,
            slots: executors.reduce(0) { $0 + $1.slots }
        )
        trace?.append([whole] + Self.spans(shards, interval.spans) + Self.spans(clocks, at: window.end))
        return metrics
    }

    private static func spans(_ clocks: [(String, ClusterReport.Clock?)], at time: Double) -> [TraceSpan] {
        clocks.compactMap { process, clock in
            clock.map {
                TraceSpan(
                    process: process,
                    name: "clock",
                    start: time,
                    end: time,
                    clockOffset: $0.offset,
                    clockError: $0.error
                )
            }
        }
    }

    private static func spans(_ shards: [ShardTimes], _ leases: [LeaseSpan]) -> [TraceSpan] {
        var spans: [TraceSpan] = []
        for shard in shards {
            let process = "rollout \(shard.worker)"
            for (name, span) in [("generation", shard.generation), ("execution", shard.execution)] {
                spans.append(
                    TraceSpan(
                        process: process,
                        name: name,
                        start: span.start,
                        end: span.end,
                        step: shard.step,
                        shard: shard.shard
                    )
                )
            }
        }
        return spans
            + leases.map {
                TraceSpan(
                    process: "executor \($0.executor)",
                    name: "lease",
                    start: $0.start,
                    end: $0.end,
                    capacity: $0.slots,
                    outcome: $0.outcome,
                    judgingStart: $0.judgingStart,
                    judgingEnd: $0.judgingEnd
                )
            }
    }
}
