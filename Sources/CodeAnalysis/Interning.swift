/// Numbers equal keys equally, in the order in which they first come: an open-addressing table.
///
/// A dictionary does the same. This one hashes with a few multiplications instead of SipHash, which half the time of a
/// comparison went to, and its numbers, being dense, can count in arrays.
struct KeyNumbers: Sendable {
    private var slots: [Int32]
    private var keys: [UInt64] = []

    init(minimumCapacity: Int) {
        var size = 64
        while size < minimumCapacity * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
        keys.reserveCapacity(minimumCapacity)
    }

    var count: Int { keys.count }

    mutating func number(_ key: UInt64) -> Int32 {
        var slot = Self.slot(key, slots.count)
        while slots[slot] >= 0 {
            if keys[Int(slots[slot])] == key { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        let fresh = Int32(keys.count)
        slots[slot] = fresh
        keys.append(key)
        if keys.count * 2 > slots.count { grow() }
        return fresh
    }

    /// The number of a key that has one, or −1.
    func known(_ key: UInt64) -> Int32 {
        var slot = Self.slot(key, slots.count)
        while slots[slot] >= 0, keys[Int(slots[slot])] != key { slot = (slot + 1) & (slots.count - 1) }
        return slots[slot]
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for (number, key) in keys.enumerated() {
            var slot = Self.slot(key, slots.count)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(number)
        }
    }

    private static func slot(_ key: UInt64, _ size: Int) -> Int {
        let mixed = (key ^ key >> 31) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 32) & (size - 1)
    }
}

/// Numbers equal pieces of one text equally, in the order in which they first come.
struct PieceNumbers: Sendable {
    private var slots: [Int32]
    /// Where the first piece of each number lies.
    private var pieces: [Range<Int>] = []
    private var hashes: [UInt64] = []

    init(minimumCapacity: Int) {
        var size = 64
        while size < minimumCapacity * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
    }

    var count: Int { pieces.count }

    /// The piece that a number was first given to.
    subscript(number: Int) -> Range<Int> { pieces[number] }

    /// The number of `piece` of `text`, which is the same text at every call.
    mutating func number(_ piece: Range<Int>, of text: [UInt8]) -> Int32 {
        let hash = Self.hash(piece, text)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            let number = Int(slots[slot])
            if hashes[number] == hash, Self.areEqual(pieces[number], text, piece, text) { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        let fresh = Int32(pieces.count)
        slots[slot] = fresh
        pieces.append(piece)
        hashes.append(hash)
        if pieces.count * 2 > slots.count { grow() }
        return fresh
    }

    /// The number of a `piece` of another text, or −1 when none of the pieces of `own`, which have been numbered, is equal.
    func known(_ piece: Range<Int>, of text: [UInt8], among own: [UInt8]) -> Int32 {
        let hash = Self.hash(piece, text)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            let number = Int(slots[slot])
            if hashes[number] == hash, Self.areEqual(pieces[number], own, piece, text) { break }
            slot = (slot + 1) & (slots.count - 1)
        }
        return slots[slot]
    }

    private static func hash(_ piece: Range<Int>, _ text: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in piece { hash = (hash ^ UInt64(text[index])) &* 0x0000_0100_0000_01B3 }
        return hash ^ hash >> 32
    }

    private static func areEqual(_ a: Range<Int>, _ first: [UInt8], _ b: Range<Int>, _ second: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        for offset in 0..<a.count where first[a.lowerBound + offset] != second[b.lowerBound + offset] { return false }
        return true
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for (number, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(number)
        }
    }
}
