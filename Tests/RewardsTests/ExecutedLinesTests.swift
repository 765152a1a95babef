import Rewards
import Testing

/// Which tokens of a Python program belong to lines that no test executed.
struct ExecutedLinesTests {
    /// One token per line.
    private func idle(_ lines: [String], preamble: String = "", executed: [Int]) -> [Int] {
        let tokens = lines.map { Array(($0 + "\n").utf8) }
        return idleTokens(tokenBytes: tokens + [[]], preamble: preamble, executedLines: executed)
    }

    @Test func branchesThatWereNotTakenAreIdle() {
        let program = ["def f(x):", "    if x > 0:", "        return 1", "    else:", "        return 2"]
        #expect(idle(program, executed: [1, 2, 3]) == [3, 4])
        // `else:` is never executed by itself: it goes with its body.
        #expect(idle(program, executed: [1, 2, 5]) == [2])
        #expect(idle(program, executed: [1, 2, 3, 5]) == [])
    }

    @Test func aStatementOverSeveralLinesIsOne() {
        let program = ["x = [", "    1,", "]", "y = (1 +", "     2)", "s = \"\"\"a", "(b\"\"\"", "z = 1 + \\", "    2"]
        #expect(idle(program, executed: [1, 4]) == [5, 6, 7, 8])
        #expect(idle(program, executed: [2, 6, 8]) == [3, 4])
    }

    @Test func blankLinesAndCommentsGoWithWhatStandsBeforeThem() {
        let program = ["a = 1", "", "# b", "if a > 1:", "    b = '# ('", "    # never", "c = 2"]
        #expect(idle(program, executed: [1, 4, 7]) == [4, 5])
    }

    @Test func linesAreThoseOfTheWholeProgram() {
        #expect(idle(["    return 1", "    return 2"], preamble: "import re\ndef f():\n", executed: [2, 3]) == [1])
        // The first line goes on from the preamble's last.
        #expect(idle([" return 1", "x = 1"], preamble: "def f():", executed: [1]) == [1])
    }

    @Test func withoutAnyExecutedLineNothingIsKnown() {
        #expect(idle(["x = 1"], executed: []) == [])
        #expect(idleTokens(tokenBytes: [[], []], preamble: "", executedLines: [1]) == [])
    }
}
