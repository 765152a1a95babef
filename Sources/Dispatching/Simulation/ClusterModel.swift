import Determinism
import Foundation
import HeapModule
import Programs
import Protocol
import Transport

/// A cluster in good order, for asking how fast it would be: the real state machines of dispatcher, executors and clients,
/// with measured durations instead of work.
///
/// Messages take `latencySeconds`; the dispatcher takes `dispatcherSeconds` for each and does one at a time; work slows down
/// when more of it is going on than there are `cores`.
package struct ClusterModel {
    /// What is modelled.
    package struct Options: Sendable {
        package var executors = 1
        package var slotsPerExecutor = 1
        /// Mean duration of a job in a slot, seconds, and the part of it that needs a processor.
        package var jobSeconds = 1.0
        package var jobCPUShare = 0.0
        /// Jobs are between (1 − spread) and (1 + spread) times the mean.
        package var jobSpread = 0.0
        package var workers = 1
        package var steps = 1
        package var shardsPerStep = 1
        package var programsPerShard = 1
        /// Sampling one shard, seconds of one processor.
        package var sampleSeconds = 0.0
        /// The learner's update, seconds of all its processors.
        package var updateSeconds = 0.0
        /// From the update until workers hold the new weights, seconds.
        package var weightSeconds = 0.0
        package var latencySeconds = 0.0005
        package var dispatcherSeconds = 20e-6
        /// Processors that executors, workers and learner share; infinite: each has its own.
        package var cores = Double.infinity

        package init() {}
    }

    /// What the model says.
    package struct Report: Sendable {
        package var seconds = 0.0
        package var programs = 0
        /// Shares of the time in which a slot, a worker, the learner and the dispatcher had something to do.
        package var executorBusy = 0.0
        package var workerBusy = 0.0
        package var learnerBusy = 0.0
        package var dispatcherBusy = 0.0
        /// Mean time from a request to the start of its lease, seconds.
        package var queueWaitSeconds = 0.0

        package var programsPerSecond: Double { seconds > 0 ? Double(programs) / seconds : 0 }
        /// The share of the slots' time that jobs took.
        package var efficiency: Double { executorBusy }
    }

    private enum Event: Sendable {
        case atDispatcher(WireEnvelope.OneOf_Body, from: Int, DispatcherSide)
        case decided(DispatcherMessage)
        case judged(executor: Int, lease: UInt64, seconds: Double)
        case sampled(worker: Int, shard: Int)
        case updated
        case tick
        case beat(executor: Int)
    }

    private struct Time: Comparable, Sendable {
        let seconds: Double
        let number: Int

        static func < (a: Self, b: Self) -> Bool {
            a.seconds != b.seconds ? a.seconds < b.seconds : a.number < b.number
        }
    }

    private let options: Options
    private var agenda = Heap<Placed<Time, Event>>()
    private var made = 0
    private var now = 0.0
    private var dispatcher: DispatcherCore
    private var dispatcherFree = 0.0
    private var executors: [ExecutorCore]
    private var clients: [ClientCore]
    private var random = RandomKey(seed: 1, path: 0x40DE).generator()
    private var digests: [Digest: Int] = [:]
    private var left: [Int] = []
    private var waitingShards: [Int] = []
    private var idleWorkers: [Int] = []
    private var owner: [Int: Int] = [:]
    private var openShards = 0
    private var step = 0
    private var active = 0.0
    private var busy = (executor: 0.0, worker: 0.0, learner: 0.0, dispatcher: 0.0)
    private var judgedCount = 0

    package init(options: Options) {
        self.options = options
        var dispatcherOptions = DispatcherOptions()
        dispatcherOptions.cacheEntries = 0
        dispatcherOptions.hedgedShare = 0
        dispatcherOptions.maximumJobs = Int.max
        dispatcher = DispatcherCore(options: dispatcherOptions, firstLease: 2)
        executors = (0..<options.executors).map {
            ExecutorCore(name: "\($0)", slots: options.slotsPerExecutor, toolChains: ["python": ""])
        }
        clients = (0..<options.workers).map { ClientCore(name: "\($0)", repeatSeconds: .infinity) }
    }

    /// Lives through all steps.
    package mutating func run() -> Report {
        for i in clients.indices {
            for message in clients[i].hello() { toDispatcher(message.body, i, .client) }
        }
        for i in executors.indices {
            toDispatcher(executors[i].hello(), i, .executor)
            // Spread, as they are where processes start one after the other.
            add(.beat(executor: i), after: 0.5 * Double(i) / Double(executors.count))
        }
        idleWorkers = Array(clients.indices)
        add(.tick, after: 0.1)
        beginStep()
        while step < options.steps, let head = agenda.popMin() {
            now = head.order.seconds
            handle(head.element)
        }
        var report = Report()
        report.seconds = now
        report.programs = judgedCount
        report.executorBusy = busy.executor / (now * Double(options.executors * options.slotsPerExecutor))
        report.workerBusy = busy.worker / (now * Double(max(1, options.workers)))
        report.learnerBusy = busy.learner / now
        report.dispatcherBusy = busy.dispatcher / now
        report.queueWaitSeconds = dispatcher.snapshot().meanWaitSeconds
        return report
    }

    private mutating func add(_ event: Event, after seconds: Double) {
        made += 1
        agenda.insert(Placed(event, Time(seconds: now + seconds, number: made)))
    }

    private mutating func toDispatcher(_ body: WireEnvelope.OneOf_Body, _ peer: Int, _ side: DispatcherSide) {
        add(.atDispatcher(body, from: peer, side), after: options.latencySeconds)
    }

    /// How much slower work is now than alone.
    private var slowdown: Double { max(1, active / options.cores) }

    private mutating func beginStep() {
        guard step < options.steps else { return }
        left = [Int](repeating: options.programsPerShard, count: options.shardsPerStep)
        waitingShards = Array(0..<options.shardsPerStep)
        openShards = options.shardsPerStep
        feedWorkers()
    }

    private mutating func feedWorkers() {
        while let shard = waitingShards.first, !idleWorkers.isEmpty {
            waitingShards.removeFirst()
            let worker = idleWorkers.removeFirst()
            owner[shard] = worker
            active += options.sampleSeconds > 0 ? 1 : 0
            let seconds = options.sampleSeconds * slowdown
            busy.worker += seconds
            add(.sampled(worker: worker, shard: shard), after: seconds)
        }
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .atDispatcher(let body, let peer, let side):
            // One at a time: what comes while it is busy waits.
            busy.dispatcher += options.dispatcherSeconds
            dispatcherFree = max(now, dispatcherFree) + options.dispatcherSeconds
            var envelope = WireEnvelope()
            envelope.incarnation = Data([side == .client ? 0 : 1, UInt8(peer & 255), UInt8(peer >> 8)])
            envelope.body = body
            let route = PeerID(bytes: Array(envelope.incarnation))
            dispatcher.receive(envelope, bytes: 1000, from: route, side, now: now)
            performDispatcher()
        case .decided(let message): arrive(message)
        case .judged(let i, let lease, let seconds):
            active -= options.jobCPUShare
            busy.executor += seconds
            perform(i, executors[i].finished(lease, Self.verdict, now: now))
        case .sampled(let worker, let shard):
            active -= options.sampleSeconds > 0 ? 1 : 0
            for program in 0..<options.programsPerShard { ask(worker, shard, program) }
            // It samples the next shard while this one is judged.
            idleWorkers.append(worker)
            feedWorkers()
        case .updated:
            active -= options.updateSeconds > 0 ? options.cores.isFinite ? options.cores : 1 : 0
            step += 1
            beginStep()
        case .tick:
            dispatcher.tick(now: now)
            performDispatcher()
            add(.tick, after: 0.1)
        case .beat(let i):
            perform(i, executors[i].beat(now: now))
            add(.beat(executor: i), after: 0.5)
        }
    }

    private static let verdict = WireVerdict(Verdict(outcome: .accepted))

    private mutating func ask(_ worker: Int, _ shard: Int, _ program: Int) {
        let number = (step * options.shardsPerStep + shard) * options.programsPerShard + program
        let digest = Digest(of: "\(number)")
        digests[digest] = shard
        var request = WireExecutionRequest()
        request.jobDigest = Data(digest.bytes)
        request.language = "python"
        if let message = clients[worker].ask(digest, request, now: now) { toDispatcher(message.body, worker, .client) }
    }

    private mutating func performDispatcher() {
        for case .send(let message) in dispatcher.takeEffects() {
            add(.decided(message), after: max(0, dispatcherFree - now) + options.latencySeconds)
        }
    }

    private mutating func arrive(_ message: DispatcherMessage) {
        let index = Int(message.route.bytes[1]) + Int(message.route.bytes[2]) << 8
        if message.side == .executor { return perform(index, executors[index].receive(message.body, now: now)) }
        let outcome = clients[index].receive(message.body, now: now)
        for message in outcome.send { toDispatcher(message.body, index, .client) }
        for (digest, _) in outcome.verdicts {
            guard let shard = digests.removeValue(forKey: digest) else { continue }
            judgedCount += 1
            left[shard] -= 1
            guard left[shard] == 0 else { continue }
            openShards -= 1
            if openShards == 0 { update() }
        }
    }

    private mutating func update() {
        let seconds = options.updateSeconds
        busy.learner += seconds
        active += seconds > 0 ? options.cores.isFinite ? options.cores : 1 : 0
        add(.updated, after: seconds + options.weightSeconds)
    }

    private mutating func perform(_ i: Int, _ effects: [ExecutorCore.Effect]) {
        for effect in effects {
            switch effect {
            case .send(let body): toDispatcher(body, i, .executor)
            case .start(let lease, _):
                active += options.jobCPUShare
                let part = 1 - options.jobCPUShare + options.jobCPUShare * slowdown
                let seconds = options.jobSeconds * part * (1 + options.jobSpread * (2 * random.unit() - 1))
                add(.judged(executor: i, lease: lease, seconds: seconds), after: seconds)
            case .cancel: break
            }
        }
    }
}
