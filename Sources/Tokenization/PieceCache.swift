import Synchronization

/// The tokens of the pieces met before: most words of a corpus come again.
///
/// An open-addressing table over two flat arrays, so that a hit allocates nothing. What it holds never changes a
/// result, only how soon it comes; a full cache is emptied.
final class PieceCache: Sendable {
    /// The entries of one cache, to be touched under its lock.
    struct Table {
        private struct Entry {
            var hash: UInt64 = 0
            var bytes: Range<Int32> = 0..<0
            var tokens: Range<Int32> = 0..<0
        }

        static let longestPiece = 64
        private static let slots = 1 << 16
        private var entries = [Entry](repeating: Entry(), count: slots)
        private var bytes: [UInt8] = []
        private var tokens: [Int32] = []
        private var count = 0

        static func hash(_ text: [UInt8], _ range: Range<Int>) -> UInt64 {
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for index in range { hash = (hash ^ UInt64(text[index])) &* 0x0000_0100_0000_01B3 }
            return hash ^ hash >> 29
        }

        /// Appends the tokens of `text[range]` to `output`, if they are known.
        func append(_ text: [UInt8], _ range: Range<Int>, hash: UInt64, to output: inout [Int32]) -> Bool {
            var slot = Int(hash & UInt64(Self.slots - 1))
            while !entries[slot].bytes.isEmpty {
                let entry = entries[slot]
                if entry.hash == hash, entry.bytes.count == range.count, equal(entry.bytes, text, range) {
                    output.append(contentsOf: tokens[Int(entry.tokens.lowerBound)..<Int(entry.tokens.upperBound)])
                    return true
                }
                slot = (slot + 1) & (Self.slots - 1)
            }
            return false
        }

        private func equal(_ own: Range<Int32>, _ text: [UInt8], _ range: Range<Int>) -> Bool {
            var index = range.lowerBound
            for position in Int(own.lowerBound)..<Int(own.upperBound) {
                guard bytes[position] == text[index] else { return false }
                index += 1
            }
            return true
        }

        mutating func insert(_ text: [UInt8], _ range: Range<Int>, hash: UInt64, tokens new: [Int32]) {
            if count == Self.slots / 2 { self = Table() }
            var slot = Int(hash & UInt64(Self.slots - 1))
            while !entries[slot].bytes.isEmpty { slot = (slot + 1) & (Self.slots - 1) }
            let (byteStart, tokenStart) = (Int32(bytes.count), Int32(tokens.count))
            bytes.append(contentsOf: text[range])
            tokens.append(contentsOf: new)
            entries[slot] = Entry(
                hash: hash,
                bytes: byteStart..<Int32(bytes.count),
                tokens: tokenStart..<Int32(tokens.count)
            )
            count += 1
        }
    }

    let table = Mutex(Table())
}
