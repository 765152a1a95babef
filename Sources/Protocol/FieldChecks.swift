import Foundation

/// The checks every validation is made of; each names the field it refuses.
enum Check {
    static func count(_ count: Int, _ range: ClosedRange<Int>, _ field: String) throws(ProtocolError) {
        guard range.contains(count) else {
            throw .invalidField(
                field: field,
                expected: "\(range.lowerBound) to \(range.upperBound) entries",
                found: "\(count)"
            )
        }
    }

    static func atMost(_ count: Int, _ limit: Int, _ field: String) throws(ProtocolError) {
        guard count <= limit else {
            throw .invalidField(field: field, expected: "at most \(limit) entries", found: "\(count)")
        }
    }

    static func text(_ text: String, _ limit: Int, _ field: String) throws(ProtocolError) {
        let bytes = text.utf8.count
        guard bytes <= limit else {
            throw .invalidField(field: field, expected: "at most \(limit) UTF-8 bytes", found: "\(bytes)")
        }
    }

    static func digest(_ data: Data, _ field: String) throws(ProtocolError) {
        guard data.count == ProtocolLimits.digestBytes else {
            throw .invalidField(
                field: field,
                expected: "\(ProtocolLimits.digestBytes) bytes",
                found: "\(data.count) bytes"
            )
        }
    }

    static func equal(_ count: Int, _ expected: Int, _ field: String) throws(ProtocolError) {
        guard count == expected else {
            throw .invalidField(field: field, expected: "\(expected) entries", found: "\(count)")
        }
    }

    static func index(_ index: UInt32, below bound: Int, _ field: String) throws(ProtocolError) {
        guard Int(index) < bound else {
            throw .invalidField(field: field, expected: "an index below \(bound)", found: "\(index)")
        }
    }

    /// Not negative, not infinite, not NaN.
    static func amount(_ value: Double, _ field: String) throws(ProtocolError) {
        guard value.isFinite, value >= 0 else {
            throw .invalidField(field: field, expected: "a finite number, 0 or more", found: "\(value)")
        }
    }

    static func finite(_ values: [Float], _ field: String) throws(ProtocolError) {
        guard let bad = values.firstIndex(where: { !$0.isFinite }) else { return }
        throw .invalidField(field: "\(field)[\(bad)]", expected: "a finite number", found: "\(values[bad])")
    }

    static func range<Value: Comparable>(
        _ value: Value,
        _ range: ClosedRange<Value>,
        _ field: String
    ) throws(ProtocolError) {
        guard range.contains(value) else {
            throw .invalidField(
                field: field,
                expected: "\(range.lowerBound) to \(range.upperBound)",
                found: "\(value)"
            )
        }
    }

    /// `value` as an `Int` when it lies in `range`.
    static func integer(
        _ value: UInt64,
        _ range: ClosedRange<Int>,
        _ field: String
    ) throws(ProtocolError) -> Int {
        guard let value = Int(exactly: value), range.contains(value) else {
            throw .invalidField(
                field: field,
                expected: "\(range.lowerBound) to \(range.upperBound)",
                found: "\(value)"
            )
        }
        return value
    }
}
