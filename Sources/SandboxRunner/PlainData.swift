import Programs

/// A value that a Python program returned: the plain-data part of the interpreter's marshal format, version 2.
indirect enum PlainData: Sendable, Equatable {
    case none
    case bool(Bool)
    case integer(Int)
    /// Beyond 64 bits, or too many digits to be compared exactly with a JSON number.
    case bigInteger(Double)
    case number(Double)
    case text(String)
    case bytes([UInt8])
    case list([PlainData])
    case tuple([PlainData])
    case set([PlainData])
    case dictionary([(key: PlainData, value: PlainData)])

    static func == (left: PlainData, right: PlainData) -> Bool {
        switch (left, right) {
        case (.none, .none): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.bigInteger(let a), .bigInteger(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.text(let a), .text(let b)): a == b
        case (.bytes(let a), .bytes(let b)): a == b
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)), (.set(let a), .set(let b)): a == b
        case (.dictionary(let a), .dictionary(let b)): a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
        default: false
        }
    }
}

extension PlainData {
    /// Whether it is just what the program returned: neither rounded nor repaired on the way.
    var isExact: Bool {
        switch self {
        case .none, .bool, .integer, .number, .bytes: true
        case .bigInteger: false
        case .text(let text): !text.unicodeScalars.contains("\u{FFFD}")
        case .list(let items), .tuple(let items), .set(let items): items.allSatisfy(\.isExact)
        case .dictionary(let entries): entries.allSatisfy { $0.key.isExact && $0.value.isExact }
        }
    }
}

/// Reads plain data that an untrusted process sent: checked, and bounded in depth; nil for anything else.
struct PlainDataReader {
    private let bytes: [UInt8]
    private var position: Int

