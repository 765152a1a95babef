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

            With --dispatchers 2 and more, they share the jobs by their digests and the executors evenly; figures of the             processor are sums over all of them, those of a core are per core that they use. Memory and the restart are             those of the first.
            """
    )

    @Option(help: "Executors, all in this process.")
    var peers = 1000

    @Option(help: "Dispatchers that share the jobs, a process each.")
    var dispatchers = 1

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
        guard (1...min(64, peers)).contains(dispatchers) else {
            throw ValidationError("--dispatchers is \(dispatchers), expected 1 to 64, and no more than --peers")
        }
    }

    func run() async throws {
        _ = raiseDescriptorLimit()
        let folder = try benchSocketFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        // A busy machine must not be taken for a thousand dead executors.
        let patience = ["--silence", "30", "--lease", "60"]
        let bases = try (0..<dispatchers).map { try base($0, folder) }
        var all = try bases.map { try BenchDispatcher(base: $0, more: patience) }
        // A context has room for a thousand sockets.
        let transports = try (0..<(peers + 399) / 400).map { _ in try ZeroMQTransport(security: .plainLoopback) }
        let executors = try await pool(transports, all.map(\.executors))
        defer { for executor in executors { executor.cancel() } }
        for (i, dispatcher) in all.enumerated() { try await dispatcher.wait(slots: slots(of: i)) }
        let transport = try ZeroMQTransport(security: .plainLoopback)
        let client = try await client(transport, all)
        var figures: [String: Double] = [
            "peers": Double(peers), "jobs": Double(jobs), "dispatchers": Double(dispatchers),
        ]
        let idle = cpuSeconds(all)
        try await Task.sleep(for: .seconds(3))
        figures["idle_cpu_share"] = (cpuSeconds(all) - idle) / 3 / Double(dispatchers)
        writeNotice("dispatch: \(peers) executors; \(jobs) jobs of \(bytes) bytes; \(dispatchers) dispatchers")
        try await throughput(client, all, &figures)
        try await latency(client, &figures)
        try await memory(transport, all[0], &figures)
        await all[0].process.stop(SIGKILL)
        let killed = ContinuousClock.now
        all[0] = try BenchDispatcher(base: bases[0], more: patience)
        try await all[0].wait(slots: slots(of: 0))
        figures["registered_again_s"] = (ContinuousClock.now - killed).seconds
        _ = try await client.judge(job(-1))
        await client.close()
        for dispatcher in all { await dispatcher.process.stop() }
        var report = BenchFigures(
            bench: "dispatch",
            columns: [
                ("peers", 0), ("dispatchers", 0), ("leases_per_core_s", 0), ("leases_per_cpu_s", 0),
                ("leases_per_s", 0),
                ("cpu_us_per_lease", 1),
                ("idle_cpu_share", 3), ("p50_ms", 2), ("p99_ms", 2), ("mute_peer_mib", 1), ("registered_again_s", 2),
            ]
        )
        report.rows = [BenchFigures.Row(name: endpoint ?? "ipc", figures: figures)]
        try report.report(json: json)
    }

    /// Where the dispatcher `index` listens: its own folder, or the two ports after those of the one before.
    private func base(_ index: Int, _ folder: URL) throws -> String {
        guard let endpoint, let colon = endpoint.lastIndex(of: ":") else {
            let own = folder.appending(path: "\(index)")
            try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
            return own.path
        }
        let port = Int(endpoint[endpoint.index(after: colon)...]) ?? 0
        return endpoint[...colon] + "\(port + 2 * index)"
    }

    /// Executors of the dispatcher `index`.
    private func slots(of index: Int) -> Int { peers / dispatchers + (index < peers % dispatchers ? 1 : 0) }

    private func cpuSeconds(_ all: [BenchDispatcher]) -> Double { all.reduce(0) { $0 + $1.process.cpuSeconds } }

    private func client(_ transport: ZeroMQTransport, _ all: [BenchDispatcher]) async throws -> ExecutionClient {
        var clients: [ExecutionClient.Dispatcher] = []
        for dispatcher in all {
            let channel = try await transport.client(connecting: dispatcher.programs, options: .execution)
            clients.append(ExecutionClient.Dispatcher(name: dispatcher.programs, channel: channel))
        }
        var options = ExecutionClient.Options()
        // What is measured is two dispatchers, not one that is taken for dead because the machine is full.
        options.silenceSeconds = 30
        return ExecutionClient(dispatchers: clients, options: options) { writeNotice("dispatch: \($0)") }
    }

    private func job(_ number: Int) -> ExecutionJob { Self.job(number, bytes: bytes) }

    private static func job(_ number: Int, bytes: Int) -> ExecutionJob {
        let text = "# \(number)\n"
        let program = text + String(repeating: "x", count: max(0, bytes - text.utf8.count))
        return ExecutionJob(id: "\(number)", language: .python, program: program, tests: [])
    }

    private func pool(
        _ transports: [ZeroMQTransport],
        _ endpoints: [String]
    ) async throws -> [Task<Void, any Error>] {
        var tasks: [Task<Void, any Error>] = []
        for i in 0..<peers {
            let transport = transports[i % transports.count]
            let channel = try await transport.client(connecting: endpoints[i % endpoints.count], options: .execution)
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
        _ all: [BenchDispatcher],
        _ figures: inout [String: Double]
    ) async throws {
        let cpu = cpuSeconds(all)
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
        let spent = cpuSeconds(all) - cpu
        figures["leases_per_s"] = Double(jobs) / seconds
        // Part of it would have been spent on heartbeats without any job.
        let idle = figures["idle_cpu_share"] ?? 0
        let perLease = max(1e-9, spent - idle * Double(dispatchers) * seconds) / Double(jobs)
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
