import Dispatching
import Foundation
import Programs
import Protocol
import Synchronization
import Testing
import Transport

/// A dispatcher on its two channels, and a directory for their sockets.
private func withDispatcher(
    zeroMQ: Bool,
    options: ExecutionDispatcher.Options = ExecutionDispatcher.Options(),
    faults: InMemoryFaults = InMemoryFaults(),
    _ body: (any ChannelProvider, _ clients: String, _ executors: String, ExecutionDispatcher) async throws -> Void
) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("d-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let provider: any ChannelProvider =
        zeroMQ ? try ZeroMQTransport(security: .plainLoopback) : InMemoryTransport(faults: faults)
    let prefix = zeroMQ ? "ipc://\(directory.path)/" : ""
    let clients = try await provider.server(binding: prefix + "clients", options: .execution)
    let executors = try await provider.server(binding: prefix + "executors", options: .execution)
    let dispatcher = ExecutionDispatcher(clients: clients, executors: executors, options: options)
    let serving = Task { try await dispatcher.run() }
    do {
        try await body(provider, clients.endpoint, executors.endpoint, dispatcher)
    } catch {
        serving.cancel()
        await provider.close()
        throw error
    }
    serving.cancel()
    try await serving.value
    await provider.close()
}

private func job(_ i: Int, language: Language = .python) -> ExecutionJob {
    ExecutionJob(
        id: "\(i)",
        language: language,
        program: "print(\(i))",
        tests: [.stdio(stdin: "", stdout: "\(i)")]
    )
}

/// Says which program it was given, so that a verdict that went astray is noticed.
private func verdict(on job: ExecutionJob) -> Verdict {
    Verdict(outcome: .accepted, testsPassed: 1, testsTotal: 1, diagnostics: job.program)
}

private func executor(
    _ provider: any ChannelProvider,
    at endpoint: String,
    slots: Int = 4,
    languages: [String: String] = ["python": "3.11"],
    judge: @escaping @Sendable (ExecutionJob) async -> Verdict
) async throws -> Task<Void, any Error> {
    let channel = try await provider.client(connecting: endpoint, options: .execution)
    return Task {
        try await runExecutor(channel: channel, slots: slots, toolChains: languages, judge: judge)
    }
}

private func client(
    _ provider: any ChannelProvider,
    at endpoint: String,
    repeatSeconds: Double = 5
) async throws -> ExecutionClient {
    var options = ExecutionClient.Options()
    options.repeatSeconds = repeatSeconds
    options.heartbeatSeconds = min(1, repeatSeconds)
    let channel = try await provider.client(connecting: endpoint, options: .execution)
    return ExecutionClient(channel: channel, options: options)
}

/// Judges jobs `0 ..< count` at once.
private func judgeAll(_ count: Int, with client: ExecutionClient) async throws -> [Int: Verdict] {
    try await withThrowingTaskGroup(of: (Int, Verdict).self) { group in
        for i in 0..<count { group.addTask { (i, try await client.judge(job(i))) } }
        var verdicts: [Int: Verdict] = [:]
        for try await (i, verdict) in group { verdicts[i] = verdict }
        return verdicts
    }
}