    /// Starts at `position`, behind a frame's tag.
    init(_ bytes: [UInt8], from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The one value that takes up the rest of the bytes.
    mutating func whole() -> PlainData? {
        guard let value = value(depth: 0), position == bytes.count else { return nil }
        return value
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, bytes.count - position >= count else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    private mutating func integer32() -> Int? {
        guard let four = take(4) else { return nil }
        let bits = four.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Int(Int32(bitPattern: bits))
    }

    private mutating func double() -> Double? {
        guard let eight = take(8) else { return nil }
        return Double(bitPattern: eight.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private mutating func items(depth: Int) -> [PlainData]? {
        guard let count = integer32(), count >= 0, count <= bytes.count - position else { return nil }
        var items: [PlainData] = []
        items.reserveCapacity(count)
        for _ in 0..<count {
            guard let item = value(depth: depth + 1) else { return nil }
            items.append(item)
        }
        return items
    }

    private mutating func long() -> PlainData? {
        guard let signed = integer32(), let digits = take(2 * Swift.abs(signed)) else { return nil }
        // Below zero there is room for one more.
        var exact: Int? = 0
        var rounded = 0.0
        for i in stride(from: digits.endIndex - 2, through: digits.startIndex, by: -2) {
            let digit = Int(digits[i]) | Int(digits[i + 1] & 0x7f) << 8
            rounded = rounded * 32768 + Double(digit)
            let product = exact?.multipliedReportingOverflow(by: 32768)
            let sum = product.flatMap { $0.overflow ? nil : $0.partialValue.subtractingReportingOverflow(digit) }
            exact = sum.flatMap { $0.overflow ? nil : $0.partialValue }
        }
        if let exact, signed < 0 || exact != .min { return .integer(signed < 0 ? exact : -exact) }
        return .bigInteger(signed < 0 ? -rounded : rounded)
    }

    private mutating func dictionary(depth: Int) -> PlainData? {
        var entries: [(key: PlainData, value: PlainData)] = []
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "0") {
                position += 1
                return .dictionary(entries)
            }
            guard let key = value(depth: depth + 1), let item = value(depth: depth + 1) else { return nil }
            entries.append((key, item))
        }
        return nil
    }

    private mutating func value(depth: Int) -> PlainData? {
        guard depth < 400, let tag = take(1)?.first else { return nil }
        switch Character(UnicodeScalar(tag)) {
        case "N": return PlainData.none
        case "T": return .bool(true)
        case "F": return .bool(false)
        case "i": return integer32().map { .integer($0) }
        case "l": return long()
        case "g": return double().map { .number($0) }
        case "u":
            guard let count = integer32(), let text = take(count) else { return nil }
            return .text(String(decoding: text, as: UTF8.self))
        case "s":
            guard let count = integer32(), let data = take(count) else { return nil }
            return .bytes(Array(data))
        case "[": return items(depth: depth).map { .list($0) }
        case "(": return items(depth: depth).map { .tuple($0) }
        case "<", ">": return items(depth: depth).map { .set($0) }
        case "{": return dictionary(depth: depth)
        default: return nil
        }
    }
}

/// Writes values for the interpreter, in the same format.
struct PlainDataWriter {
    private(set) var bytes: [UInt8] = []

    mutating func tuple(count: Int) { head("(", count: count) }
    mutating func list(count: Int) { head("[", count: count) }

    mutating func put(_ text: String) {
        let utf8 = Array(text.utf8)
        head("u", count: utf8.count)
        bytes.append(contentsOf: utf8)
    }

    mutating func put(bytes data: [UInt8]) {
        head("s", count: data.count)
        bytes.append(contentsOf: data)
    }

    mutating func putNone() { bytes.append(UInt8(ascii: "N")) }

    mutating func put(_ value: JSONValue) {
        switch value {
        case .null: putNone()
        case .bool(let flag): bytes.append(UInt8(ascii: flag ? "T" : "F"))
        case .integer(let number): put(number)
        case .number(let number):
            bytes.append(UInt8(ascii: "g"))
            for i in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt64(8 * i))) }
        case .string(let text): put(text)
        case .array(let items):
            list(count: items.count)
            for item in items { put(item) }
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (key, item) in members.sorted(by: { $0.key < $1.key }) {
                put(key)
                put(item)
            }
            bytes.append(UInt8(ascii: "0"))
        }
    }

    /// - Precondition: no integer beyond 64 bits.
    mutating func put(_ value: PlainData) {
        switch value {
        case .none: putNone()
        case .bool(let flag): put(.bool(flag) as JSONValue)
        case .integer(let number): put(number)
        case .bigInteger: preconditionFailure("an integer that is not known exactly")
        case .number(let number): put(.number(number) as JSONValue)
        case .text(let text): put(text)
        case .bytes(let data): put(bytes: data)
        case .list(let items):
            list(count: items.count)
            for item in items { put(item) }
        case .tuple(let items):
            tuple(count: items.count)
            for item in items { put(item) }
        case .set(let items):
            head("<", count: items.count)
            for item in items { put(item) }
        case .dictionary(let entries):
            bytes.append(UInt8(ascii: "{"))
            for (key, item) in entries {
                put(key)
                put(item)
            }
            bytes.append(UInt8(ascii: "0"))
        }
    }

    private mutating func put(_ number: Int) {
        if let small = Int32(exactly: number) {
            bytes.append(UInt8(ascii: "i"))
            word(UInt32(bitPattern: small))
            return
        }
        var digits: [UInt16] = []
        var rest = number.magnitude
        while rest > 0 {
            digits.append(UInt16(rest & 32767))
            rest >>= 15
        }
        bytes.append(UInt8(ascii: "l"))
        word(UInt32(bitPattern: Int32(number < 0 ? -digits.count : digits.count)))
        for digit in digits {
            bytes.append(UInt8(digit & 255))
            bytes.append(UInt8(digit >> 8))
        }
    }

    private mutating func head(_ tag: UnicodeScalar, count: Int) {
        bytes.append(UInt8(ascii: tag))
        word(UInt32(count))
    }

    private mutating func word(_ value: UInt32) {
        for i in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * i))) }
    }
}
