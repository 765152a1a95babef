import Determinism
import HeapModule
import Protocol

/// A process of the simulated cluster.
enum SimulatedNode: Hashable, Sendable {
    case learner
    case dispatcher(Int)
    case worker(Int)
    case executor(Int)
}

/// What reaches a process.
struct SimulatedMessage: Sendable {
    let from: SimulatedNode
    let to: SimulatedNode
    /// Starts of either process; a message between others has lost its connection.
    let senderStart: Int
    let receiverStart: Int
    let body: WireEnvelope.OneOf_Body
}

/// Something that happens at a time.
enum SimulatedEvent: Sendable {
    case arrive(SimulatedMessage)
    /// A process does what it does every so often.
    case beat(SimulatedNode, start: Int)
    case judged(executor: Int, start: Int, lease: UInt64)
    case sampled(worker: Int, start: Int, lease: UInt64)
    case written(start: Int, ShardID)
    case trouble
    case restart(SimulatedNode)
    case proceed(SimulatedNode)
    case reconnect(SimulatedNode)
    /// A process ends and is not started again.
    case end(SimulatedNode)
}

/// Events in the order of their time, then of their making.
struct SimulatedAgenda {
    private struct Time: Comparable, Sendable {
        let seconds: Double
        let number: Int

        static func < (a: Self, b: Self) -> Bool {
            a.seconds != b.seconds ? a.seconds < b.seconds : a.number < b.number
        }
    }

    private var heap = Heap<Placed<Time, SimulatedEvent>>()
    private var made = 0

    mutating func add(_ event: SimulatedEvent, at seconds: Double) {
        made += 1
        heap.insert(Placed(event, Time(seconds: seconds, number: made)))
    }

    mutating func next() -> (seconds: Double, event: SimulatedEvent)? {
        heap.popMin().map { ($0.order.seconds, $0.element) }
    }
}

/// How bad the network is; one draw for each simulation.
struct SimulatedWeather: Sendable {
    var dropped: Double
    var duplicated: Double
    /// Longest delay of a message, seconds; messages overtake one another.
    var delay: Double
    /// Mean time between troubles, seconds.
    var troubleEvery: Double

    init(_ random: inout CounterGenerator) {
        dropped = random.pick([0, 0.02, 0.1, 0.3])
        duplicated = random.pick([0, 0.02, 0.1, 0.3])
        delay = random.pick([0.002, 0.05, 0.5])
        troubleEvery = random.pick([1, 2, 5])
    }
}
