/// What the tool chain needs to know of a Java source: its package, its public class and the class with `main`.
struct JavaSource {
    private(set) var package: String?
    private(set) var publicClass: String?
    private(set) var mainClass: String?
    private var firstClass: String?

    init(_ source: String) {
        let scan = SourceScan(source)
        let words = scan.words
        var depth = 0
        var position = 0
        var current: String?
        for (i, word) in words.enumerated() {
            for at in position..<word.range.lowerBound {
                if scan.code[at] == UInt8(ascii: "{") { depth += 1 }
                if scan.code[at] == UInt8(ascii: "}") { depth -= 1 }
            }
            position = word.range.upperBound
            if depth == 0, word.text == "package", let end = scan.code[position...].firstIndex(of: UInt8(ascii: ";")) {
                package = String(decoding: scan.code[position..<end].filter { $0 > 32 }, as: UTF8.self)
            }
            if depth == 0, ["class", "interface", "enum", "record"].contains(word.text), i + 1 < words.count {
                current = words[i + 1].text
                firstClass = firstClass ?? current
                let modifiers = words[max(0, i - 3)..<i].map(\.text)
                if publicClass == nil, modifiers.contains("public") { publicClass = current }
            }
            let isMain = word.text == "main" && i > 0 && words[i - 1].text == "void"
            if isMain, depth == 1, mainClass == nil, scan.next(after: position)?.byte == UInt8(ascii: "(") {
                mainClass = current
            }
        }
    }

    /// The name that the file must have.
    var fileName: String { (publicClass ?? mainClass ?? firstClass ?? "Main") + ".java" }

    /// The class to start, with its package.
    var qualifiedMain: String {
        let name = mainClass ?? publicClass ?? firstClass ?? "Main"
        return package.map { "\($0).\(name)" } ?? name
    }
}
