import Determinism
import Foundation
import Programs
import Protocol
import Transport

/// A learner, a dispatcher, rollout workers and executors in one address space with one clock: their real state machines
/// over a network that loses, repeats, delays and reorders messages, while processes crash, stop, go on and are cut off.
///
/// What a process had in memory is lost when it crashes; what was written to disk is not. The same seed makes the same
/// history. While there is trouble nothing may be lost, counted twice or judged wrongly; when it is over, all work must
/// come to an end.
package struct ClusterSimulation {
    let options: SimulationOptions
    var random: CounterGenerator
    var weather: SimulatedWeather
    var agenda = SimulatedAgenda()
    var now = 0.0
    var report = SimulationReport()

    let jobs: SimulatedJobs
    var board: ShardBoard
    var dispatchers: [DispatcherCore]
    var workers: [SimulatedWorker]
    var executors: [ExecutorCore]
    /// What runs on each executor.
    var running: [[UInt64: Digest]]
    /// How often each process was started; 0: it is down.
    var starts: [SimulatedNode: Int] = [:]
    var up: Set<SimulatedNode> = []
    var paused: Set<SimulatedNode> = []
    var cutOff: Set<SimulatedNode> = []
    /// Processes that nobody starts again.
    var ended: Set<SimulatedNode> = []
    /// What reached a process while it was stopped.
    var held: [SimulatedNode: [SimulatedEvent]] = [:]

    /// What the learner is writing.
    var writing: [ShardID: WireShardResult] = [:]
    /// The learner's disk.
    var disk: [ShardID: WireShardResult] = [:]
    var step = 0
    /// What the learner has consumed, by shard: how often.
    var consumed: [ShardID: Int] = [:]
    /// Everything that was ever in the ledger.
    var everStored: Set<ShardID> = []

    package init(options: SimulationOptions) {
        self.options = options
        random = RandomKey(seed: options.seed, path: 0xC1).generator()
        weather = SimulatedWeather(&random)
        jobs = SimulatedJobs(options: options, random: &random)
        board = Self.newBoard(start: 1)
        dispatchers = []
        workers = []
        executors = []
        running = []
        dispatchers = (0..<options.dispatchers).map { _ in newDispatcher(start: 1) }
        workers = (0..<options.workers).map { newWorker($0) }
        executors = (0..<options.executors).map { newExecutor($0) }
        running = executors.map { _ in [:] }
    }

    static func newBoard(start: Int) -> ShardBoard {
        let first = UInt64(start) << 32
        return ShardBoard(welcome: WireWelcome(), leaseSeconds: 4, silenceSeconds: 2.5, firstLease: first)
    }

    func newDispatcher(start: Int) -> DispatcherCore {
        var options = DispatcherOptions()
        options.leaseSeconds = 4
        // One of several that has no executors any more gives its jobs back.
        options.languageGraceSeconds = self.options.dispatchers > 1 ? 10 : 1000
        options.probes = ["python": [Self.probe]]
        options.probeSeconds = 30
        options.quarantineSeconds = 1
        options.hedgeSamples = 3
        options.hedgedShare = 0.2
        // Names of leases as random ones would be: no start gives those of another.
        return DispatcherCore(options: options, firstLease: UInt64(start) << 32)
    }

    func newWorker(_ index: Int) -> SimulatedWorker {
        SimulatedWorker(
            name: "worker \(index)",
            dispatchers: options.dispatchers,
            silenceSeconds: options.plantedBug == .neverMoves ? .infinity : 3,
            now: now
        )
    }

    static let probe = Probe(
        job: ExecutionJob(id: "", language: .python, program: "probe", tests: []),
        expected: .accepted
    )

    func newExecutor(_ index: Int) -> ExecutorCore {
        ExecutorCore(name: "executor \(index)", slots: options.slots, toolChains: ["python": "3"])
    }

    var nodes: [SimulatedNode] {
        [.learner] + dispatchers.indices.map { .dispatcher($0) } + workers.indices.map { .worker($0) }
            + executors.indices.map { .executor($0) }
    }

    /// Lives through everything.
    package mutating func run() -> SimulationReport {
        for node in nodes { start(node) }
        agenda.add(.trouble, at: random.pick([0.5, 1, 3]))
        for node in doomed { agenda.add(.end(node), at: random.unit() * options.troubleSeconds / 4) }
        let end = options.troubleSeconds + options.healingSeconds
        while report.complaint == nil, step < options.steps, let (time, event) = agenda.next() {
            now = time
            guard now < end else {
                complain(
                    "after \(Int(now)) s step \(step) is not done: \(board.accounts.summary); "
                        + dispatchers.map { "\($0.snapshot())" }.joined(separator: "; ")
                )
                break
            }
            report.events += 1
            handle(event)
            if report.events.isMultiple(of: 16) { audit() }
        }
        audit()
        report.seconds = now
        for dispatcher in dispatchers {
            count(dispatcher)
            report.duplicates += dispatcher.snapshot().duplicates
        }
        report.duplicates += board.accounts.duplicates
        for worker in workers { count(worker) }
        return report
    }

    private mutating func count(_ dispatcher: DispatcherCore) {
        let statistics = dispatcher.snapshot()
        report.requeued += statistics.requeued
        report.quarantined += statistics.quarantined
        report.hedged += statistics.hedged
    }

    private mutating func count(_ worker: SimulatedWorker) {
        report.moved += worker.client.accounts.moved
        report.late += worker.client.accounts.late
    }

    /// What ends for good, where there are several dispatchers: the last of them, or all of its executors, or nothing.
    private var doomed: [SimulatedNode] {
        let last = options.dispatchers - 1
        guard last > 0 else { return [] }
        switch options.seed / 4 % 3 {
        case 0: return [.dispatcher(last)]
        case 1: return executors.indices.filter { $0 % options.dispatchers == last }.map { .executor($0) }
        default: return []
        }
    }

    mutating func complain(_ text: String) { report.complaint = report.complaint ?? "at \(now) s: \(text)" }

    /// What must hold at all times.
    private mutating func audit() {
        if up.contains(.learner), let imbalance = board.imbalance { complain(imbalance) }
        for statistics in dispatchers.map({ $0.snapshot() }) where !statistics.isBalanced {
            complain("jobs do not balance: \(statistics)")
        }
        for accounts in workers.map(\.client.accounts) where !accounts.isBalanced {
            complain("a worker's programs do not balance: \(accounts.summary)")
        }
        let total = options.steps * options.shardsPerStep * options.programsPerShard
        let bound = 40 * (total + options.workers + options.executors)
        if board.footprint > bound { complain("the learner remembers \(board.footprint) things") }
        for dispatcher in dispatchers where dispatcher.footprint > bound {
            complain("a dispatcher remembers \(dispatcher.footprint) things")
        }
        for executor in executors where executor.footprint > bound { complain("an executor remembers too much") }
        for (shard, count) in consumed where count != 1 { complain("shard \(shard) was consumed \(count) times") }
    }

    private mutating func handle(_ event: SimulatedEvent) {
        switch event {
        case .arrive(let message):
            guard isCurrent(message.to, message.receiverStart), starts[message.from] == message.senderStart else {
                return
            }
            if hold(event, message.to) { return }
            receive(message)
        case .beat(let node, let start):
            guard isCurrent(node, start) else { return }
            if hold(event, node) { return }
            beat(node)
            agenda.add(.beat(node, start: start), at: now + period(node))
        case .judged(let executor, let start, let lease):
            guard isCurrent(.executor(executor), start) else { return }
            if hold(event, .executor(executor)) { return }
            judged(executor, lease)
        case .sampled(let worker, let start, let lease):
            guard isCurrent(.worker(worker), start) else { return }
            if hold(event, .worker(worker)) { return }
            sampled(worker, lease)
        case .written(let start, let shard):
            // A write that had begun when the learner crashed is on the disk, or is not: here it is not.
            guard isCurrent(.learner, start) else { return }
            if hold(event, .learner) { return }
            written(shard)
        case .trouble: trouble()
        case .restart(let node): if !up.contains(node), !ended.contains(node) { start(node) }
        case .end(let node):
            ended.insert(node)
            if up.contains(node) { crash(node) }
        case .proceed(let node):
            paused.remove(node)
            for event in held.removeValue(forKey: node) ?? [] { handle(event) }
        case .reconnect(let node): cutOff.remove(node)
        }
    }

    private func isCurrent(_ node: SimulatedNode, _ start: Int) -> Bool { up.contains(node) && starts[node] == start }

    private mutating func hold(_ event: SimulatedEvent, _ node: SimulatedNode) -> Bool {
        guard paused.contains(node) else { return false }
        held[node, default: []].append(event)
        return true
    }

    private func period(_ node: SimulatedNode) -> Double {
        switch node {
        case .learner, .dispatcher: 0.25
        case .worker, .executor: 0.5
        }
    }

    /// Puts a message on its way, or loses it, or sends it twice.
    mutating func send(_ body: WireEnvelope.OneOf_Body, from: SimulatedNode, to: SimulatedNode) {
        guard up.contains(to), let senderStart = starts[from], let receiverStart = starts[to] else { return }
        let message = SimulatedMessage(
            from: from,
            to: to,
            senderStart: senderStart,
            receiverStart: receiverStart,
            body: body
        )
        let isTrouble = now < options.troubleSeconds
        if isTrouble, cutOff.contains(from) || cutOff.contains(to) || random.unit() < weather.dropped {
            report.dropped += 1
            return
        }
        var copies = 1
        if isTrouble, random.unit() < weather.duplicated {
            copies = 2
            report.duplicated += 1
        }
        for _ in 0..<copies {
            let delay = 0.0005 + (isTrouble ? weather.delay : 0.002) * random.unit()
            agenda.add(.arrive(message), at: now + delay)
        }
    }

    // MARK: Trouble

    private mutating func trouble() {
        guard now < options.troubleSeconds else { return }
        let node = random.pick(nodes)
        switch random.integer(below: 4) {
        case 0, 1:
            if up.contains(node) { crash(node) }
        case 2:
            report.pauses += 1
            paused.insert(node)
            agenda.add(.proceed(node), at: now + random.unit() * 6)
        default:
            report.partitions += 1
            cutOff.insert(node)
            agenda.add(.reconnect(node), at: now + random.unit() * 6)
        }
        agenda.add(.trouble, at: now + weather.troubleEvery * 2 * random.unit())
    }

    mutating func crash(_ node: SimulatedNode) {
        report.crashes += 1
        up.remove(node)
        held[node] = nil
        paused.remove(node)
        agenda.add(.restart(node), at: now + 0.2 + 2 * random.unit())
        switch node {
        case .dispatcher(let i): count(dispatchers[i])
        case .worker(let i): count(workers[i])
        default: break
        }
    }

    private mutating func start(_ node: SimulatedNode) {
        starts[node, default: 0] += 1
        up.insert(node)
        let start = starts[node] ?? 0
        switch node {
        case .learner:
            board = Self.newBoard(start: start)
            writing = [:]
            submit()
        case .dispatcher(let i): dispatchers[i] = newDispatcher(start: start)
        case .worker(let i):
            workers[i] = newWorker(i)
            sendToDispatchers(workers[i].client.hello(), from: i)
        case .executor(let i):
            executors[i] = newExecutor(i)
            running[i] = [:]
            send(executors[i].hello(), from: node, to: dispatcher(of: i))
        }
        agenda.add(.beat(node, start: start), at: now + 0.01 + 0.1 * random.unit())
    }
}
