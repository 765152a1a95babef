package import Programs

/// JSON text for `JSONValue` that keeps what Foundation's coders lose: `1` and `1.0` stay different.
///
/// NaN and infinities, which JSON lacks, are written as Python's `json` writes them.
package enum JSONText {
    /// The text of `value`, object keys in order.
    package static func write(_ value: JSONValue) -> String {
        var text = ""
        write(value, into: &text)
        return text
    }

    private static func write(_ value: JSONValue, into text: inout String) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value):
            if value.isNaN {
                text += "NaN"
            } else if value.isInfinite {
                text += value < 0 ? "-Infinity" : "Infinity"
            } else {
                text += "\(value)"
            }
        case .string(let value): write(value, into: &text)
        case .array(let values):
            text += "["
            for (i, value) in values.enumerated() {
                if i > 0 { text += "," }
                write(value, into: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (i, key) in members.keys.sorted().enumerated() {
                if i > 0 { text += "," }
                write(key, into: &text)
                text += ":"
                write(members[key] ?? .null, into: &text)
            }
            text += "}"
        }
    }

    private static func write(_ string: String, into text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case let control where control.value < 0x20:
                let digits = String(control.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    /// The value of `text`: one JSON value, nested at most `ProtocolLimits.jsonDepth` deep.
    ///
    /// Errors are reported under `field`.
    package static func read(_ text: String, field: String) throws(ProtocolError) -> JSONValue {
        var reader = JSONReader(bytes: Array(text.utf8), field: field)
        return try reader.document()
    }
}

private struct JSONReader {
    let bytes: [UInt8]
    let field: String
    var position = 0

    init(bytes: [UInt8], field: String) {
        self.bytes = bytes
        self.field = field
    }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    func error(_ expected: String) -> ProtocolError {
        .invalidField(field: field, expected: "JSON with \(expected) at byte \(position)", found: excerpt)
    }

    private var excerpt: String {
        guard position < bytes.count else { return "the end" }
        return "'" + String(decoding: bytes[position..<min(position + 12, bytes.count)], as: UTF8.self) + "'"
    }

    mutating func document() throws(ProtocolError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard next == nil else { throw error("nothing more") }
        return value
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func accept(_ character: Character) -> Bool {
        guard let byte = next, byte == character.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func accept(word: String) -> Bool {
        let word = Array(word.utf8)
        guard bytes.count - position >= word.count, Array(bytes[position..<position + word.count]) == word else {
            return false
        }
        position += word.count
        return true
    }

    private mutating func value(depth: Int) throws(ProtocolError) -> JSONValue {
        guard depth <= ProtocolLimits.jsonDepth else { throw error("at most \(ProtocolLimits.jsonDepth) levels") }
        skipSpace()
        guard let byte = next else { throw error("a value") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        default: break
        }
        if accept(word: "null") { return .null }
        if accept(word: "true") { return .bool(true) }
        if accept(word: "false") { return .bool(false) }
        if accept(word: "NaN") { return .number(.nan) }
        if accept(word: "Infinity") { return .number(.infinity) }
        if accept(word: "-Infinity") { return .number(-.infinity) }
        return try number()
    }

    private mutating func array(depth: Int) throws(ProtocolError) -> JSONValue {
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if accept("]") { return .array(values) }
        while true {
            values.append(try value(depth: depth + 1))
            skipSpace()
            if accept("]") { return .array(values) }
            guard accept(",") else { throw error("',' or ']'") }
        }
    }

    private mutating func object(depth: Int) throws(ProtocolError) -> JSONValue {
        position += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if accept("}") { return .object(members) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("a key") }
            let key = try string()
            skipSpace()
            guard accept(":") else { throw error("':'") }
            members[key] = try value(depth: depth + 1)
            skipSpace()
            if accept("}") { return .object(members) }
            guard accept(",") else { throw error("',' or '}'") }
        }
    }

    private mutating func number() throws(ProtocolError) -> JSONValue {
        let start = position
        while let byte = next {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
                continue
            default: break
            }
            break
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if text.first != "+", let value = Int(text) { return .integer(value) }
        if text.first != "+", let value = Double(text), value.isFinite { return .number(value) }
        position = start
        throw error("a value")
    }

    private mutating func string() throws(ProtocolError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20:
                position -= 1
                throw error("no control character in a string")
            default: text.append(byte)
            }
        }
        throw error("the end of a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(ProtocolError) {
        guard let byte = next else { throw error("an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try hexadecimal())
            if (0xD800..<0xDC00).contains(code), accept(word: "\\u") {
                let low = UInt32(try hexadecimal())
                guard (0xDC00..<0xE000).contains(low) else { throw error("the second half of a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            text += Array(String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
        default:
            position -= 1
            throw error("an escape")
        }
    }

    private mutating func hexadecimal() throws(ProtocolError) -> UInt16 {
        guard bytes.count - position >= 4,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits") }
        position += 4
        return code
    }
}
