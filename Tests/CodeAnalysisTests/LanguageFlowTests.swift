import CodeAnalysis
import Programs
import Testing

/// The same little programs in every language, their data flow drawn by hand.
struct LanguageFlowTests {
    private let analyzer: CodeAnalyzer

    init() throws { analyzer = try CodeAnalyzer() }

    private func flow(_ code: String, _ language: Language) throws -> [FlowEdge] {
        let program = try #require(analyzer.parse(code, language: language))
        #expect(program.isComplete)
        return program.dataFlow()
    }

    private func edge(_ variable: Int32, _ relation: FlowEdge.Relation, _ sources: Int32...) -> FlowEdge {
        FlowEdge(variable: variable, relation: relation, sources: sources)
    }

    @Test(arguments: [
        (Language.csharp, "class A { int F(int n) { int s = n; s = s + 1; return s; } }", FlowEdge.Relation.comesFrom),
        (.java, "class A { int f(int n) { int s = n; s = s + 1; return s; } }", .comesFrom),
        (.c, "int f(int n) { int s = n; s = s + 1; return s; }", .comesFrom),
        (.cpp, "int f(int n) { int s = n; s = s + 1; return s; }", .comesFrom),
        (.javascript, "function f(n) { let s = n; s = s + 1; return s; }", .comesFrom),
        (.go, "package main\nfunc f(n int) int {\n\ts := n\n\ts = s + 1\n\treturn s\n}\n", .comesFrom),
        // What has no declaration is assigned.
        (.php, "<?php function f($n) { $s = $n; $s = $s + 1; return $s; }", .computedFrom),
        (.ruby, "def f(n)\n  s = n\n  s = s + 1\n  return s\nend\n", .computedFrom),
        (.python, "def f(n):\n    s = n\n    s = s + 1\n    return s\n", .computedFrom),
    ])
    func aValueIsFollowedThroughAnAssignment(language: Language, code: String, first: FlowEdge.Relation) throws {
        // n 0, s 1, the literal 1 is 2.
        let expected = [
            edge(0, .comesFrom), edge(1, first, 0), edge(0, .comesFrom, 0), edge(1, .computedFrom, 1, 2),
            edge(1, .comesFrom, 1), edge(2, .comesFrom), edge(1, .comesFrom, 1),
        ]
        #expect(try flow(code, language) == expected)
    }

    @Test(arguments: [
        (Language.csharp, "class A { void F(int[] z) { foreach (var v in z) { G(v); } } }"),
        (.java, "class A { void f(int[] z) { for (int v : z) { g(v); } } }"),
        (.cpp, "void f(vector<int> z) { for (int v : z) { g(v); } }"),
        (.javascript, "function f(z) { for (const v of z) { g(v); } }"),
        (.php, "<?php function f($z) { foreach ($z as $v) { g($v); } }"),
        (.php, "<?php function f($z) { foreach ($z as $v => $w) { g($v); } }"),
        (.go, "package main\nfunc f(z []int) {\n\tfor v := range z {\n\t\tg(v)\n\t}\n}\n"),
        (.ruby, "def f(z)\n  for v in z do\n    g(v)\n  end\nend\n"),
        (.python, "def f(z):\n    for v in z:\n        g(v)\n"),
    ])
    func aLoopVariableIsComputedFromWhatIsLoopedOver(language: Language, code: String) throws {
        let edges = try flow(code, language)
        #expect(edges.contains(edge(1, .computedFrom, 0)))
        // The use in the body comes from it.
        #expect(edges.contains(edge(1, .comesFrom, 1)))
    }

    @Test(arguments: [
        (Language.csharp, "class A { void F(int a, int b) { (a, b) = (b, a); } }"),
        (.javascript, "function f(a, b) { [a, b] = [b, a]; }"),
        (.php, "<?php function f($a, $b) { [$a, $b] = [$b, $a]; }"),
        (.go, "package main\nfunc f(a, b int) {\n\ta, b = b, a\n}\n"),
        (.ruby, "def f(a, b)\n  a, b = b, a\nend\n"),
        (.python, "def f(a, b):\n    a, b = b, a\n"),
    ])
    func aSwapFlowsCrosswise(language: Language, code: String) throws {
        let computed = try flow(code, language).filter { $0.relation == .computedFrom }
        #expect(computed == [edge(0, .computedFrom, 1), edge(1, .computedFrom, 0)])
    }

    @Test(arguments: [
        (Language.csharp, "class A { int F(int n) { for (int i = 0; i < n; i++) { n = i; } return n; } }"),
        (.java, "class A { int f(int n) { for (int i = 0; i < n; i++) { n = i; } return n; } }"),
        (.javascript, "function f(n) { for (let i = 0; i < n; i++) { n = i; } return n; }"),
        (.php, "<?php function f($n) { for ($i = 0; $i < $n; $i++) { $n = $i; } return $n; }"),
        (.go, "package main\nfunc f(n int) int {\n\tfor i := 0; i < n; i++ {\n\t\tn = i\n\t}\n\treturn n\n}\n"),
    ])
    func theBodyOfACountingLoopIsFollowedTwice(language: Language, code: String) throws {
        let edges = try flow(code, language)
        // n 0, the literal 0 is 1, i 2: `n = i`, `i++`.
        #expect(edges.contains(edge(0, .computedFrom, 2)))
        #expect(edges.contains(edge(2, .computedFrom, 2)))
        #expect(edges.count { $0 == edge(0, .comesFrom, 0) } == 2)
    }

    @Test func onlyAStepOperatorChangesItsOperand() throws {
        let step = try flow("class A { int F(int x) { --x; return -x; } }", .csharp)
        #expect(step.filter { $0.relation == .computedFrom } == [edge(0, .computedFrom, 0)])
        let minus = try flow("class A { int F(int x) { return -x; } }", .csharp)
        #expect(!minus.contains { $0.relation == .computedFrom })
    }

    @Test func aRubyModifierIsAskedFirst() throws {
        // The condition reads the parameter, not what the body sets; below, both reach.
        let edges = try flow("def f(x)\n  x = 1 if x > 0\n  return x\nend\n", .ruby)
        // x 0, the literal 1 is 1, the literal 0 dropped: nothing takes its value.
        let expected = [
            edge(0, .comesFrom), edge(0, .computedFrom, 1), edge(1, .comesFrom), edge(0, .comesFrom, 0),
            edge(0, .comesFrom, 0),
        ]
        #expect(edges == expected)
    }

    @Test func goDeclaresSeveralVariablesAtOnce() throws {
        let edges = try flow("package main\nfunc f() int {\n\tvar a, b = 1, 2\n\treturn a + b\n}\n", .go)
        // The literal 1 is 0, a 1, the literal 2 is 2, b 3.
        #expect(edges.prefix(2) == [edge(1, .comesFrom, 0), edge(3, .comesFrom, 2)])
    }
}
