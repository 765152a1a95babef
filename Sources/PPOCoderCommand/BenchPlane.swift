import ArgumentParser
import Dispatching
import Foundation
import Learner
import Programs
import Telemetry
import Transport

/// `ppocoder bench executor`: an executor whose programs only take time, for `bench cluster`.
struct BenchExecutorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "executor",
        abstract: "An executor that sleeps instead of judging.",
        shouldDisplay: false
    )

    @Option(help: "The dispatcher's endpoint for executors.")
    var dispatcher: String

    @Option(help: "Jobs at once.")
    var slots = 1

    @Option(help: "How long each takes, seconds.")
    var seconds = 1.0

    func run() async throws {
        let lifetime = ProcessLifetime(watchParent: true) { _ in _exit(0) }
        defer { withExtendedLifetime(lifetime) {} }
        let transport = try ZeroMQTransport(security: .plainLoopback)
        defer { withExtendedLifetime(transport) {} }
        let channel = try await transport.client(connecting: dispatcher, options: .execution)
        let seconds = seconds
        try await runExecutor(channel: channel, slots: slots, toolChains: ["python": "none"]) { _ in
            try? await Task.sleep(for: .seconds(seconds))
            return Verdict(outcome: .accepted)
        }
    }
}

/// How well a number of slots is kept busy with jobs that need no processor, measured and by the model.
struct BenchPlane {
    /// One number of slots.
    struct Point: Encodable {
        var slots: Int
        var processes: Int
        var jobs: Int
        var seconds: Double
        /// Jobs' time by slots' time.
        var efficiency: Double
        var programsPerSecond: Double
        var dispatcherCPUShare: Double
        var modelledEfficiency: Double
        /// By how much the model is off, as a share of the measured time.
        var modelError: Double

        private enum CodingKeys: String, CodingKey {
            case slots, processes, jobs, seconds, efficiency
            case programsPerSecond = "programs_per_s"
            case dispatcherCPUShare = "dispatcher_cpu_share"
            case modelledEfficiency = "modelled_efficiency"
            case modelError = "model_error"
        }
    }

    let jobSeconds: Double
    let jobsPerSlot: Int
    /// Slots of one executor process.
    let slotsPerProcess: Int

    func measure(slots: Int) async throws -> Point {
        let folder = try benchSocketFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let dispatcher = try BenchDispatcher(base: folder.path)
        var left = slots
        var processes: [BenchProcess] = []
        while left > 0 {
            let count = min(left, slotsPerProcess)
            processes.append(
                try BenchProcess(
                    "ppocoder",
                    [
                        "bench", "executor", "--dispatcher", dispatcher.executors, "--slots", "\(count)", "--seconds",
                        "\(jobSeconds)",
                    ]
                )
            )
            left -= count
        }
        try await dispatcher.wait(slots: slots)
        let transport = try ZeroMQTransport(security: .plainLoopback)
        let client = ExecutionClient(
            channel: try await transport.client(connecting: dispatcher.programs, options: .execution)
        )
        let jobs = slots * jobsPerSlot
        let cpu = dispatcher.process.cpuSeconds
        let begun = ContinuousClock.now
        try await Self.judge(jobs, with: client)
        let seconds = (ContinuousClock.now - begun).seconds
        let share = (dispatcher.process.cpuSeconds - cpu) / seconds
        await client.close()
        for process in processes { await process.stop(SIGKILL) }
        await dispatcher.process.stop()
        let modelled = model(slots: slots, perExecutor: slotsPerProcess, dispatcherSeconds: 50e-6)
        let ideal = Double(jobsPerSlot) * jobSeconds
        return Point(
            slots: slots,
            processes: processes.count,
            jobs: jobs,
            seconds: seconds,
            efficiency: ideal / seconds,
            programsPerSecond: Double(jobs) / seconds,
            dispatcherCPUShare: share,
            modelledEfficiency: ideal / modelled.seconds,
            modelError: (modelled.seconds - seconds) / seconds
        )
    }

    /// The same by the model.
    func model(slots: Int, perExecutor: Int, dispatcherSeconds: Double, latency: Double = 0.0005) -> ClusterModel.Report
    {
        var options = ClusterModel.Options()
        options.executors = (slots + perExecutor - 1) / perExecutor
        options.slotsPerExecutor = min(slots, perExecutor)
        options.jobSeconds = jobSeconds
        options.programsPerShard = slots * jobsPerSlot
        options.dispatcherSeconds = dispatcherSeconds
        options.latencySeconds = latency
        var model = ClusterModel(options: options)
        return model.run()
    }

    private static func judge(_ jobs: Int, with client: ExecutionClient) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<jobs {
                let job = ExecutionJob(id: "", language: .python, program: "# \(number)", tests: [])
                group.addTask { _ = try await client.judge(job) }
            }
            try await group.waitForAll()
        }
    }
}
