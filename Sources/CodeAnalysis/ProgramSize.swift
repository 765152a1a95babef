package import Programs

/// How much work a program would be for the parser, found in one pass over its bytes and without a grammar.
///
/// Strings and comments count like everything else, so the figures are too large rather than too small.
package struct ProgramSize: Sendable, Hashable {
    /// Longest program that is parsed, bytes of UTF-8.
    package static let maximumBytes = 1 << 20
    /// Most atoms of a program that is parsed.
    ///
    /// Debian 12's tree-sitter (0.20.7) counts the children of a node in 16 bits and corrupts memory at 65,536 of them;
    /// a program that opens as many brackets, or has as many comments in a row, brings that about. A token has an atom at
    /// least, and to each there come at most one token of no width or, in a broken program, one that the parser makes up;
    /// so two for each atom cannot reach the limit.
    package static let maximumAtoms = 30_000
    /// Most `<` of a Java program that is parsed.
    ///
    /// That grammar takes memory in the square of the number of type arguments left open, whatever comes between them:
    /// 2,000 need 150 MB, 30,000 would need 7 GB. No other grammar does.
    package static let maximumJavaAngles = 2_000

    package let bytes: Int
    /// Words, numbers, and other bytes that are no space, line breaks among them, one each.
    package let atoms: Int
    /// How many `<` there are.
    package let angles: Int

    /// Measures `source`; a program of too many bytes is not looked at.
    package init(_ source: [UInt8]) {
        bytes = source.count
        var atoms = 0
        var angles = 0
        var previous = ByteClass.space
        if source.count <= Self.maximumBytes {
            for byte in source {
                let found = ByteClass.table[Int(byte)]
                if found == .mark || (found != .space && found != previous) { atoms += 1 }
                if byte == UInt8(ascii: "<") { angles += 1 }
                previous = found
            }
        }
        self.atoms = atoms
        self.angles = angles
    }

    package func isWithinLimits(for language: Language) -> Bool {
        bytes <= Self.maximumBytes && atoms <= Self.maximumAtoms
            && (language != .java || angles <= Self.maximumJavaAngles)
    }

    private enum ByteClass: UInt8 {
        case space, letter, digit, mark

        static let table: [ByteClass] = (0..<256).map { byte in
            switch UInt8(byte) {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): .space
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                .letter
            case UInt8(ascii: "0")...UInt8(ascii: "9"): .digit
            default: .mark
            }
        }
    }
}
