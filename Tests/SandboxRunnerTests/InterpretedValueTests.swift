import Programs
import SandboxRunner
import Testing

/// What values of JavaScript, PHP and Ruby are in JSON's terms, and what test code of these languages may ask.
@Suite struct InterpretedValueTests {
    private static let values: [(Language, String, [(function: String, arguments: [JSONValue], expected: JSONValue)])] =
        [
            (
                .javascript,
                """
                const same = (x) => x;
                function half(x) { return x / 2; }
                var odd = () => [undefined, null, new Set([2, 1]), new Map([['a', 10n]]), 0.1 + 0.2];
                async function later(x) { await null; return x + 1; }
                function* count() { yield 1; yield 2; }
                class Box { static of(x) { return { x }; } }
                module.exports = { exported: (x) => x.length };
                """,
                [
                    ("half", [.integer(6)], .integer(3)), ("half", [.number(6)], .number(3)),
                    ("half", [.integer(3)], .number(1.5)),
                    ("same", [.string("ä\u{0}\u{1F600}")], .string("ä\u{0}\u{1F600}")),
                    ("same", [.integer(9_007_199_254_740_991)], .integer(9_007_199_254_740_991)),
                    (
                        "same", [.object(["a": .array([.null, .bool(true)])])],
                        .object(["a": .array([.null, .bool(true)])])
                    ),
                    (
                        "odd", [],
                        .array([
                            .null, .null, .array([.integer(1), .integer(2)]), .object(["a": .integer(10)]),
                            .number(0.3),
                        ])
                    ),
                    ("later", [.integer(1)], .integer(2)), ("count", [], .array([.integer(1), .integer(2)])),
                    ("Box.of", [.integer(1)], .object(["x": .integer(1)])), ("exported", [.string("abc")], .integer(3)),
                ]
            ),
            (
                .php,
                """
                <?php
                function same($x) { return $x; }
                function half($x) { return $x / 2; }
                function table() { return ['a' => 1, 'b' => [1, 2]]; }
                function thing() { $o = new stdClass; $o->a = 1; return $o; }
                function none() { return []; }
                function keyed() { return [1 => 'a', 2 => 'b']; }
                $closure = fn($x) => $x + 1;
                class Box { static function of($x) { return [$x]; } }
                """,
                [
                    ("half", [.integer(6)], .integer(3)), ("half", [.integer(3)], .number(1.5)),
                    ("same", [.integer(Int.max)], .integer(Int.max)), ("same", [.integer(Int.min)], .integer(Int.min)),
                    ("same", [.string("ä\u{0}")], .string("ä\u{0}")),
                    ("table", [], .object(["a": .integer(1), "b": .array([.integer(1), .integer(2)])])),
                    ("thing", [], .object(["a": .integer(1)])), ("none", [], .array([])), ("none", [], .object([:])),
                    ("keyed", [], .object(["1": .string("a"), "2": .string("b")])),
                    ("same", [.object(["0": .integer(5)])], .array([.integer(5)])),
                    ("closure", [.integer(1)], .integer(2)),
                    ("Box::of", [.integer(1)], .array([.integer(1)])), ("same", [.null], .null),
                ]
            ),
            (
                .ruby,
                """
                def same(x) = x
                def half(x) = x / 2.0
                def symbols = { a: :b, 1 => nil }
                def big = 2**64
                def series = (1..3)
                def unique = Set.new([2, 1])
                module Box
                  def self.of(x) = [x]
                end
                """,
                [
                    ("half", [.integer(6)], .integer(3)), ("same", [.integer(Int.min)], .integer(Int.min)),
                    ("same", [.string("ä\u{0}")], .string("ä\u{0}")),
                    ("symbols", [], .object(["a": .string("b"), "1": .null])),
                    ("big", [], .number(18_446_744_073_709_551_616)),
                    ("series", [], .array([.integer(1), .integer(2), .integer(3)])),
                    ("unique", [], .array([.integer(1), .integer(2)])),
                    ("Box.of", [.bool(true)], .array([.bool(true)])),
                    ("same", [.object(["a": .number(1.5)])], .object(["a": .number(1.5)])),
                ]
            ),
        ]

    @Test(arguments: values)
    func `A call returns what is expected, in JSON's terms`(
        language: Language,
        program: String,
        calls: [(function: String, arguments: [JSONValue], expected: JSONValue)]
    ) async throws {
        let tests = calls.map { TestCase.call(function: $0.function, arguments: $0.arguments, expected: $0.expected) }
        let verdict = try await sharedPool().judge(job(program, tests, language: language))
        #expect(verdict.outcome == .accepted, "\(verdict)")
        #expect(verdict.testsPassed == calls.count && verdict.cpuSeconds > 0 && verdict.peakMemoryBytes > 1 << 20)
    }

