package import Foundation
import Glibc

/// The numbers of a run by name, read from `metrics.jsonl` and kept up with while the run goes on.
///
/// Made for files of tens of megabytes: a value is found by comparing its name with the one that followed last time, and
/// only bytes that were added are read.
package struct MetricHistory: Sendable {
    /// One metric over time, in the order of the file.
    package struct Series: Sendable, Equatable {
        package var steps: [Int] = []
        package var values: [Double] = []

        package init() {}
        package var last: Double? { values.last }
    }

    private struct Column {
        var name: [UInt8]
        var series = Series()
        /// The column that stood behind this one last time.
        var follower = 0
    }

    package let url: URL
    private var columns: [Column] = []
    private var byName: [String: Int] = [:]
    private var offset = 0
    private var identity: UInt = 0
    /// Steps and times of the lines, seconds since 1970.
    package private(set) var steps: [Int] = []
    package private(set) var times: [Double] = []
    /// Lines that are no records.
    package private(set) var brokenLines = 0

    package init(url: URL) { self.url = url }

    package var names: [String] { byName.keys.sorted() }
    package var lastStep: Int? { steps.max() }

    package subscript(name: String) -> Series? { byName[name].map { columns[$0].series } }

    /// The newest value of every metric.
    package var latest: [String: Double] {
        byName.compactMapValues { columns[$0].series.last }
    }

    /// Reads what was added since the last call; a file that was replaced or became shorter is read again.
    ///
    /// - Returns: whether anything changed.
    package mutating func refresh() -> Bool {
        var status = stat()
        guard unsafe stat(url.path, &status) == 0 else { return reset() }
        let changed = status.st_ino != identity || Int(status.st_size) < offset ? reset() : false
        identity = status.st_ino
        guard Int(status.st_size) > offset, let file = try? FileHandle(forReadingFrom: url) else { return changed }
        defer { try? file.close() }
        do {
            try file.seek(toOffset: UInt64(offset))
            guard let data = try file.readToEnd(), let end = data.lastIndex(of: 10) else { return changed }
            let whole = data[data.startIndex...end]
            unsafe whole.withUnsafeBytes { bytes in unsafe parse(bytes) }
            offset += whole.count
            return true
        } catch {
            return changed
        }
    }

    private mutating func reset() -> Bool {
        let had = offset > 0
        self = MetricHistory(url: url)
        return had
    }

    /// Whole lines, the last byte a line end.
    private mutating func parse(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        var start = 0
        while start < bytes.count {
            let length = unsafe memchr(base + start, 10, bytes.count - start).map { end in
                unsafe UnsafeRawPointer(end) - base - start
            }
            guard let length else { return }
            if length > 0, unsafe !parseLine(bytes, start, start + length) { brokenLines += 1 }
            start += length + 1
        }
    }

    /// One flat object of numbers and nulls; `end` is the line end, at which `strtod` stops.
    private mutating func parseLine(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Bool {
        var at = start + 1
        var step: Int?
        var time = 0.0
        var expected = 0
        var found: [(Int, Double)] = []
        while at < end, unsafe bytes[at] == UInt8(ascii: "\"") {
            let nameStart = at + 1
            var nameEnd = nameStart
            while nameEnd < end, unsafe bytes[nameEnd] != UInt8(ascii: "\"") { nameEnd += 1 }
            guard nameEnd + 2 < end, unsafe bytes[nameEnd + 1] == UInt8(ascii: ":") else { return false }
            let name = unsafe UnsafeRawBufferPointer(rebasing: bytes[nameStart..<nameEnd])
            let (value, next) = unsafe Self.number(bytes, nameEnd + 2)
            guard let next else { return false }
            if unsafe Self.equal(name, "step") {
                step = value.flatMap { Int(exactly: $0) }
            } else if unsafe Self.equal(name, "time") {
                time = value ?? 0
            } else {
                let column = unsafe self.column(name, expected: expected)
                if let last = found.last { columns[last.0].follower = column }
                expected = columns[column].follower
                found.append((column, value ?? .nan))
            }
            at = unsafe bytes[next] == UInt8(ascii: ",") ? next + 1 : end
        }
        guard let step else { return false }
        steps.append(step)
        times.append(time)
        for (column, value) in found where !value.isNaN {
            columns[column].series.steps.append(step)
            columns[column].series.values.append(value)
        }
        return true
    }

    private mutating func column(_ name: UnsafeRawBufferPointer, expected: Int) -> Int {
        if expected < columns.count, unsafe Self.equal(name, columns[expected].name) { return expected }
        let text = unsafe String(decoding: name, as: UTF8.self)
        if let known = byName[text] { return known }
        unsafe columns.append(Column(name: Array(name), follower: columns.count + 1))
        byName[text] = columns.count - 1
        return columns.count - 1
    }

    /// - Returns: the number, nil for null, and where it ends; no end when there is neither.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> (Double?, Int?) {
        if unsafe bytes[at] == UInt8(ascii: "n") { return (nil, at + 4 < bytes.count ? at + 4 : nil) }
        guard let base = bytes.baseAddress else { return (nil, nil) }
        let text = unsafe (base + at).assumingMemoryBound(to: CChar.self)
        var stop: UnsafeMutablePointer<CChar>?
        let value = unsafe strtod(text, &stop)
        let length = unsafe stop.map { unsafe UnsafePointer($0) - text } ?? 0
        return length > 0 && value.isFinite ? (value, at + length) : (nil, nil)
    }

    private static func equal(_ name: UnsafeRawBufferPointer, _ other: [UInt8]) -> Bool {
        guard name.count == other.count, let base = name.baseAddress else { return false }
        return unsafe other.withUnsafeBytes {
            unsafe $0.baseAddress.map { unsafe memcmp($0, base, name.count) == 0 } ?? false
        }
    }

    private static func equal(_ name: UnsafeRawBufferPointer, _ other: StaticString) -> Bool {
        guard name.count == other.utf8CodeUnitCount, let base = name.baseAddress else { return false }
        return unsafe memcmp(other.utf8Start, base, name.count) == 0
    }
}

extension MetricHistory.Series {
    /// At most `limit` points: means of consecutive ones, with the least and the greatest of each, so that no outlier is
    /// hidden.
    ///
    /// - Returns: the step of each point (that of its last value), and mean, least and greatest value.
    package func reduced(to limit: Int) -> (steps: [Int], mean: [Double], low: [Double], high: [Double]) {
        guard steps.count > limit, limit > 0 else { return (steps, values, values, values) }
        var result: (steps: [Int], mean: [Double], low: [Double], high: [Double]) = ([], [], [], [])
        for point in 0..<limit {
            let range = point * values.count / limit..<(point + 1) * values.count / limit
            let part = values[range]
            result.steps.append(steps[range.upperBound - 1])
            result.mean.append(part.reduce(0, +) / Double(part.count))
            result.low.append(part.min() ?? .nan)
            result.high.append(part.max() ?? .nan)
        }
        return result
    }
}
