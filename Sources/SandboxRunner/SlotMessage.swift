/// Builds a message for a slot: little-endian numbers, and byte strings after their length.
struct SlotMessage {
    private(set) var bytes: [UInt8] = []

    mutating func put<Number: FixedWidthInteger>(_ number: Number) {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    mutating func put(bytes other: [UInt8]) {
        put(UInt32(other.count))
        bytes.append(contentsOf: other)
    }

    mutating func put(_ text: String) { put(bytes: Array(text.utf8)) }

    /// The whole, with its length before it.
    var framed: [UInt8] {
        var message = SlotMessage()
        message.bytes.reserveCapacity(bytes.count + 4)
        message.put(bytes: bytes)
        return message.bytes
    }
}

/// Reads what `SlotMessage` writes.
///
/// Every read is checked; nil means that the message is too short.
struct SlotMessageReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func number<Number: FixedWidthInteger & UnsignedInteger>(_: Number.Type) -> Number? {
        let width = Number.bitWidth / 8
        guard bytes.count - position >= width else { return nil }
        var value: Number = 0
        for i in 0..<width { value |= Number(bytes[position + i]) << Number(i * 8) }
        position += width
        return value
    }

    mutating func byteString() -> [UInt8]? {
        guard let count = number(UInt32.self), bytes.count - position >= Int(count) else { return nil }
        defer { position += Int(count) }
        return Array(bytes[position..<position + Int(count)])
    }

    /// The byte strings up to the end; one that was cut short is dropped.
    mutating func remainingByteStrings() -> [[UInt8]] {
        var all: [[UInt8]] = []
        while let next = byteString() { all.append(next) }
        return all
    }
}
