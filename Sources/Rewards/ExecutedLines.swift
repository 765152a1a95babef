/// Tokens of a Python completion whose lines no test executed, ascending: StepCoder's mask.
///
/// A statement over several lines is executed when one of its lines is. Blank lines and comments go with what stands before
/// them, `else:`, `finally:` and `try:`, which Python does not count as executed, with what stands after them. A token counts
/// as executed when one of its lines is.
///
/// Source: Dou et al. 2024, StepCoder, <https://arxiv.org/abs/2402.01391>, section 3 (fine-grained optimisation).
///
/// - Parameters:
///   - tokenBytes: the bytes of each token, shape `[T]`; empty for special tokens, which are never idle.
///   - preamble: what stood before the completion in the program.
///   - executedLines: lines of the whole program, from 1, ascending.
/// - Returns: positions of tokens; empty when nothing was executed at all, since then the lines say nothing.
package func idleTokens(tokenBytes: [[UInt8]], preamble: String, executedLines: [Int]) -> [Int] {
    guard !executedLines.isEmpty else { return [] }
    let before = Array(preamble.utf8)
    let program = before + tokenBytes.joined()
    let executed = executedStatements(program, executedLines: Set(executedLines))
    let offset = before.count { $0 == UInt8(ascii: "\n") }
    return linesOfTokens(tokenBytes).enumerated().compactMap { token, lines in
        let isIdle = !lines.isEmpty && lines.allSatisfy { !executed[min($0 + offset, executed.count) - 1] }
        return isIdle ? token : nil
    }
}

/// Whether each physical line belongs to something that was executed.
private func executedStatements(_ program: [UInt8], executedLines: Set<Int>) -> [Bool] {
    let statements = logicalLines(program)
    var states = statements.map { statement -> Bool? in
        if statement.lines.contains(where: { executedLines.contains($0) }) { return true }
        let isSilent = statement.text.isEmpty || statement.text.hasPrefix("#")
        return isSilent || ["else:", "finally:", "try:"].contains(statement.text) ? nil : false
    }
    for i in states.indices where states[i] == nil {
        let isKeyword = statements[i].text.hasSuffix(":")
        let neighbour = isKeyword ? states[i...].lazy.compactMap { $0 }.first : states[..<i].last { $0 != nil } ?? nil
        states[i] = neighbour ?? true
    }
    var result: [Bool] = []
    for (statement, state) in zip(statements, states) { result += statement.lines.map { _ in state ?? true } }
    return result
}

/// Statements with the lines they stand on, counted from 1; a line within brackets, a triple-quoted string or after a
/// backslash goes on with the statement before it.
private func logicalLines(_ program: [UInt8]) -> [(lines: Range<Int>, text: String)] {
    var statements: [(lines: Range<Int>, text: String)] = []
    var scanner = StatementScanner()
    var first = 1
    var bytes: [UInt8] = []
    let lines = program.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
        bytes += line
        scanner.read(Array(line))
        guard !scanner.continues || index == lines.count - 1 else { continue }
        let text = String(decoding: bytes, as: UTF8.self)
        statements.append(
            (first..<index + 2, String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()))
        )
        bytes = []
        first = index + 2
    }
    return statements
}

/// Knows after each line whether the statement goes on in the next.
private struct StatementScanner {
    private var depth = 0
    private var quote: [UInt8] = []
    private var hasBackslash = false

    var continues: Bool { depth > 0 || quote.count == 3 || hasBackslash }

    mutating func read(_ line: [UInt8]) {
        hasBackslash = false
        var i = 0
        while i < line.count {
            let byte = line[i]
            if !quote.isEmpty {
                if byte == UInt8(ascii: "\\") {
                    i += 1
                } else if line[i...].starts(with: quote) {
                    i += quote.count - 1
                    quote = []
                }
            } else if byte == UInt8(ascii: "#") {
                break
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = line[i...].starts(with: [byte, byte, byte]) ? [byte, byte, byte] : [byte]
                i += quote.count - 1
            } else if [UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{")].contains(byte) {
                depth += 1
            } else if [UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}")].contains(byte) {
                depth = max(0, depth - 1)
            } else if byte == UInt8(ascii: "\\"), i == line.count - 1 {
                hasBackslash = true
            }
            i += 1
        }
        // A string in single quotes ends with its line.
        if quote.count == 1 { quote = [] }
    }
}