    private static let programs: [Language: String] = [
        .javascript: """
        class Stack {
            constructor(x) { this.items = [x]; }
            push(x) { this.items.push(x); return this; }
            get size() { return this.items.length; }
        }
        const f = (x) => 2 * x;
        function fails() { throw new RangeError('bad'); }
        function throws() { throw 'text'; }
        const object = () => new (class { valueOf() { return 4; } toString() { return 'four'; } })();
        function* count() { yield 1; yield 2; }
        async function later(x) { return x + 1; }
        const each = (items, change) => items.map(change);
        function escape(x) { return 'own ' + x; }
        const values = [1];
        """,
        .php: """
        <?php
        const LIMIT = 3;
        $setting = 7;
        class Stack {
            const KIND = 9;
            public $items = [];
            function __construct($x) { $this->items[] = $x; }
            function push($x) { $this->items[] = $x; return $this; }
            static function make() { return new Stack(1); }
        }
        function f($x) { return 2 * $x; }
        function fails() { throw new InvalidArgumentException('bad'); }
        function order(&$items) { sort($items); }
        function object() { return new Stack(4); }
        function each_one($items, $change) { return array_map($change, $items); }
        function yes() { return true; }
        function nothing() { return null; }
        """,
        .ruby: """
        class Stack
          attr_reader :items
          def initialize(x) = @items = [x]
          def push(x)
            @items << x
            self
          end
          def to_s = 'stack'
        end
        def f(x) = 2 * x
        def fails = raise(ArgumentError, 'bad')
        def object = Object.new
        def count
          yield 1
          yield 2
        end
        def named(a, b: 2) = [a, b]
        def test(x) = x
        """,
    ]

    private static let questions: [(Language, Verdict.Outcome, String)] = [
        (.javascript, .accepted, "assert(f(2) === 4 && f(0) === 0);"),
        (
            .javascript, .accepted,
            "const _ = require('lodash');\nif (!_.isEqual(each([1, 2], (x) => x + 1), [2, 3])) throw 'no';"
        ),
        (.javascript, .accepted, "assert.throws(() => fails(), RangeError); assert.throws(() => fails(), /bad/);"),
        (.javascript, .accepted, "try { throws(); assert(false); } catch (error) { assert.equal(error, 'text'); }"),
        (
            .javascript, .accepted,
            "const s = new Stack(3); s.push(5).push(6); assert.deepEqual(s.items, [3, 5, 6]); assert(s.size === 3);"
        ),
        (.javascript, .accepted, "assert.deepEqual([...count()], [1, 2]); assert(`${object()}` === 'four');"),
        (.javascript, .accepted, "later(2).then((x) => assert.equal(x, 3));"),
        (.javascript, .accepted, "'use strict';\nassert.equal(await later(2), 3);"),
        (.javascript, .wrongAnswer, "if (f(2) !== 5) throw 'Value = ' + JSON.stringify(x);"),
        (.javascript, .wrongAnswer, "later(2).then((x) => assert.equal(x, 4));"),
        (.javascript, .wrongAnswer, "assert(object() == 4);"),
        (.javascript, .wrongAnswer, "if (escape('x') !== 'x') throw 1; assert(false);"),
        (.javascript, .wrongAnswer, "setTimeout(() => { throw new Error('late'); }, 1);"),
        (.javascript, .runtimeError, "assert.equal(missing(2), 4);"), (.javascript, .runtimeError, "new Missing();"),
        (.javascript, .runtimeError, "if (values(2) !== 4) throw 'Value = ' + JSON.stringify(x);"),
        (.javascript, .wrongAnswer, "const own = undefined; own(f(2));"),
        (.javascript, .runtimeError, "fails();"), (.javascript, .infrastructureFailure, "let ("),
        (
            .php, .accepted,
            "function compare($a, $b) { return $a == $b; }\n$x = f(2);\nif (!compare($x, 4)) { throw new Exception('no'); }"
        ),
        (
            .php, .accepted,
            "try { fails(); } catch (InvalidArgumentException $e) { assert($e->getMessage() == 'bad'); }"
        ),
        (.php, .accepted, "$a = [3, 1]; order($a); assert($a == [1, 3]); assert($setting == 7 && LIMIT == 3);"),
        (
            .php, .accepted,
            "$s = new Stack(3); assert($s->push(5)->items == [3, 5]); assert(Stack::KIND == 9 && Stack::make()->items == [1]);"
        ),
        (
            .php, .accepted,
            "assert(each_one([1, 2], fn($x) => $x + 1) == [2, 3]); assert(yes() == true && f(1) == 2.0 && f(1) == '2');"
        ),
        (.php, .wrongAnswer, "if (f(2) != 5) throw new Exception('no');"), (.php, .wrongAnswer, "assert(yes() == 8);"),
        (.php, .wrongAnswer, "assert([4, 5] == yes());"), (.php, .wrongAnswer, "assert(nothing() == false);"),
        (.php, .wrongAnswer, "assert(object() == 1);"), (.php, .wrongAnswer, "f(2) == 5 or die('no');"),
        (.php, .runtimeError, "if (missing(2) != 4) throw new Exception('no');"),
        (.php, .runtimeError, "new Missing(3);"),
        (.php, .wrongAnswer, "throw new Error('Call to undefined function f()');"),
        (.php, .runtimeError, "fails();"), (.php, .infrastructureFailure, "let ("),
        (.ruby, .accepted, "raise 'no' if f(2) != 4\nassert_equal [1, 3], named(1, b: 3)\nassert_equal 5, test(5)"),
        (
            .ruby, .accepted,
            "begin\n  fails\n  raise 'none'\nrescue ArgumentError => e\n  assert_equal 'bad', e.message\nend"
        ),
        (.ruby, .accepted, "s = Stack.new(3)\ns.push(5)\nassert_equal [3, 5], s.items\nassert_equal 'stack', s.to_s"),
        (.ruby, .accepted, "all = []\ncount { |x| all << x }\nassert_equal [1, 2], all"),
        (.ruby, .wrongAnswer, "raise StandardError, 'no' if f(2) != 5"), (.ruby, .wrongAnswer, "assert 4 == object"),
        (.ruby, .wrongAnswer, "assert object + 1"), (.ruby, .runtimeError, "fails"),
        (.ruby, .runtimeError, "raise 'no' if missing(2) != 4"), (.ruby, .runtimeError, "Missing.new(3)"),
        (.ruby, .wrongAnswer, "raise \"value = #{x}\" if f(2) != 5"),
        (.ruby, .wrongAnswer, "assert_equal 4, f(2).missing"),
        (.ruby, .infrastructureFailure, "def ("),
    ]

