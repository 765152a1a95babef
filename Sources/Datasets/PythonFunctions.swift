internal import Determinism

/// Finds the functions of a Python file, for a completion corpus made from files on the machine.
///
/// By lines and margins alone: what is cut wrongly does not compile, and whoever builds a corpus compiles it.
package enum PythonFunctions {
    package struct Function: Sendable, Hashable {
        package var name: String
        /// Line of the `def`, counted from 1.
        package var line: Int
        /// From `def` to the last line of its body, with the margin of the `def` taken off every line.
        package var code: String
    }

    /// The functions and methods of `source`, nested functions within their outer ones only.
    package static func functions(in source: String) -> [Function] {
        let lines = source.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
        let isText = linesInsideStrings(lines)
        var result: [Function] = []
        var index = 0
        while index < lines.count {
            guard !isText[index], let name = definedName(lines[index]) else {
                index += 1
                continue
            }
            let margin = lines[index].prefix { $0 == " " || $0 == "\t" }
            var end = index + 1
            var last = index
            while end < lines.count {
                let line = lines[end]
                let isBlank = line.allSatisfy(\.isWhitespace)
                // What has no deeper margin ends the body, unless it stands in a string or closes the parameter list.
                if !isBlank, !isText[end], !isDeeper(line, than: margin), !")]}".contains(line.first ?? "x"),
                    !closesParameters(line, margin)
                {
                    break
                }
                if !isBlank { last = end }
                end += 1
            }
            let body = lines[index...last].map { $0.hasPrefix(margin) ? $0.dropFirst(margin.count) : $0 }
            result.append(Function(name: name, line: index + 1, code: body.joined(separator: "\n") + "\n"))
            index = last + 1
        }
        return result
    }

    /// Functions that are the first lines of `code`, which is one: at most `count` of them, from anywhere in it.
    ///
    /// Whoever learns from `code` alone sees one ending of it. Cut after a line that ends a statement it is a function, too, and
    /// shows how this line may end; what is cut elsewhere does not compile. Which lines are tried depends on `code` alone.
    package static func beginnings(of code: String, atMost count: Int) -> [String] {
        let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
        let isText = linesInsideStrings(lines)
        var places: [Int] = []
        var bytes = 0
        // The last line is followed by an empty one.
        for (index, line) in lines.dropLast(2).enumerated() {
            bytes += line.utf8.count + 1
            let first = line.first { !$0.isWhitespace }
            if index > 0, bytes >= shortestBytes, !isText[index + 1], let first, first != "#" { places.append(index) }
        }
        var generator = RandomKey(seed: Digest(of: code).leadingBits).generator()
        return generator.shuffled(places).prefix(count).map { lines[...$0].joined(separator: "\n") + "\n" }
    }

    /// Shorter beginnings have hardly the 64 tokens that the completion task asks for.
    private static let shortestBytes = 192

    private static func definedName(_ line: Substring) -> String? {
        var rest = line.drop { $0 == " " || $0 == "\t" }
        if rest.hasPrefix("async ") { rest = rest.dropFirst(6) }
        guard rest.hasPrefix("def ") else { return nil }
        let name = rest.dropFirst(4).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return name.isEmpty ? nil : String(name)
    }

    private static func isDeeper(_ line: Substring, than margin: Substring) -> Bool {
        line.hasPrefix(margin) && (line.dropFirst(margin.count).first.map { $0 == " " || $0 == "\t" } ?? false)
    }

    private static func closesParameters(_ line: Substring, _ margin: Substring) -> Bool {
        line.hasPrefix(margin) && line.dropFirst(margin.count).first == ")"
    }

    /// Which lines begin inside a string of three quotes.
    private static func linesInsideStrings(_ lines: [Substring]) -> [Bool] {
        var result: [Bool] = []
        var open: String?
        for line in lines {
            result.append(open != nil)
            var rest = line[...]
            while !rest.isEmpty {
                if let quote = open {
                    guard let end = rest.firstRange(of: quote) else { break }
                    rest = rest[end.upperBound...]
                    open = nil
                } else if rest.hasPrefix("\"\"\"") || rest.hasPrefix("'''") {
                    open = String(rest.prefix(3))
                    rest = rest.dropFirst(3)
                } else if rest.first == "#" {
                    break
                } else if let quote = rest.first, quote == "\"" || quote == "'" {
                    // A short string ends on its line.
                    rest = rest.dropFirst()
                    while let next = rest.first, next != quote { rest = rest.dropFirst(next == "\\" ? 2 : 1) }
                    rest = rest.dropFirst()
                } else {
                    rest = rest.dropFirst()
                }
            }
        }
        return result
    }
}
