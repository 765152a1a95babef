/// Where a job stands: higher priority first, then first come.
struct LeaseOrder: Comparable, Sendable {
    let priority: Int
    let sequence: Int

    static func < (a: Self, b: Self) -> Bool {
        a.priority != b.priority ? a.priority > b.priority : a.sequence < b.sequence
    }
}

/// A binary heap of waiting jobs.
struct ReadyQueue<JobID: Sendable>: Sendable {
    private var heap: [(order: LeaseOrder, id: JobID)] = []

    var first: (order: LeaseOrder, id: JobID)? { heap.first }

    mutating func insert(_ id: JobID, _ order: LeaseOrder) {
        heap.append((order, id))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].order < heap[parent].order else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].order < heap[smallest].order { smallest = child }
            }
            guard smallest != parent else { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
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
