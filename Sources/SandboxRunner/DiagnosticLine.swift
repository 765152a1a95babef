package import Programs

/// Finds the line of the program that a compiler, an interpreter or a stack trace speaks of.
package enum DiagnosticLine {
    /// The line, from 1; nil when the text names none of the program's.
    ///
    /// Knows `NAME:LINE` (g++, javac, node, ruby, go), `NAME(LINE` (mcs), `NAME on line LINE` (php) and Python's
    /// `File "NAME", line LINE`, where NAME is `<program>` or ends as the language's files do. Python's tracebacks name
    /// the innermost frame last, all others first. Lines behind the program's last belong to its test.
    package static func find(in text: String, program: String, language: Language) -> Int? {
        let bytes = Array(text.utf8)
        let last = program.utf8.count { $0 == 10 } + 1
        var found: Int?
        for name in ["<program>", "." + language.fileExtension] {
            let wanted = Array(name.utf8)
            guard bytes.count > wanted.count else { continue }
            for at in 0..<bytes.count - wanted.count where bytes[at..<at + wanted.count].elementsEqual(wanted) {
                guard let line = number(in: bytes, after: at + wanted.count), (1...last).contains(line) else {
                    continue
                }
                if language != .python { return line }
                found = line
            }
        }
        return found
    }

    private static func number(in bytes: [UInt8], after position: Int) -> Int? {
        for lead in [":", "(", " on line ", "\", line ", "' on line "] {
            let wanted = Array(lead.utf8)
            guard bytes.count >= position + wanted.count,
                bytes[position..<position + wanted.count].elementsEqual(wanted)
            else { continue }
            let digits = bytes[(position + wanted.count)...].prefix(8).prefix { (48...57).contains($0) }
            if let number = Int(String(decoding: digits, as: UTF8.self)) { return number }
        }
        return nil
    }
}
