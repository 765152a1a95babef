/// A table of text for people: Markdown for files, aligned columns for a terminal.
package struct Table: Sendable {
    /// On which side of its column a text stands.
    package enum Alignment: Sendable {
        case left, right
    }

    package let columns: [String]
    package let alignments: [Alignment]
    package private(set) var rows: [[String]] = []

    /// Makes an empty table; without `alignments` the first column is left-aligned and the others, figures, right.
    package init(columns: [String], alignments: [Alignment]? = nil) {
        let usual: [Alignment] = columns.indices.map { $0 == 0 ? .left : .right }
        self.columns = columns
        self.alignments = alignments ?? usual
        precondition(self.alignments.count == columns.count, "one alignment for each column")
    }

    /// Adds a row, which has a text for each column.
    package mutating func addRow(_ row: [String]) {
        precondition(row.count == columns.count, "a row has \(columns.count) texts, not \(row.count)")
        rows.append(row)
    }

    /// The table in Markdown, columns padded so that the source is legible too.
    package var markdown: String {
        let escaped = Table.escape(columns, rows)
        let widths = Table.widths(escaped)
        var lines = escaped.map { row in "| \(cells(row, widths).joined(separator: " | ")) |" }
        let rule = zip(widths, alignments).map { width, side in
            String(repeating: "-", count: width + 1) + (side == .right ? ":" : "-")
        }
        lines.insert("|\(rule.joined(separator: "|"))|", at: 1)
        return lines.joined(separator: "\n") + "\n"
    }

    /// The table in aligned columns with a rule under the head.
    package var plain: String {
        let all = [columns] + rows
        let widths = Table.widths(all)
        var lines = all.map { row in
            var line = cells(row, widths).joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
        lines.insert(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "), at: 1)
        return lines.joined(separator: "\n") + "\n"
    }

    private func cells(_ row: [String], _ widths: [Int]) -> [String] {
        row.indices.map { index in
            let space = String(repeating: " ", count: widths[index] - row[index].count)
            return alignments[index] == .left ? row[index] + space : space + row[index]
        }
    }

    private static func widths(_ rows: [[String]]) -> [Int] {
        var widths = [Int](repeating: 3, count: rows.first?.count ?? 0)
        for row in rows {
            for index in row.indices { widths[index] = max(widths[index], row[index].count) }
        }
        return widths
    }

    private static func escape(_ columns: [String], _ rows: [[String]]) -> [[String]] {
        ([columns] + rows).map { row in
            row.map { text in
                String(text.flatMap { $0 == "|" ? "\\|" : $0 == "\n" ? " " : String($0) })
            }
        }
    }
}
