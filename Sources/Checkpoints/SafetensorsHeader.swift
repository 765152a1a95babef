import Foundation

/// One tensor as the header of a safetensors file describes it.
struct SafetensorsEntry: Sendable, Equatable {
    var type: SafetensorsType
    var shape: [Int]
    /// Bytes in the data section.
    var range: Range<Int>
}

/// Element types of the safetensors format.
enum SafetensorsType: String, Sendable {
    case bool = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case float8E5M2 = "F8_E5M2"
    case float8E4M3 = "F8_E4M3"
    case int16 = "I16"
    case uint16 = "U16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int32 = "I32"
    case uint32 = "U32"
    case float32 = "F32"
    case float64 = "F64"
    case int64 = "I64"
    case uint64 = "U64"

    /// Bytes per element.
    var width: Int {
        switch self {
        case .bool, .uint8, .int8, .float8E5M2, .float8E4M3: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .float64, .int64, .uint64: 8
        }
    }
}

/// The parsed and checked header of a safetensors file.
///
/// Source: <https://github.com/huggingface/safetensors>, "Format": eight bytes of little-endian length, a JSON object,
/// then the data, which the tensors must cover without hole or overlap.
struct SafetensorsHeader {
    /// The format's own limit.
    static let largestSize = 100_000_000

    private(set) var entries: [String: SafetensorsEntry] = [:]
    private(set) var metadata: [String: String] = [:]
    /// Names in the order of their data.
    private(set) var names: [String] = []
    /// Where the data section begins in the file.
    let dataStart: Int

    init(file: Data, path: String) throws(CheckpointError) {
        guard file.count >= 8 else {
            throw .malformed(path: path, reason: "expected at least 8 bytes of safetensors header, found \(file.count)")
        }
        let length = file.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= SafetensorsHeader.largestSize, Int(length) <= file.count - 8 else {
            throw .malformed(
                path: path,
                reason: "the header claims \(length) bytes; \(file.count - 8) follow, and the format allows "
                    + "\(SafetensorsHeader.largestSize)"
            )
        }
        dataStart = 8 + Int(length)
        let raw: [String: RawEntry]
        do {
            raw = try JSONDecoder().decode([String: RawEntry].self, from: file[8..<dataStart])
        } catch {
            throw .malformed(path: path, reason: "the header is not a JSON object of objects")
        }
        for (name, entry) in raw where name != "__metadata__" {
            entries[name] = try SafetensorsHeader.checked(entry, name: name, path: path)
        }
        try readMetadata(raw["__metadata__"], path: path)
        names = entries.keys.sorted { left, right in
            let (a, b) = (entries[left]?.range, entries[right]?.range)
            guard let a, let b, (a.lowerBound, a.upperBound) != (b.lowerBound, b.upperBound) else {
                return left < right
            }
            return (a.lowerBound, a.upperBound) < (b.lowerBound, b.upperBound)
        }
        try checkCoverage(of: file.count - dataStart, path: path)
    }

    private mutating func readMetadata(_ raw: RawEntry?, path: String) throws(CheckpointError) {
        guard let raw else { return }
        for (key, field) in raw.fields {
            guard case .text(let value) = field else {
                throw .malformed(path: path, reason: "__metadata__ field \"\(key)\" is not a string")
            }
            metadata[key] = value
        }
    }

    private static func checked(_ raw: RawEntry, name: String, path: String) throws(CheckpointError) -> SafetensorsEntry
    {
        func refused(_ reason: String) -> CheckpointError { .malformedTensor(path: path, tensor: name, reason: reason) }
        guard case .text(let typeName)? = raw.fields["dtype"] else { throw refused("dtype is not a string") }
        guard let type = SafetensorsType(rawValue: typeName) else { throw refused("unknown dtype \"\(typeName)\"") }
        guard case .integers(let shape)? = raw.fields["shape"], shape.allSatisfy({ $0 >= 0 }) else {
            throw refused("shape is not a list of non-negative whole numbers")
        }
        guard case .integers(let bounds)? = raw.fields["data_offsets"], bounds.count == 2, bounds[0] >= 0,
            bounds[0] <= bounds[1]
        else { throw refused("data_offsets is not a pair of ascending whole numbers") }
        var size = type.width
        for dimension in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw refused("shape \(shape) has too many elements") }
            size = product
        }
        guard bounds[1] - bounds[0] == size else {
            throw refused(
                "shape \(shape) of \(typeName) takes \(size) bytes, data_offsets give \(bounds[1] - bounds[0])"
            )
        }
        return SafetensorsEntry(type: type, shape: shape, range: bounds[0]..<bounds[1])
    }

    private func checkCoverage(of size: Int, path: String) throws(CheckpointError) {
        var end = 0
        for name in names {
            guard let range = entries[name]?.range else { continue }
            guard range.upperBound <= size else {
                throw .malformedTensor(
                    path: path,
                    tensor: name,
                    reason: "its data end at byte \(range.upperBound), the file's at \(size)"
                )
            }
            guard range.lowerBound >= end else {
                throw .malformedTensor(path: path, tensor: name, reason: "its data overlap those of another tensor")
            }
            guard range.lowerBound == end else {
                throw .malformedTensor(
                    path: path,
                    tensor: name,
                    reason: "\(range.lowerBound - end) bytes before its data belong to no tensor"
                )
            }
            end = range.upperBound
        }
        guard end == size else {
            throw .malformed(path: path, reason: "\(size - end) bytes after the last tensor belong to no tensor")
        }
    }
}

/// A JSON object whose values are strings or lists of integers.
private struct RawEntry: Decodable {
    enum Field: Decodable {
        case text(String), integers([Int])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .integers(try container.decode([Int].self))
            }
        }
    }

    let fields: [String: Field]

    init(from decoder: any Decoder) throws {
        fields = try decoder.singleValueContainer().decode([String: Field].self)
    }
}
