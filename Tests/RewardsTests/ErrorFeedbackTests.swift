import Programs
import Rewards
import Testing

/// Whom an error is blamed on, and what each token pays.
struct ErrorFeedbackTests {
    @Test(arguments: [
        (Language.python, "  File \"<program>\", line 2\n    y = = 1\nSyntaxError: invalid syntax\n", 2),
        (
            .python,
            "  File \"<program>\", line 3, in f\n    return g(x)\n  File \"<program>\", line 5, in g\nIndexError: x\n",
            5
        ),
        (
            .python, "  File \"<program>\", line 4, in f\n  File \"/usr/lib/python3.11/re.py\", line 90, in g\nerror\n",
            4
        ),
        (
            .cpp,
            "program.cpp: In function ‘int main()’:\nprogram.cpp:3:3: error: expected ‘;’\nprogram.cpp:9:1: error\n", 3
        ),
        (.cpp, "program.cpp:1:1: warning: unused\nprogram.cpp:7:3: error: expected ‘;’\n", 7),
        (.java, "Main.java:3: error: cannot find symbol\n    int x = y;\n1 error\n", 3),
        (
            .java,
            "Exception in thread \"main\" java.lang.IndexOutOfBoundsException\n\tat java.base/java.util.ArrayList.get"
                + "(ArrayList.java:427)\n\tat Main.main(Main.java:4)\n", 4
        ),
        (.csharp, "program.cs(12,5): error CS1002: ; expected\n", 12),
        (.php, "PHP Parse error:  syntax error, unexpected token \"}\" in /w/program.php on line 6\n", 6),
        (.go, "./program.go:5:2: undefined: y\n", 5), (.javascript, "/w/program.js:8\n  x = ;\nSyntaxError\n", 8),
        (.ruby, "program.rb:2:in `f': undefined local variable\n", 2),
    ])
    func theLineIsTheOneTheDiagnosticsName(language: Language, said: String, line: Int) {
        #expect(ErrorFeedback(Verdict(outcome: .runtimeError, diagnostics: said), language: language) == .line(line))
    }

    @Test func whatTheWholeProgramDidIsNotBlamedOnALine() {
        let recursion = "  File \"<program>\", line 2, in f\nRecursionError: maximum recursion depth exceeded\n"
        #expect(feedback(.runtimeError, recursion) == .wholeProgram)
        for outcome in [Verdict.Outcome.timeLimit, .memoryLimit, .outputLimit] {
            #expect(feedback(outcome, "  File \"<program>\", line 2, in f\n") == .wholeProgram)
        }
    }

    @Test func aLineThatIsNotWhereTheMistakeIsIsLeftAlone() {
        let indentation = "  File \"<program>\", line 2\nIndentationError: expected an indented block\n"
        #expect(feedback(.compileError, indentation) == ErrorFeedback.none)
        let quotes = "  File \"<program>\", line 9\nSyntaxError: unterminated triple-quoted string literal\n"
        #expect(feedback(.compileError, quotes) == ErrorFeedback.none)
        #expect(feedback(.runtimeError, "killed\n") == ErrorFeedback.none)
        #expect(feedback(.wrongAnswer, "  File \"<program>\", line 2\n") == ErrorFeedback.none)
    }

    @Test func theVerdictsOwnLineIsBelieved() {
        var verdict = Verdict(outcome: .runtimeError, diagnostics: "  File \"<program>\", line 2, in f\nIndexError\n")
        verdict.errorLine = 7
        #expect(ErrorFeedback(verdict, language: .python) == .line(7))
    }

    /// Two lines of preamble, the second unfinished: line 2 of the program is the first of the completion.
    @Test func linesAreCountedFromTheCompletionOn() {
        func feedback(_ line: Int, _ preamble: String) -> ErrorFeedback {
            var verdict = Verdict(outcome: .runtimeError, diagnostics: "IndexError\n")
            verdict.errorLine = line
            return ErrorFeedback(verdict, language: .python, preamble: preamble)
        }
        #expect(feedback(2, "import re\ndef f(x): ") == .line(1))
        #expect(feedback(3, "import re\ndef f(x):\n") == .line(1))
        #expect(feedback(5, "import re\ndef f(x):\n") == .line(3))
        // A mistake within the preamble is not the policy's.
        #expect(feedback(1, "import re\ndef f(x):\n") == ErrorFeedback.none)
    }

    private func feedback(_ outcome: Verdict.Outcome, _ said: String) -> ErrorFeedback {
        ErrorFeedback(Verdict(outcome: outcome, diagnostics: said), language: .python)
    }

    @Test func theTokensOfTheLineShareThePenalty() {
        // Lines: `a = 1`, `b = z`, `c`; the third token has the end of the first line and the start of the second.
        let tokens = ["a =", " 1", "\nb", " = z", "\n", "c", ""].map { Array($0.utf8) }
        // The second line: `b`, ` = z` and its line break, 0.3 among three.
        let second = tokenPenalties([LinePenalty(line: 2, value: -0.3)], tokenBytes: tokens)
        #expect(second == [0, 0, -0.1, -0.1, -0.1, 0, 0])
        let first = tokenPenalties([LinePenalty(line: 1, value: -0.3)], tokenBytes: tokens)
        #expect(first == [-0.1, -0.1, -0.1, 0, 0, 0, 0])
        // All but the end-of-sequence token, which is no text.
        let whole = tokenPenalties([LinePenalty(line: nil, value: -0.6)], tokenBytes: tokens)
        #expect(whole == [-0.1, -0.1, -0.1, -0.1, -0.1, -0.1, 0])
        #expect(tokenPenalties([LinePenalty(line: 4, value: -0.3)], tokenBytes: tokens).isEmpty)
        #expect(tokenPenalties([], tokenBytes: tokens).isEmpty)
    }
}
