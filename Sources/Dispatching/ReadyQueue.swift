/// Something that has a place in an order; only the places are compared.
struct Placed<Order: Comparable & Sendable, Element: Sendable>: Comparable, Sendable {
    let order: Order
    let element: Element

    init(_ element: Element, _ order: Order) {
        self.order = order
        self.element = element
    }

    static func == (a: Self, b: Self) -> Bool { a.order == b.order }
    static func < (a: Self, b: Self) -> Bool { a.order < b.order }
}

/// Where a job stands: what it may wait no longer than, then first come.
struct LeaseOrder: Comparable, Sendable {
    /// Time of submission less the head start of its priority, seconds.
    var due: Double
    let sequence: Int

    static func < (a: Self, b: Self) -> Bool { a.due != b.due ? a.due < b.due : a.sequence < b.sequence }
}

/// Which peer is asked first: most to spare, then first come.
struct PeerOrder: Comparable, Sendable {
    /// Credit beyond the reserve: what it could begin at once.
    let free: Int
    let order: Int

    static func < (a: Self, b: Self) -> Bool { a.free != b.free ? a.free > b.free : a.order < b.order }
}

/// A set that forgets its oldest members.
struct RecentSet<Element: Hashable & Sendable>: Sendable {
    private var members: Set<Element> = []
    private var ring: [Element] = []
    private var next = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    func contains(_ element: Element) -> Bool { members.contains(element) }

    mutating func insert(_ element: Element) {
        guard members.insert(element).inserted else { return }
        if ring.count < capacity {
            ring.append(element)
        } else {
            members.remove(ring[next])
            ring[next] = element
            next = (next + 1) % capacity
        }
    }

    mutating func remove(_ element: Element) { members.remove(element) }
}

/// The newest durations of one class of jobs.
struct DurationWindow: Sendable {
    private var durations: [Double] = []
    private var next = 0
    private var percentile: Double?
    private var sinceSorted = 0
    private static let capacity = 256
    /// Fewer say nothing about the slowest twentieth.
    private let enough: Int

    init(enough: Int) { self.enough = enough }

    mutating func add(_ seconds: Double) {
        if durations.count < Self.capacity {
            durations.append(seconds)
        } else {
            durations[next] = seconds
            next = (next + 1) % Self.capacity
        }
        sinceSorted += 1
    }

    /// What 95 of 100 take at most, seconds; nil while too few have been seen.
    var p95: Double? {
        mutating get {
            guard durations.count >= enough else { return nil }
            if percentile == nil || sinceSorted >= enough {
                percentile = durations.sorted()[(durations.count - 1) * 95 / 100]
                sinceSorted = 0
            }
            return percentile
        }
    }
}
