import ArgumentParser
import Determinism
import Dispatching
import Foundation
import Learner
import Programs
import Protocol
import Telemetry
import Transport

/// `ppocoder bench dispatch`: what a dispatcher can do.
struct BenchDispatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dispatch",
        abstract: "Measures a dispatcher in a process of its own with very many executors that judge in no time.",
        discussion: """
            Leases per second of one core are what it could do beside the heartbeats, which cost what they cost without any \
            job; leases per CPU second are jobs by all the processor time of the dispatcher's process while they were done. \
            Latency is that of a whole round, client to dispatcher to executor and back. Memory is that of the dispatcher while a client asks for \
            large verdicts and never reads. At last the dispatcher is killed and started again.
            """
    )

    @Option(help: "Executors, all in this process.")
    var peers = 1000

    @Option(help: "Jobs.")
    var jobs = 30_000

    @Option(help: "Bytes of each program.")
    var bytes = 1024

    @Option(help: "Jobs for the measurement of latency, one after the other.")
    var rounds = 2000

    @Option(help: ArgumentHelp("Where to listen; none: ipc sockets.", valueName: "tcp://127.0.0.1:PORT"))
    var endpoint: String?

    @Flag(help: "Print the figures as JSON on stdout.")
    var json = false

    func validate() throws {
        guard peers > 0, jobs > 0, rounds > 0, bytes >= 16 else {
            throw ValidationError("--peers, --jobs and --rounds must be 1 or more, --bytes 16 or more")
        }
    }

    func run() async throws {
        _ = raiseDescriptorLimit()
        let folder = try benchSocketFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let base = endpoint ?? folder.path
        // A busy machine must not be taken for a thousand dead executors.
        let patience = ["--silence", "30", "--lease", "60"]
        var dispatcher = try BenchDispatcher(base: base, more: patience)
        // A context has room for a thousand sockets.
        let transports = try (0..<(peers + 399) / 400).map { _ in try ZeroMQTransport() }
        let executors = try await pool(transports, dispatcher.executors)
        defer { for executor in executors { executor.cancel() } }
        try await dispatcher.wait(slots: peers)
        let transport = try ZeroMQTransport()
        let client = ExecutionClient(
            channel: try await transport.client(connecting: dispatcher.programs, options: .execution)
        )
        var figures: [String: Double] = ["peers": Double(peers), "jobs": Double(jobs)]
        let idle = dispatcher.process.cpuSeconds
        try await Task.sleep(for: .seconds(3))
        figures["idle_cpu_share"] = (dispatcher.process.cpuSeconds - idle) / 3
        writeNotice("dispatch: \(peers) executors; \(jobs) jobs of \(bytes) bytes")
        try await throughput(client, dispatcher.process, &figures)
        try await latency(client, &figures)
        try await memory(transport, dispatcher, &figures)
        await dispatcher.process.stop(SIGKILL)
        let killed = ContinuousClock.now
        dispatcher = try BenchDispatcher(base: base, more: patience)
        try await dispatcher.wait(slots: peers)
        figures["registered_again_s"] = (ContinuousClock.now - killed).seconds
        _ = try await client.judge(job(-1))
        await client.close()
        await dispatcher.process.stop()
        var report = BenchFigures(
            bench: "dispatch",
            columns: [
                ("peers", 0), ("leases_per_core_s", 0), ("leases_per_cpu_s", 0), ("leases_per_s", 0),
                ("cpu_us_per_lease", 1),
                ("idle_cpu_share", 3), ("p50_ms", 2), ("p99_ms", 2), ("mute_peer_mib", 1), ("registered_again_s", 2),
            ]
        )
        report.rows = [BenchFigures.Row(name: endpoint ?? "ipc", figures: figures)]
        try report.report(json: json)
    }

    private func job(_ number: Int) -> ExecutionJob { Self.job(number, bytes: bytes) }

    private static func job(_ number: Int, bytes: Int) -> ExecutionJob {
        let text = "# \(number)\n"
        let program = text + String(repeating: "x", count: max(0, bytes - text.utf8.count))
        return ExecutionJob(id: "\(number)", language: .python, program: program, tests: [])
    }

    private func pool(
        _ transports: [ZeroMQTransport],
        _ endpoint: String
    ) async throws -> [Task<Void, any Error>] {
        var tasks: [Task<Void, any Error>] = []
        for i in 0..<peers {
            let transport = transports[i % transports.count]
            let channel = try await transport.client(connecting: endpoint, options: .execution)
            var options = ExecutorOptions()
            options.name = "fake-\(i)"
            tasks.append(
                Task { [options] in
                    defer { withExtendedLifetime(transport) {} }
                    try await runExecutor(
                        channel: channel,
                        slots: 1,
                        toolChains: ["python": "none"],
                        options: options
                    ) { _ in Verdict(outcome: .accepted) }
                }
            )
        }
        return tasks
    }

    private func throughput(
        _ client: ExecutionClient,
        _ process: BenchProcess,
        _ figures: inout [String: Double]
    ) async throws {
        let cpu = process.cpuSeconds
        let begun = ContinuousClock.now
        let (jobs, bytes) = (jobs, bytes)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let width = min(jobs, 2 * peers)
            for first in 0..<width {
                let numbers = stride(from: first, to: jobs, by: width)
                group.addTask { try await Self.judge(numbers, bytes: bytes, with: client) }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - begun).seconds
        let spent = process.cpuSeconds - cpu
        figures["leases_per_s"] = Double(jobs) / seconds
        // Part of it would have been spent on heartbeats without any job.
        let idle = figures["idle_cpu_share"] ?? 0
        let perLease = max(1e-9, spent - idle * seconds) / Double(jobs)
        figures["cpu_us_per_lease"] = perLease * 1e6
        figures["leases_per_core_s"] = max(0, 1 - idle) / perLease
        figures["leases_per_cpu_s"] = Double(jobs) / spent
    }

    private static func judge(_ numbers: StrideTo<Int>, bytes: Int, with client: ExecutionClient) async throws {
        for number in numbers {
            let verdict = try await client.judge(job(number, bytes: bytes))
            guard verdict.outcome == .accepted else {
                throw BenchError(text: "a job came back as \(verdict.outcome.rawValue)")
            }
        }
    }

    private func latency(_ client: ExecutionClient, _ figures: inout [String: Double]) async throws {
        var times: [Double] = []
        for i in 0..<rounds {
            let begun = ContinuousClock.now
            _ = try await client.judge(job(jobs + i))
            times.append((ContinuousClock.now - begun).seconds * 1000)
        }
        times.sort()
        figures["p50_ms"] = times[times.count / 2]
        figures["p99_ms"] = times[times.count * 99 / 100]
    }

    /// Asks again and again for the largest jobs, and never reads an answer.
    private func memory(
        _ transport: ZeroMQTransport,
        _ dispatcher: BenchDispatcher,
        _ figures: inout [String: Double]
    ) async throws {
        let channel = try await transport.client(connecting: dispatcher.programs, options: .execution)
        let incarnation = EnvelopeCodec.newIdentifier()
        func send(_ body: WireEnvelope.OneOf_Body) async throws {
            let frame = try EnvelopeCodec.encode(
                body,
                runID: [],
                incarnation: incarnation,
                limit: ProtocolLimits.executionFrameBytes
            )
            try await channel.send(frame, timeout: .seconds(10))
        }
        var hello = WireHello()
        hello.role = .client
        hello.name = "mute"
        try await send(.hello(hello))
        let before = dispatcher.process.residentBytes
        var most = before
        for i in 0..<20_000 {
            let job = job(i % 64)
            try await send(
                .executionRequest(WireExecutionRequest(job: job, digest: jobDigest(job).bytes, priority: 0))
            )
            if i.isMultiple(of: 500) { most = max(most, dispatcher.process.residentBytes) }
        }
        figures["mute_peer_mib"] = Double(max(most, dispatcher.process.residentBytes) - before) / 1_048_576
        await channel.close()
    }
}