struct ExecutionTests {
    @Test(.timeLimit(.minutes(2)), arguments: [false, true])
    func everyJobGetsItsOwnVerdict(zeroMQ: Bool) async throws {
        try await withDispatcher(zeroMQ: zeroMQ) { provider, clients, executors, dispatcher in
            let workers = [
                try await executor(provider, at: executors) { verdict(on: $0) },
                try await executor(provider, at: executors) { verdict(on: $0) },
            ]
            let client = try await client(provider, at: clients)
            let started = ContinuousClock.now
            let verdicts = try await judgeAll(1000, with: client)
            let seconds = (ContinuousClock.now - started) / .seconds(1)
            print("\(zeroMQ ? "ipc" : "memory"): \(Int(1000 / seconds)) verdicts/s")
            #expect(verdicts.count == 1000)
            for (i, found) in verdicts where found != verdict(on: job(i)) { Issue.record("job \(i) got \(found)") }
            let statistics = await dispatcher.snapshot()
            #expect(statistics.completed == 1000)
            #expect(statistics.executors == 2)
            #expect(statistics.slots == 8)
            #expect(statistics.quarantined == 0)
            for worker in workers { worker.cancel() }
            for worker in workers { try await worker.value }
            // They said goodbye.
            for _ in 0..<50 where await dispatcher.snapshot().executors > 0 {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(await dispatcher.snapshot().executors == 0)
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [false, true])
    func anExecutorThatDiesLosesNoJob(zeroMQ: Bool) async throws {
        var options = ExecutionDispatcher.Options()
        options.silenceSeconds = 1.5
        try await withDispatcher(zeroMQ: zeroMQ, options: options) { provider, clients, executors, dispatcher in
            // The first executor never finishes anything, and its connection is cut in the middle of its jobs.
            let begun = Mutex(0)
            let doomedChannel = try await provider.client(connecting: executors, options: .execution)
            let doomed = Task {
                try await runExecutor(channel: doomedChannel, slots: 4, toolChains: ["python": "3"]) { job in
                    begun.withLock { $0 += 1 }
                    try? await Task.sleep(for: .seconds(3600))
                    return verdict(on: job)
                }
            }
            let client = try await client(provider, at: clients)
            async let verdicts = judgeAll(200, with: client)
            while begun.withLock({ $0 }) < 4 { try await Task.sleep(for: .milliseconds(10)) }
            await doomedChannel.close()
            let healthy = try await executor(provider, at: executors) { verdict(on: $0) }
            let found = try await verdicts
            #expect(found.count == 200)
            for (i, one) in found where one != verdict(on: job(i)) { Issue.record("job \(i) got \(one)") }
            let statistics = await dispatcher.snapshot()
            #expect(statistics.completed == 200)
            // Given back when it was found dead, or already judged by the other.
            #expect(statistics.requeued + statistics.hedgesWon >= 4)
            await #expect(throws: DispatchError.transport(.closed)) { try await doomed.value }
            healthy.cancel()
            try await healthy.value
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func lostRepeatedAndLateMessagesLoseNoJob() async throws {
        var faults = InMemoryFaults()
        faults.dropped = 0.1
        faults.duplicated = 0.1
        faults.delay = .milliseconds(5)
        var options = ExecutionDispatcher.Options()
        options.leaseSeconds = 2
        options.silenceSeconds = 10
        try await withDispatcher(zeroMQ: false, options: options, faults: faults) {
            provider,
            clients,
            executors,
            dispatcher in
            let worker = try await executor(provider, at: executors) { verdict(on: $0) }
            let client = try await client(provider, at: clients, repeatSeconds: 0.3)
            let verdicts = try await judgeAll(300, with: client)
            #expect(verdicts.count == 300)
            for (i, found) in verdicts where found != verdict(on: job(i)) { Issue.record("job \(i) got \(found)") }
            worker.cancel()
            try await worker.value
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [false, true])
    func aRestartedDispatcherIsAskedAgain(zeroMQ: Bool) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "r-\(UUID().uuidString.prefix(8))"
        )
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let provider: any ChannelProvider = zeroMQ ? try ZeroMQTransport(security: .plainLoopback) : InMemoryTransport()
        let prefix = zeroMQ ? "ipc://\(directory.path)/" : ""
        func start(_ provider: any ChannelProvider) async throws -> (Task<Void, any Error>, [any ServerChannel]) {
            let clients = try await provider.server(binding: prefix + "clients", options: .execution)
            let executors = try await provider.server(binding: prefix + "executors", options: .execution)
            let dispatcher = ExecutionDispatcher(clients: clients, executors: executors)
            return (Task { try await dispatcher.run() }, [clients, executors])
        }
        let firstProvider: any ChannelProvider = zeroMQ ? try ZeroMQTransport(security: .plainLoopback) : provider
        let (first, channels) = try await start(firstProvider)
        let begun = Mutex(0)
        let go = Mutex(false)
        let worker = try await executor(provider, at: prefix + "executors") { job in
            begun.withLock { $0 += 1 }
            while !go.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(10)) }
            return verdict(on: job)
        }
        let client = try await client(provider, at: prefix + "clients", repeatSeconds: 0.5)
        async let verdicts = judgeAll(20, with: client)
        while begun.withLock({ $0 }) < 4 { try await Task.sleep(for: .milliseconds(10)) }
        for channel in channels { await channel.close() }
        _ = await first.result
        // As with a process that has ended, nothing of the first one is closed later: ZeroMQ would remove the second one's files.
        if zeroMQ { await firstProvider.close() }
        let (second, _) = try await start(provider)
        go.withLock { $0 = true }
        let found = try await verdicts
        #expect(found.count == 20)
        for (i, one) in found where one != verdict(on: job(i)) { Issue.record("job \(i) got \(one)") }
        worker.cancel()
        try await worker.value
        await client.close()
        second.cancel()
        try await second.value
        await provider.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func aJobThatKillsThreeExecutorsIsAFailureOfTheInfrastructure() async throws {
        var options = ExecutionDispatcher.Options()
        options.silenceSeconds = 0.8
        try await withDispatcher(zeroMQ: false, options: options) { provider, clients, executors, dispatcher in
            let client = try await client(provider, at: clients)
            async let poisoned = client.judge(job(1))
            for _ in 0..<3 {
                let begun = Mutex(false)
                let channel = try await provider.client(connecting: executors, options: .execution)
                let doomed = Task {
                    try await runExecutor(channel: channel, slots: 1, toolChains: ["python": "3"]) { job in
                        begun.withLock { $0 = true }
                        try? await Task.sleep(for: .seconds(3600))
                        return verdict(on: job)
                    }
                }
                while !begun.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
                await channel.close()
                _ = await doomed.result
            }
            let found = try await poisoned
            #expect(found.outcome == .infrastructureFailure)
            #expect(found.diagnostics == "lost on 3 executors")
            #expect(await dispatcher.snapshot().quarantined == 1)
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func equalJobsAreJudgedOnceUnlessTheVerdictWasChance() async throws {
        try await withDispatcher(zeroMQ: false) { provider, clients, executors, dispatcher in
            let judged = Mutex<[String: Int]>([:])
            let worker = try await executor(provider, at: executors, slots: 1) { job in
                judged.withLock { $0[job.program, default: 0] += 1 }
                try? await Task.sleep(for: .milliseconds(30))
                return job.program == "print(2)" ? Verdict(outcome: .timeLimit) : verdict(on: job)
            }
            let first = try await client(provider, at: clients)
            let second = try await client(provider, at: clients)
            async let a = first.judge(job(1))
            async let b = second.judge(job(1))
            #expect(try await a == verdict(on: job(1)))
            #expect(try await b == verdict(on: job(1)))
            #expect(try await first.judge(job(1)) == verdict(on: job(1)))
            #expect(judged.withLock { $0["print(1)"] } == 1)
            let statistics = await dispatcher.snapshot()
            // More when a request came before its client's hello, and was therefore made again.
            #expect(statistics.merged + statistics.cacheHits >= 2)
            // How busy the machine was decides a time limit, so it is found out anew.
            #expect(try await first.judge(job(2)).outcome == .timeLimit)
            #expect(try await first.judge(job(2)).outcome == .timeLimit)
            #expect(judged.withLock { $0["print(2)"] } == 2)
            worker.cancel()
            try await worker.value
            await first.close()
            await second.close()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aLanguageNobodyKnowsIsNamedAfterAWhile() async throws {
        var options = ExecutionDispatcher.Options()
        options.languageGraceSeconds = 0.3
        try await withDispatcher(zeroMQ: false, options: options) { provider, clients, executors, _ in
            let worker = try await executor(provider, at: executors) { verdict(on: $0) }
            let client = try await client(provider, at: clients)
            #expect(try await client.judge(job(1)).outcome == .accepted)
            let found = try await client.judge(job(1, language: .ruby))
            #expect(found.outcome == .infrastructureFailure)
            #expect(found.diagnostics == "no executor has known ruby for 0 s; 1 executors know python")
            worker.cancel()
            try await worker.value
            await client.close()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aCancelledRequestEndsAtOnceAndAnImpossibleOneIsNamed() async throws {
        try await withDispatcher(zeroMQ: false) { provider, clients, _, _ in
            let client = try await client(provider, at: clients)
            let waiting = Task { try await client.judge(job(1)) }
            try await Task.sleep(for: .milliseconds(50))
            waiting.cancel()
            await #expect(throws: DispatchError.cancelled) { try await waiting.value }
            #expect(client.outstanding == 0)
            var huge = job(2)
            huge.program = String(repeating: "a", count: (1 << 20) + 1)
            let error = await #expect(throws: DispatchError.self) { try await client.judge(huge) }
            #expect(
                error?.description
                    == "execution_request.program: expected at most 1048576 UTF-8 bytes, found 1048577"
            )
            let closing = Task { try await client.judge(job(3)) }
            try await Task.sleep(for: .milliseconds(50))
            await client.close()
            await #expect(throws: DispatchError.transport(.closed)) { try await closing.value }
        }
    }

    @Test func aDigestNamesEverythingButTheId() {
        let name = jobDigest(job(1))
        var other = job(1)
        other.id = "another"
        #expect(jobDigest(other) == name)
        #expect(jobDigest(job(1), salt: "s") != name)
        var limits = job(1)
        limits.limits.cpuSeconds = 1
        #expect(jobDigest(limits) != name)
        #expect(jobDigest(job(1, language: .ruby)) != name)
        // Text cannot move from one field to the next.
        let a = ExecutionJob(id: "", language: .c, program: "x", tests: [.stdio(stdin: "ab", stdout: "c")])
        let b = ExecutionJob(id: "", language: .c, program: "x", tests: [.stdio(stdin: "a", stdout: "bc")])
        #expect(jobDigest(a) != jobDigest(b))
    }
}
