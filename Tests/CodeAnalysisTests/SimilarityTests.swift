import CodeAnalysis
import Foundation
import Programs
import Testing

/// Worked by hand on programs small enough to draw.
struct SimilarityTests {
    private let analyzer: CodeAnalyzer

    init() throws { analyzer = try CodeAnalyzer() }

    @Test func aSmallPythonProgramIsScoredAsOnPaper() {
        let match = analyzer.compare(
            candidate: "def f(a):\n    b = a\n    return b\n",
            reference: "def f(a):\n    b = a + 1\n    return b\n",
            language: .python
        )
        // Of module, function, parameters, block, statement, assignment, a + 1 and return, the candidate has
        // parameters and return.
        #expect(match.astMatch == 2.0 / 8)
        // a ←; b ⇐ a, 1; a ← a; 1 ←; b ← b: the first and the third.
        #expect(match.dataFlowMatch == 2.0 / 5)
        // 7/7 · 5/6 · 3/5 · 2/4 = 1/4; seven tokens against nine.
        #expect(abs(match.ngramMatch - exp(1 - 9.0 / 7) * pow(0.25, 0.25)) < 1e-12)
        // `def` and `return` weigh 1, the other seven 0.2; `+` and `1` are missed.
        #expect(abs(match.weightedNgramMatch - pow(3.0 / 3.4 * 5 / 8 * 3 / 7 * 2 / 6, 0.25)) < 1e-12)
        let mean = (match.ngramMatch + match.weightedNgramMatch + 0.25 + 0.4) / 4
        #expect(abs(match.codeBLEU - mean) < 1e-15)
        #expect(match.parses)
    }

    @Test func aSmallJavaProgramIsScoredAsOnPaper() {
        let match = analyzer.compare(
            candidate: "class A { int f(int n) { int s = n; return s; } }",
            reference: "class A { int f(int n) { int s = n; s++; return s; } }",
            language: .java
        )
        // Fifteen sub-trees; without `s++;` the two of the statement go, and the five round it are changed.
        #expect(match.astMatch == 8.0 / 15)
        // n ←; s ← n; n ← n; s ⇐ s; s ← s: all but the increment.
        #expect(match.dataFlowMatch == 4.0 / 5)
    }

    @Test func theSameTreeWithOtherVariablesDiffersInDataFlowOnly() {
        let reference = "int f(int n) { int s = 0; for (int i = 0; i < n; i++) s += i; return s; }"
        let match = analyzer.compare(
            candidate: reference.replacingOccurrences(of: "s += i", with: "s += n"),
            reference: reference,
            language: .cpp
        )
        #expect(match.astMatch == 1)
        // Of eleven edges `s ⇐ i` and one `i ← i` are lost.
        #expect(match.dataFlowMatch == 9.0 / 11)
    }

    @Test func theDataFlowOfAForLoopIsTheOneDrawnByHand() throws {
        let code = "int f(int n) { int s = 0; for (int i = 0; i < n; i++) s += i; return s; }"
        let edges = try #require(analyzer.parse(code, language: .cpp)).dataFlow()
        // n 0, the literal 0 is 1, s 2, i 3.
        let expected: [FlowEdge] = [
            edge(0, .comesFrom), edge(2, .comesFrom, 1), edge(1, .comesFrom), edge(3, .comesFrom, 1),
            edge(1, .comesFrom), edge(3, .comesFrom, 3), edge(0, .comesFrom, 0), edge(3, .computedFrom, 3),
            edge(2, .computedFrom, 3), edge(3, .comesFrom, 3), edge(2, .comesFrom, 2),
        ]
        #expect(edges == expected)
    }

    @Test func bothArmsOfABranchReachTheUseBelow() throws {
        let code = "def f(c):\n    if c:\n        x = 1\n    else:\n        x = 2\n    return x\n"
        let edges = try #require(analyzer.parse(code, language: .python)).dataFlow()
        // c 0, the literal 1 is 1, x 2, the literal 2 is 3: both definitions of x stay, for both are used.
        let expected: [FlowEdge] = [
            edge(0, .comesFrom), edge(0, .comesFrom, 0), edge(2, .computedFrom, 1), edge(1, .comesFrom),
            edge(2, .computedFrom, 3), edge(3, .comesFrom), edge(2, .comesFrom, 2),
        ]
        #expect(edges == expected)
    }

    @Test func aSwapFlowsCrosswise() throws {
        let edges = try #require(analyzer.parse("a, b = b, a\n", language: .python)).dataFlow()
        // Sources are numbered before what they flow into: b 0, a 1.
        let expected: [FlowEdge] = [
            edge(1, .computedFrom, 0), edge(0, .computedFrom, 1), edge(0, .comesFrom), edge(1, .comesFrom),
        ]
        #expect(edges == expected)
    }

    @Test func oneSubtreeMayNotBeCountedTwice() {
        // Three equal statements against one: a set would call them all matched.
        let match = analyzer.compare(
            candidate: "print(1)\n",
            reference: "print(1)\nprint(1)\nprint(1)\n",
            language: .python
        )
        // Module, then statement, call and arguments three times each; one of each is there.
        #expect(match.astMatch == 3.0 / 10)
    }

    @Test func commentsAreTakenOutByTheGrammar() {
        let plain = "def f(a):\n    return a // 2\n"
        let commented = "# head\ndef f(a):\n    \"\"\"Says // what.\"\"\"\n    return a // 2  # half\n"
        let match = analyzer.compare(candidate: commented, reference: plain, language: .python)
        #expect(match.astMatch == 1)
        #expect(match.dataFlowMatch == 1)
        // A comment mark inside a string is no comment, and floor division is not one either.
        let other = analyzer.compare(candidate: "def f(a):\n    return a\n", reference: plain, language: .python)
        #expect(other.astMatch < 1)
    }

    @Test func namesAndWhiteSpaceDoNotMatterToStructure() {
        let match = analyzer.compare(
            candidate: "int g(int k){int t=k*2;return t;}",
            reference: "int f(int n) {\n  int s = n * 2;\n  return s;\n}\n",
            language: .cpp
        )
        #expect(match.astMatch == 1)
        #expect(match.dataFlowMatch == 1)
        #expect(match.ngramMatch < 0.5)
    }

    private func edge(_ variable: Int32, _ relation: FlowEdge.Relation, _ sources: Int32...) -> FlowEdge {
        FlowEdge(variable: variable, relation: relation, sources: sources)
    }
}
