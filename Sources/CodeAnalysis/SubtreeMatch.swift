/// A hash of 128 bits: two different things share one with a chance of about 2⁻¹²⁸.
struct StructureHash: Equatable {
    private var a: UInt64
    private var b: UInt64

    init(_ seed: UInt64) {
        a = seed &* 0x9E37_79B9_7F4A_7C15
        b = seed ^ 0xC2B2_AE3D_27D4_EB4F
        combine(seed)
    }

    /// Bits that a table may be indexed by.
    var index: Int { Int(truncatingIfNeeded: a) }

    mutating func combine(_ value: UInt64) {
        a = Self.mixed(a &+ value &+ 0x9E37_79B9_7F4A_7C15)
        b = Self.mixed((b ^ value) &* 0xD6E8_FEB8_6659_FD93 &+ 0x1656_67B1_9E37_79F9)
    }

    mutating func combine(_ other: StructureHash) {
        combine(other.a)
        combine(other.b)
    }

    /// The finaliser of SplitMix64.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A multiset of hashes: an open-addressing table, since sorting them took as long as making them.
struct StructureCounts: Sendable {
    private struct Entry {
        let hash: StructureHash
        var count: Int32
    }

    /// All hashes, each as often as it was added.
    private(set) var total = 0
    private var entries: [Entry] = []
    /// Places in `entries`; −1 is free.
    private var slots: [Int32]

    init(minimumCapacity: Int) {
        var size = 16
        while size < minimumCapacity * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
    }

    /// Bytes of memory, about.
    var byteCount: Int { entries.count * MemoryLayout<Entry>.stride + slots.count * MemoryLayout<Int32>.stride }

    mutating func add(_ hash: StructureHash) {
        total += 1
        let slot = slot(of: hash)
        if slots[slot] >= 0 {
            entries[Int(slots[slot])].count += 1
            return
        }
        slots[slot] = Int32(entries.count)
        entries.append(Entry(hash: hash, count: 1))
        if entries.count * 2 > slots.count { grow() }
    }

    /// The size of the intersection of both.
    func common(with other: StructureCounts) -> Int {
        var count = 0
        for entry in other.entries {
            let place = slots[slot(of: entry.hash)]
            if place >= 0 { count += Int(min(entry.count, entries[Int(place)].count)) }
        }
        return count
    }

    /// Where `hash` is, or may be put.
    private func slot(of hash: StructureHash) -> Int {
        var slot = hash.index & (slots.count - 1)
        while slots[slot] >= 0, entries[Int(slots[slot])].hash != hash { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for (place, entry) in entries.enumerated() { slots[slot(of: entry.hash)] = Int32(place) }
    }
}

extension ParsedProgram {
    /// The hashes of all sub-trees.
    ///
    /// A sub-tree is the root or a node with children, written as the S-expression of its named nodes: types and field
    /// names, no identifiers, no operators, no literals. The hash of a node is made from those of its children, so the
    /// work is linear in the number of nodes.
    /// Source: Ren et al. 2020, CodeBLEU, <https://arxiv.org/abs/2009.10297>, section 3.2.
    func subtrees() -> StructureCounts {
        var hashes = [StructureHash](repeating: StructureHash(0), count: nodes.count)
        var found = StructureCounts(minimumCapacity: nodes.count / 4)
        for index in nodes.indices.reversed() {
            let node = nodes[index]
            var hash = StructureHash(UInt64(node.symbol) << 1 | (node.isMissing ? 1 : 0))
            var child = index + 1
            while child < Int(node.end) {
                if nodes[child].isNamed || nodes[child].isMissing {
                    hash.combine(UInt64(nodes[child].field))
                    hash.combine(hashes[child])
                }
                child = Int(nodes[child].end)
            }
            hashes[index] = hash
            if index == 0 || Int(node.end) > index + 1 { found.add(hash) }
        }
        return found
    }
}

extension ParsedProgram {
    /// The hashes of all edges of the data flow.
    func flowHashes() -> StructureCounts {
        var found = StructureCounts(minimumCapacity: tokens.count / 4)
        var ascending: [Int32] = []
        forEachEdge { variable, relation, sources in
            var hash = StructureHash(UInt64(UInt32(bitPattern: variable)) << 8 | UInt64(relation.rawValue))
            if sources.count > 1 {
                ascending.replaceSubrange(ascending.indices, with: sources)
                ascending.sort()
                for source in ascending { hash.combine(UInt64(UInt32(bitPattern: source))) }
            } else if let only = sources.first {
                hash.combine(UInt64(UInt32(bitPattern: only)))
            }
            found.add(hash)
        }
        return found
    }
}
