/// JSON text, written piece by piece: answers are long lists of numbers, and of programs that are no text to trust.
struct JSONBuilder {
    private(set) var bytes: [UInt8] = []
    /// Whether the next element of the innermost object or list needs a comma before it.
    private var needsComma = false

    mutating func object(_ name: String? = nil, _ body: (inout JSONBuilder) -> Void) { nest(name, "{", "}", body) }
    mutating func list(_ name: String? = nil, _ body: (inout JSONBuilder) -> Void) { nest(name, "[", "]", body) }

    private mutating func nest(_ name: String?, _ open: String, _ close: String, _ body: (inout JSONBuilder) -> Void) {
        begin(name)
        bytes += open.utf8
        needsComma = false
        body(&self)
        bytes += close.utf8
        needsComma = true
    }

    mutating func field(_ name: String?, _ text: String) {
        begin(name)
        quote(text)
    }

    /// Numbers that are not finite are null.
    mutating func field(_ name: String?, _ number: Double?) {
        begin(name)
        guard let number, number.isFinite else { return bytes += "null".utf8 }
        // Six digits are what a picture can show; whole numbers stay whole.
        bytes +=
            number == number.rounded() && abs(number) < 1e15
            ? "\(Int(number))".utf8 : abs(number) > 1e6 ? "\(number)".utf8 : "\(Float(number))".utf8
    }

    mutating func field(_ name: String?, _ number: Int) {
        begin(name)
        bytes += "\(number)".utf8
    }

    mutating func field(_ name: String?, _ flag: Bool) {
        begin(name)
        bytes += (flag ? "true" : "false").utf8
    }

    mutating func numbers(_ name: String? = nil, _ numbers: some Sequence<Double>) {
        list(name) { for number in numbers { $0.field(nil, number) } }
    }

    mutating func numbers(_ name: String? = nil, _ numbers: some Sequence<Int>) {
        list(name) { for number in numbers { $0.field(nil, number) } }
    }

    /// An element that was written already.
    mutating func raw(_ element: JSONBuilder) {
        begin(nil)
        bytes += element.bytes
    }

    private mutating func begin(_ name: String?) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        if let name {
            quote(name)
            bytes.append(UInt8(ascii: ":"))
        }
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += "\\\"".utf8
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            // Never the beginning of a tag, whoever puts this between tags one day.
            case UInt8(ascii: "<"): bytes += "\\u003c".utf8
            case 0..<0x20, 0x7F: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
