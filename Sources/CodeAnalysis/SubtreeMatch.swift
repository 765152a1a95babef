/// A hash of 128 bits: two different things share one with a chance of about 2⁻¹²⁸.
struct StructureHash: Comparable {
    private var a: UInt64
    private var b: UInt64

    init(_ seed: UInt64) {
        a = seed &* 0x9E37_79B9_7F4A_7C15
        b = seed ^ 0xC2B2_AE3D_27D4_EB4F
        combine(seed)
    }

    static func < (left: StructureHash, right: StructureHash) -> Bool {
        left.a == right.a ? left.b < right.b : left.a < right.a
    }

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

extension ParsedProgram {
    /// The hash of every sub-tree, ascending.
    ///
    /// A sub-tree is the root or a node with children, written as the S-expression of its named nodes: types and field
    /// names, no identifiers, no operators, no literals. The hash of a node is made from those of its children, so the
    /// work is linear in the number of nodes.
    /// Source: Ren et al. 2020, CodeBLEU, <https://arxiv.org/abs/2009.10297>, section 3.2.
    func subtrees() -> [StructureHash] {
        var hashes = [StructureHash](repeating: StructureHash(0), count: nodes.count)
        var found: [StructureHash] = []
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
            if index == 0 || Int(node.end) > index + 1 { found.append(hash) }
        }
        found.sort()
        return found
    }
}

extension FlowEdge {
    var hash: StructureHash {
        var hash = StructureHash(UInt64(UInt32(bitPattern: variable)) << 8 | UInt64(relation.rawValue))
        for source in sources { hash.combine(UInt64(UInt32(bitPattern: source))) }
        return hash
    }
}
