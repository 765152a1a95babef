import Foundation
import Glibc
import Synchronization

/// What the live line of a run says.
package struct ProgressLine: Sendable, Equatable {
    package var step: Int
    /// Nil when nobody knows how many there will be.
    package var totalSteps: Int?
    /// What is counted.
    package var unit: String
    /// Mean terminal score; nil before the first iteration, as all that follow.
    package var reward: Double?
    /// From 0 to 1.
    package var passRate: Double?
    /// From 0 to 1.
    package var compileRate: Double?
    /// KL divergence to the reference policy, nats per token.
    package var kl: Double?
    package var tokensPerSecond: Double?
    package var verdictsPerSecond: Double?
    package var secondsLeft: Double?

    package init(
        step: Int,
        totalSteps: Int?,
        unit: String = "step",
        reward: Double? = nil,
        passRate: Double? = nil,
        compileRate: Double? = nil,
        kl: Double? = nil,
        tokensPerSecond: Double? = nil,
        verdictsPerSecond: Double? = nil,
        secondsLeft: Double? = nil
    ) {
        self.step = step
        self.totalSteps = totalSteps
        self.unit = unit
        self.reward = reward
        self.passRate = passRate
        self.compileRate = compileRate
        self.kl = kl
        self.tokensPerSecond = tokensPerSecond
        self.verdictsPerSecond = verdictsPerSecond
        self.secondsLeft = secondsLeft
    }

    /// The line in at most `width` characters: fields that do not fit are left out, the least wanted first.
    package func text(width: Int) -> String {
        let fields = fields
        var chosen: [Int] = []
        for index in fields.indices.sorted(by: { fields[$0].rank < fields[$1].rank }) {
            let candidate = (chosen + [index]).sorted()
            let line = candidate.map { fields[$0].text }.joined(separator: "  ")
            guard line.count <= width else { break }
            chosen = candidate
        }
        guard !chosen.isEmpty else { return String(fields[0].text.prefix(max(0, width))) }
        return chosen.map { fields[$0].text }.joined(separator: "  ")
    }

    /// The fields that have a number, in the order of the line; a lower rank is wanted more.
    private var fields: [(text: String, rank: Int)] {
        var fields = [("\(unit) \(step)\(totalSteps.map { "/\($0)" } ?? "")", 0)]
        func add(_ value: Double?, _ rank: Int, _ text: (Double) -> String) {
            if let value { fields.append((text(value), rank)) }
        }
        add(reward, 1) { "reward \(fixed($0, digits: 3))" }
        add(passRate, 2) { "pass \(fixed(100 * $0, digits: 1))%" }
        add(compileRate, 4) { "compile \(fixed(100 * $0, digits: 1))%" }
        add(kl, 5) { "KL \(fixed($0, digits: 4))" }
        add(tokensPerSecond, 6) { "\(shortNumber($0)) tok/s" }
        add(verdictsPerSecond, 7) { "\(shortNumber($0)) verdicts/s" }
        add(secondsLeft, 3) { "\(shortTime($0)) left" }
        return fields
    }
}

/// `value` with a fixed number of digits after the point; `–` when it is not finite.
package func fixed(_ value: Double, digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : "–"
}

/// `value` in a few characters: 950, 1.2k, 34k, 5.6M.
package func shortNumber(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    switch abs(value) {
    case ..<9.95: return fixed(value, digits: 1)
    case ..<999.5: return fixed(value, digits: 0)
    case ..<9_950: return fixed(value / 1e3, digits: 1) + "k"
    case ..<999_500: return fixed(value / 1e3, digits: 0) + "k"
    default: return fixed(value / 1e6, digits: 1) + "M"
    }
}

/// A time in a few characters: 45s, 3m05s, 2h07m, 3d04h.
package func shortTime(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "–" }
    let whole = max(0, Int(seconds.rounded()))
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    switch whole {
    case ..<60: return "\(whole)s"
    case ..<3_600: return "\(whole / 60)m\(two(whole % 60))s"
    case ..<86_400: return "\(whole / 3_600)h\(two(whole % 3_600 / 60))m"
    default: return "\(whole / 86_400)d\(two(whole % 86_400 / 3_600))h"
    }
}

/// Shows a `ProgressLine` on standard error: one line that is rewritten on a terminal, plain lines elsewhere.
package final class ProgressDisplay: Sendable {
    /// Whether standard error is a terminal.
    package let isTerminal: Bool
    private let lineShown = Mutex(false)

    package init() { isTerminal = isatty(STDERR_FILENO) == 1 }

    /// Shows `line` in the place of the one before.
    package func show(_ line: ProgressLine) {
        if isTerminal {
            lineShown.withLock { shown in
                emit("\r" + line.text(width: terminalWidth() - 1) + "\u{1B}[K")
                shown = true
            }
        } else {
            emit(line.text(width: .max) + "\n")
        }
    }

    /// Prints `text` as a line of its own, above the live line.
    package func note(_ text: String) {
        lineShown.withLock { shown in
            emit((shown ? "\r\u{1B}[K" : "") + text + "\n")
            shown = false
        }
    }

    /// Leaves the live line as it is and goes on below it.
    package func finish() {
        lineShown.withLock { shown in
            if shown { emit("\n") }
            shown = false
        }
    }

    private func emit(_ text: String) {
        // People's output: when nobody can read it any more, the run goes on.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    private func terminalWidth() -> Int {
        var size = winsize()
        guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }
}
