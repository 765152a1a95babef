import Foundation

/// The members of a ZIP archive as `torch.save` writes it: stored, never compressed.
struct PyTorchArchive: Sendable {
    private let data: Data
    private let path: String
    private var entries: [String: Range<Int>] = [:]

    /// Reads the directory of `data`; every offset is checked.
    init(data: Data, path: String) throws(CheckpointError) {
        self.data = data
        self.path = path
        let (start, count) = try Self.directory(of: data, path: path)
        var reader = ByteReader(data, at: start)
        for _ in 0..<count {
            guard let entry = Self.entry(&reader) else { throw Self.damaged(path, "its directory is cut off") }
            guard entry.method == 0 else {
                throw .malformed(
                    path: path,
                    reason: "\(entry.name) is compressed (method \(entry.method)); torch.save writes members "
                        + "uncompressed: load the file in torch and save it again"
                )
            }
            guard entry.flags & 1 == 0 else { throw Self.damaged(path, "\(entry.name) is encrypted") }
            var local = ByteReader(data, at: entry.offset)
            guard local.integer(4) == 0x0403_4B50, local.skip(22), let name = local.integer(2),
                let extra = local.integer(2), local.skip(name + extra), entry.size <= data.count - local.position
            else { throw Self.damaged(path, "\(entry.name) does not lie inside the file") }
            entries[entry.name] = local.position..<local.position + entry.size
        }
    }

    /// Names of the members.
    var names: [String] { entries.keys.sorted() }

    /// The bytes of the member called `name`, as a slice of the file; nil when there is none.
    func member(_ name: String) -> Data? {
        entries[name].map { data[data.startIndex + $0.lowerBound..<data.startIndex + $0.upperBound] }
    }

    private static func damaged(_ path: String, _ reason: String) -> CheckpointError {
        .malformed(path: path, reason: "not a whole ZIP archive of torch.save: \(reason)")
    }

    /// Where the central directory starts, and how many entries it has.
    private static func directory(of data: Data, path: String) throws(CheckpointError) -> (start: Int, count: Int) {
        // The end record has 22 bytes and a comment of at most 65,535.
        for end in stride(from: data.count - 22, through: max(0, data.count - 22 - 0xFFFF), by: -1) {
            var reader = ByteReader(data, at: end)
            guard reader.integer(4) == 0x0605_4B50, reader.skip(6), let count = reader.integer(2), reader.skip(4),
                let start = reader.integer(4)
            else { continue }
            guard count == 0xFFFF || start == 0xFFFF_FFFF else { return (start, count) }
            var locator = ByteReader(data, at: end - 20)
            guard locator.integer(4) == 0x0706_4B50, locator.skip(4), let record = locator.integer(8) else {
                throw damaged(path, "its ZIP64 locator is missing")
            }
            var large = ByteReader(data, at: record)
            guard large.integer(4) == 0x0606_4B50, large.skip(28), let count = large.integer(8), large.skip(8),
                let start = large.integer(8)
            else { throw damaged(path, "its ZIP64 directory is missing") }
            return (start, count)
        }
        throw damaged(path, "it has no directory")
    }

    private struct Entry {
        var name: String
        var flags: Int
        var method: Int
        var size: Int
        var offset: Int
    }

    private static func entry(_ reader: inout ByteReader) -> Entry? {
        guard reader.integer(4) == 0x0201_4B50, reader.skip(4), let flags = reader.integer(2),
            let method = reader.integer(2), reader.skip(8), let packed = reader.integer(4),
            var size = reader.integer(4), let nameLength = reader.integer(2), let extraLength = reader.integer(2),
            let commentLength = reader.integer(2), reader.skip(8), var offset = reader.integer(4),
            let name = reader.bytes(nameLength)
        else { return nil }
        var extraLeft = extraLength
        while extraLeft >= 4 {
            guard let kind = reader.integer(2), let length = reader.integer(2), length <= extraLeft - 4 else {
                return nil
            }
            let next = reader.position + length
            if kind == 1 {
                // The ZIP64 field holds, in this order, only those numbers that did not fit.
                if size == 0xFFFF_FFFF {
                    guard let large = reader.integer(8) else { return nil }
                    size = large
                }
                if packed == 0xFFFF_FFFF, !reader.skip(8) { return nil }
                if offset == 0xFFFF_FFFF {
                    guard let large = reader.integer(8) else { return nil }
                    offset = large
                }
            }
            reader.position = next
            extraLeft -= 4 + length
        }
        guard reader.skip(extraLeft + commentLength) else { return nil }
        return Entry(
            name: String(decoding: name, as: UTF8.self),
            flags: flags,
            method: method,
            size: size,
            offset: offset
        )
    }
}

/// Reads little-endian numbers out of `data`, never past its end.
struct ByteReader {
    private let data: Data
    /// Bytes from the start of the data.
    var position: Int

    init(_ data: Data, at position: Int = 0) {
        self.data = data
        self.position = position
    }

    mutating func skip(_ count: Int) -> Bool {
        guard count >= 0, position >= 0, position <= data.count, count <= data.count - position else { return false }
        position += count
        return true
    }

    /// A number of `width` bytes; nil past the end, or when it is negative as an `Int`.
    mutating func integer(_ width: Int) -> Int? {
        guard let bytes = bytes(width) else { return nil }
        return Int(exactly: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    mutating func bytes(_ count: Int) -> Data? {
        let start = data.startIndex + position
        guard skip(count) else { return nil }
        return data[start..<start + count]
    }
}