    @Test(arguments: questions)
    func `Test code of its own language judges a program`(
        language: Language,
        outcome: Verdict.Outcome,
        code: String
    ) async throws {
        let verdict = try await sharedPool().judge(
            job(Self.programs[language] ?? "", [.program(code: code)], language: language)
        )
        #expect(verdict.outcome == outcome, "\(verdict)")
    }

    @Test(arguments: [
        (Language.javascript, "f(2) === 4", "f(2) === 5", "assert.strictEqual(f(2), 4);"),
        (.javascript, "escape('x') === 'own x'", "escape('x') === 'x'", "if (f(1) !== 2) throw 'no'"),
        (.php, "f(2) == 4", "f(2) === 4.0", "assert(f(2) === 4);"),
        (.php, "!(f(2) == 5)", "yes() == 8", "if (f(2) != 4) die();"),
        (.ruby, "f(2) == 4", "f(2) == 5", "raise 'no' unless f(2) == 4"),
        (.ruby, "test(1)", "nil", "assert_equal 4, f(2)"),
    ])
    func `An assertion is an expression that holds or a statement that ends well`(
        language: Language,
        right: String,
        wrong: String,
        statement: String
    ) async throws {
        let tests = [right, wrong, statement].map { TestCase.assert(code: $0) }
        let verdict = try await sharedPool().judge(job(Self.programs[language] ?? "", tests, language: language))
        #expect(verdict.outcome == .wrongAnswer && verdict.testsPassed == 2, "\(verdict)")
    }

    @Test(arguments: [
        (Language.javascript, "assert(f(1) === 2);", "assert(f(1) === 3);"),
        (
            .php, "function t($x) { return $x == 2; }\nassert(t(f(1)));",
            "function t($x) { return $x == 3; }\nassert(t(f(1)));"
        ),
        (.ruby, "def t(x) = x == 2\nassert t(f(1))", "def t(x) = x == 3\nassert t(f(1))"),
    ])
    func `Several tests of a job do not disturb each other`(language: Language, right: String, wrong: String)
        async throws
    {
        let tests = [right, wrong, right].map { TestCase.program(code: $0) }
        let verdict = try await sharedPool().judge(job(Self.programs[language] ?? "", tests, language: language))
        #expect(verdict.outcome == .wrongAnswer && verdict.testsPassed == 2, "\(verdict)")
    }
}
