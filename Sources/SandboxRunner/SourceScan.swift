import Programs

/// A look at source text that knows comments and literals, and nothing else about the language.
struct SourceScan {
    /// The text with comments and the contents of literals turned into spaces, byte for byte.
    let code: [UInt8]

    /// Scans C++ or Java.
    init(_ source: String) {
        let text = Array(source.utf8)
        var code = text
        var i = 0
        func byte(_ at: Int) -> UInt8 { at < text.count ? text[at] : 0 }
        func blank(_ range: Range<Int>) {
            for at in range where at < text.count && text[at] != UInt8(ascii: "\n") { code[at] = UInt8(ascii: " ") }
        }
        while i < text.count {
            let start = i
            switch (text[i], byte(i + 1)) {
            case (UInt8(ascii: "/"), UInt8(ascii: "/")):
                while i < text.count, text[i] != UInt8(ascii: "\n") { i += 1 }
                blank(start..<i)
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                i += 2
                while i < text.count, !(text[i] == UInt8(ascii: "*") && byte(i + 1) == UInt8(ascii: "/")) { i += 1 }
                i = min(i + 2, text.count)
                blank(start..<i)
            case (UInt8(ascii: "\""), _), (UInt8(ascii: "'"), _):
                i += 1
                while i < text.count, text[i] != text[start], text[i] != UInt8(ascii: "\n") {
                    i += text[i] == UInt8(ascii: "\\") ? 2 : 1
                }
                blank(start + 1..<min(i, text.count))
                i += 1
            default: i += 1
            }
        }
        self.code = code
    }

    /// Whether the program has nothing but space and comments.
    static func isEmpty(_ program: String, language: Language) -> Bool {
        if language == .python || language == .ruby {
            var isComment = false
            for byte in program.utf8 {
                if byte == 10 || byte == 13 {
                    isComment = false
                } else if byte == UInt8(ascii: "#") {
                    isComment = true
                } else if !isComment, byte != 32, !(9...13).contains(byte) {
                    return false
                }
            }
            return true
        }
        let code = SourceScan(program).code
        if language == .php {
            // Nothing but tags and comments; text outside the tags is printed, which makes it a program.
            return String(decoding: code, as: UTF8.self).split(whereSeparator: \.isNewline).allSatisfy { line in
                let words = line.split(whereSeparator: \.isWhitespace)
                let comment = words.firstIndex { $0.first == "#" && !$0.hasPrefix("#[") } ?? words.endIndex
                return words[..<comment].allSatisfy { ["<?php", "?>", ";"].contains($0) }
            }
        }
        return code.allSatisfy { $0 == 32 || (9...13).contains($0) }
    }

    /// The words (identifiers, keywords, numbers) of the code with their places.
    var words: [(text: String, range: Range<Int>)] {
        var words: [(text: String, range: Range<Int>)] = []
        var i = 0
        while i < code.count {
            guard Self.isWordByte(code[i]) else {
                i += 1
                continue
            }
            let start = i
            while i < code.count, Self.isWordByte(code[i]) { i += 1 }
            words.append((String(decoding: code[start..<i], as: UTF8.self), start..<i))
        }
        return words
    }

    /// The first byte after `position` that is not a space, and where it is.
    func next(after position: Int) -> (byte: UInt8, at: Int)? {
        for at in position..<code.count where code[at] != 32 && !(9...13).contains(code[at]) { return (code[at], at) }
        return nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 128...255:
            true
        default: false
        }
    }
}
