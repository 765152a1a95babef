/// Unpacks gzip files, so that data sets can stay packed.
///
/// Source: RFC 1951 and RFC 1952.
enum Gzip {
    /// What is wrong with a packed file.
    struct Damaged: Error { var reason: String }

    static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// Hands the content of all members of a gzip file to `sink`, piece by piece, checksums verified.
    ///
    /// Memory is bounded by the packed file. A piece is handed out before the checksum after it is seen.
    ///
    /// `sink` takes the next piece, and returns false when it wants no more.
    static func unpack(_ bytes: [UInt8], _ sink: ([UInt8]) -> Bool) throws(Damaged) {
        let outcome = withoutActuallyEscaping(sink) { sink in
            Result { () throws(Damaged) in try members(of: bytes, sink) }
        }
        try outcome.get()
    }

    private static func members(of bytes: [UInt8], _ sink: @escaping ([UInt8]) -> Bool) throws(Damaged) {
        var input = BitReader(bytes: bytes)
        repeat {
            let header = try input.take(10)
            guard header[0] == 0x1F, header[1] == 0x8B, header[2] == 8 else { throw Damaged(reason: "not a gzip file") }
            let flags = header[3]
            if flags & 4 != 0 {
                let size = try input.take(2)
                _ = try input.take(Int(size[0]) | Int(size[1]) << 8)
            }
            for flag: UInt8 in [8, 16] where flags & flag != 0 {
                while try input.take(1)[0] != 0 {}
            }
            if flags & 2 != 0 { _ = try input.take(2) }
            var output = Window(sink: sink)
            try inflate(&input, &output)
            output.finish()
            if !output.isWanted { return }
            let trailer = try input.take(8)
            let sum = trailer[0..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            guard sum == output.checksum else { throw Damaged(reason: "the checksum is wrong: the file is damaged") }
        } while input.remaining > 0
    }

    private static func inflate(_ input: inout BitReader, _ output: inout Window) throws(Damaged) {
        var isLast = false
        while !isLast && output.isWanted {
            isLast = try input.bits(1) == 1
            switch try input.bits(2) {
            case 0:
                input.alignToByte()
                let size = try input.take(4)
                output.append(try input.take(Int(size[0]) | Int(size[1]) << 8))
            case 1:
                let literals =
                    [Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112) + [Int](repeating: 7, count: 24)
                    + [Int](repeating: 8, count: 8)
                try copy(&input, &output, Huffman(lengths: literals), Huffman(lengths: [Int](repeating: 5, count: 30)))
            case 2:
                let (literals, distances) = try tables(&input)
                try copy(&input, &output, literals, distances)
            default: throw Damaged(reason: "unknown block type")
            }
        }
        input.alignToByte()
    }

    private static func tables(_ input: inout BitReader) throws(Damaged) -> (Huffman, Huffman) {
        let literalCount = try input.bits(5) + 257
        let distanceCount = try input.bits(5) + 1
        let lengthCount = try input.bits(4) + 4
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        var lengthLengths = [Int](repeating: 0, count: 19)
        for i in order.prefix(lengthCount) { lengthLengths[i] = try input.bits(3) }
        let code = Huffman(lengths: lengthLengths)
        var lengths: [Int] = []
        while lengths.count < literalCount + distanceCount {
            let symbol = try code.next(&input)
            switch symbol {
            case ..<16: lengths.append(symbol)
            case 16:
                guard let last = lengths.last else { throw Damaged(reason: "a repeat with nothing before it") }
                lengths += [Int](repeating: last, count: try input.bits(2) + 3)
            case 17: lengths += [Int](repeating: 0, count: try input.bits(3) + 3)
            default: lengths += [Int](repeating: 0, count: try input.bits(7) + 11)
            }
        }
        return (
            Huffman(lengths: Array(lengths[..<literalCount])),
            Huffman(lengths: Array(lengths[literalCount..<literalCount + distanceCount]))
        )
    }

    private static func copy(
        _ input: inout BitReader,
        _ output: inout Window,
        _ literals: Huffman,
        _ distances: Huffman
    ) throws(Damaged) {
        while output.isWanted {
            let symbol = try literals.next(&input)
            if symbol == 256 { return }
            if symbol < 256 {
                output.append(UInt8(symbol))
                continue
            }
            // Lengths 3…258 and distances 1…32768: a base and some extra bits, RFC 1951 section 3.2.5.
            guard symbol <= 285 else { throw Damaged(reason: "unknown length") }
            let l = symbol - 257
            var length = l + 3
            if l == 28 {
                length = 258
            } else if l >= 8 {
                let extra = l / 4 - 1
                length = (4 + l % 4) << extra + 3 + (try input.bits(extra))
            }
            let d = try distances.next(&input)
            guard d < 30 else { throw Damaged(reason: "unknown distance") }
            var distance = d + 1
            if d >= 4 {
                let extra = d / 2 - 1
                distance = (2 + d % 2) << extra + 1 + (try input.bits(extra))
            }
            guard output.repeatLast(distance: distance, length: length) else {
                throw Damaged(reason: "a distance before the start")
            }
        }
    }
}

/// The end of what has been unpacked, which later parts refer back to; everything before is handed out.
private struct Window {
    private static let reach = 32 << 10
    private static let piece = 256 << 10
    private let sink: ([UInt8]) -> Bool
    private var bytes: [UInt8] = []
    private var handedOut = 0
    private var sum = ~UInt32(0)
    private(set) var isWanted = true

