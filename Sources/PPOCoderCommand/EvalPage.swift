import Foundation
import Programs
import Telemetry

/// The figures and every problem of an evaluation as one web page that needs nothing else.
///
/// Program text comes from a model, and is text: every character that means something to a browser is written as an entity,
/// and a content-security policy forbids scripts and loading.
struct EvalPage {
    let report: EvalReport
    let problems: [Problem]

    /// Problems and samples shown whole; the rest is in the rows of `--output`.
    private static let shownProblems = 500
    private static let shownSamples = 20
    /// Longer texts are cut, characters.
    private static let longestText = 20_000

    /// The page.
    var text: String {
        var page = Self.head(report.title)
        page += "<h1>\(Self.escaped(report.title))</h1>\n"
        for table in [report.table] + report.groupTables + (report.baseline.map { [$0.table] } ?? []) {
            page += Self.html(table)
        }
        let shown = min(Self.shownProblems, report.rows.count)
        page += "<h2>Problems</h2>\n"
        if shown < report.rows.count { page += "<p>The first \(shown) of \(report.rows.count).</p>\n" }
        for index in 0..<shown { page += section(report.rows[index], problems[index], index: index) }
        return page + "</body></html>\n"
    }

    private func section(_ row: EvalRow, _ problem: Problem, index: Int) -> String {
        let state = row.greedy.passed ? "good" : row.greedy.compiled ? "half" : "bad"
        let passing = row.samples.count(where: \.passed)
        var summary = "<span class=\"dot \(state)\"></span><b>\(Self.escaped(row.id))</b> \(Self.escaped(row.language))"
        if !row.difficulty.isEmpty { summary += " · \(Self.escaped(row.difficulty))" }
        summary += " · \(Self.escaped(row.greedy.verdict.outcome.rawValue))"
        if !row.samples.isEmpty { summary += " · \(passing) of \(row.samples.count) samples pass" }
        var text = "<details><summary>\(summary)</summary>\n"
        text += "<h3>Prompt</h3><pre>\(Self.cut(problem.prompt))</pre>\n"
        text += "<h3>\(report.figures.first?.label == "pass@1, given" ? "First completion" : "Completion")</h3>"
        text += Self.verdict(row.greedy)
        if problem.reference.isEmpty {
            text += "<pre>\(Self.cut(row.greedy.text))</pre>\n"
        } else {
            text += "<p>Against the reference: <i class=\"del\">only in the reference</i>, "
            text += "<i class=\"ins\">only in the completion</i>.</p>"
            text += Self.difference(from: problem.target, to: row.greedy.text)
        }
        if let baseline = report.baseline, index < baseline.rows.count {
            text += "<h3>Baseline</h3>" + Self.verdict(baseline.rows[index].greedy)
            text += "<pre>\(Self.cut(baseline.rows[index].greedy.text))</pre>\n"
        }
        for (number, sample) in row.samples.prefix(Self.shownSamples).enumerated() {
            text += "<h3>Sample \(number + 1)</h3>\(Self.verdict(sample))<pre>\(Self.cut(sample.text))</pre>\n"
        }
        if row.samples.count > Self.shownSamples {
            text += "<p>\(row.samples.count - Self.shownSamples) more samples.</p>"
        }
        return text + "</details>\n"
    }

    private static func verdict(_ completion: EvalCompletion) -> String {
        let verdict = completion.verdict
        let state = completion.passed ? "good" : completion.compiled ? "half" : "bad"
        var text = "<p><span class=\"dot \(state)\"></span>\(escaped(verdict.outcome.rawValue))"
        if verdict.testsTotal > 0 { text += ", \(verdict.testsPassed) of \(verdict.testsTotal) tests" }
        text += completion.finished ? "</p>" : ", cut at the length limit</p>"
        if !verdict.diagnostics.isEmpty { text += "<pre class=\"said\">\(cut(verdict.diagnostics))</pre>" }
        return text
    }

    /// A line-by-line difference; texts of too many lines stand one after the other.
    static func difference(from old: String, to new: String) -> String {
        let a = String(old.prefix(longestText)).split(separator: "\n", omittingEmptySubsequences: false)
        let b = String(new.prefix(longestText)).split(separator: "\n", omittingEmptySubsequences: false)
        guard a.count <= 1000, b.count <= 1000 else { return "<pre>\(cut(new))</pre>" }
        let change = b.difference(from: a)
        var removed: [Int: Substring] = [:]
        var inserted: [Int: Substring] = [:]
        for step in change {
            switch step {
            case .remove(let offset, let line, _): removed[offset] = line
            case .insert(let offset, let line, _): inserted[offset] = line
            }
        }
        var lines: [String] = []
        var (i, j) = (0, 0)
        while i < a.count || j < b.count {
            if let line = removed[i] {
                lines.append("<i class=\"del\">\(escaped(String(line))) </i>")
                i += 1
            } else if let line = inserted[j] {
                lines.append("<i class=\"ins\">\(escaped(String(line))) </i>")
                j += 1
            } else {
                lines.append(escaped(String(b[j])))
                i += 1
                j += 1
            }
        }
        return "<pre>\(lines.joined(separator: "\n"))</pre>\n"
    }

    private static func html(_ table: Table) -> String {
        let head = table.columns.map { "<th>\(escaped($0))</th>" }.joined()
        let rows = table.rows.map { row in "<tr>\(row.map { "<td>\(escaped($0))</td>" }.joined())</tr>" }
        return "<table><tr>\(head)</tr>\n\(rows.joined(separator: "\n"))</table>\n"
    }

    private static func cut(_ text: String) -> String {
        let shown = text.prefix(longestText)
        return escaped(String(shown)) + (shown.endIndex < text.endIndex ? "\n… cut" : "")
    }

    /// `text` as it stands between tags or quotes of a page.
    ///
    /// Control characters, which a browser drops or which change the direction of text, are written as their code points.
    static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            case "\n", "\t": result.append(scalar)
            default:
                let category = scalar.properties.generalCategory
                if category == .control || category == .format || category == .privateUse {
                    let digits = String(scalar.value, radix: 16, uppercase: true)
                    result.append(contentsOf: "⟨U+\(digits)⟩".unicodeScalars)
                } else {
                    result.append(scalar)
                }
            }
        }
        return String(result)
    }

    private static func head(_ title: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escaped(title))</title>
        <style>
        :root { color-scheme: light dark; --line: #8884; --good: #2a8a4a; --half: #c98a00; --bad: #c0392b; }
        body { font: 15px/1.45 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; margin: 1rem 0 .3rem; }
        table { border-collapse: collapse; margin: 1rem 0; }
        th, td { padding: .25rem .8rem; border-bottom: 1px solid var(--line); text-align: right; }
        th:first-child, td:first-child { text-align: left; }
        details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem; }
        summary { cursor: pointer; }
        pre { background: #8881; padding: .6rem .8rem; border-radius: 6px; overflow-x: auto; font: 13px/1.4 ui-monospace, monospace; }
        pre.said { opacity: .8; }
        i { font-style: normal; } .ins { background: #2a8a4a33; } .del { background: #c0392b33; }
        .dot { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; margin-right: .5rem; }
        .good { background: var(--good); } .half { background: var(--half); } .bad { background: var(--bad); }
        </style></head><body>

        """
    }
}