    init(sink: @escaping ([UInt8]) -> Bool) {
        self.sink = sink
        bytes.reserveCapacity(Self.piece + Self.reach + 1024)
    }

    /// CRC-32 of everything handed out.
    var checksum: UInt32 { ~sum }

    mutating func append(_ byte: UInt8) {
        bytes.append(byte)
        if bytes.count >= Self.piece + Self.reach { handOut() }
    }

    mutating func append(_ more: [UInt8]) {
        bytes += more
        if bytes.count >= Self.piece + Self.reach { handOut() }
    }

    /// Copies `length` bytes from `distance` before the end; false when there is nothing so far back.
    mutating func repeatLast(distance: Int, length: Int) -> Bool {
        guard distance <= bytes.count else { return false }
        for _ in 0..<length { bytes.append(bytes[bytes.count - distance]) }
        if bytes.count >= Self.piece + Self.reach { handOut() }
        return true
    }

    mutating func finish() { handOut() }

    private mutating func handOut() {
        let new = Array(bytes[handedOut...])
        guard !new.isEmpty, isWanted else { return }
        sum = new.reduce(sum) { Self.checksumTable[Int(($0 ^ UInt32($1)) & 255)] ^ ($0 >> 8) }
        isWanted = sink(new)
        bytes.removeFirst(max(0, bytes.count - Self.reach))
        handedOut = bytes.count
    }

    private static let checksumTable: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }
}

/// Bits of a byte string, lowest first.
private struct BitReader {
    let bytes: [UInt8]
    private var position = 0
    private var ahead: UInt64 = 0
    private var aheadCount = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Whole bytes that have not been read.
    var remaining: Int { bytes.count - position + aheadCount / 8 }

    mutating func bits(_ count: Int) throws(Gzip.Damaged) -> Int {
        while aheadCount < count {
            guard position < bytes.count else { throw Gzip.Damaged(reason: "the file ends too early") }
            ahead |= UInt64(bytes[position]) << UInt64(aheadCount)
            aheadCount += 8
            position += 1
        }
        defer {
            ahead >>= UInt64(count)
            aheadCount -= count
        }
        return Int(ahead & (1 << UInt64(count) - 1))
    }

    mutating func alignToByte() {
        position -= aheadCount / 8
        (ahead, aheadCount) = (0, 0)
    }

    /// The next bytes; what is left of a byte begun before them is dropped.
    mutating func take(_ count: Int) throws(Gzip.Damaged) -> [UInt8] {
        alignToByte()
        guard position + count <= bytes.count else { throw Gzip.Damaged(reason: "the file ends too early") }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }
}

/// A canonical Huffman code.
private struct Huffman {
    private var counts = [Int](repeating: 0, count: 16)
    private var symbols: [Int] = []

    init(lengths: [Int]) {
        for length in lengths { counts[length] += 1 }
        counts[0] = 0
        for length in 1..<16 { symbols += lengths.indices.filter { lengths[$0] == length } }
    }

    func next(_ input: inout BitReader) throws(Gzip.Damaged) -> Int {
        var (code, first, index) = (0, 0, 0)
        for length in 1..<16 {
            code |= try input.bits(1)
            if code - first < counts[length] { return symbols[index + code - first] }
            index += counts[length]
            first = (first + counts[length]) << 1
            code <<= 1
        }
        throw Gzip.Damaged(reason: "unknown code")
    }
}
