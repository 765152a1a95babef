import Programs

/// Families whose functions take integers.
enum NumberFamilies {
    static let all = arithmetic + comparisons + sequences + several

    private static let arithmetic: [Family] = [
        Family(
            "add",
            [.range(1...20)],
            [.n],
            ["returns n plus {0}", "adds {0} to n and returns the result"],
            ["return n + {0}"],
            wrong: ["return n - {0}", "return n * {0}"]
        ) { p, a in .integer(a.int(0) + p.int(0)) },
        Family(
            "subtract",
            [.range(1...20)],
            [.n],
            ["returns n minus {0}", "subtracts {0} from n and returns the result"],
            ["return n - {0}"],
            wrong: ["return n + {0}", "return {0} - n"]
        ) { p, a in .integer(a.int(0) - p.int(0)) },
        Family(
            "subtract-from",
            [.range(1...20)],
            [.n],
            ["returns {0} minus n", "subtracts n from {0} and returns the result"],
            ["return {0} - n"],
            wrong: ["return n - {0}"]
        ) { p, a in .integer(p.int(0) - a.int(0)) },
        Family(
            "multiply",
            [.range(2...20)],
            [.n],
            ["returns n times {0}", "multiplies n by {0} and returns the result"],
            ["return n * {0}"],
            wrong: ["return n + {0}", "return n ** {0}"]
        ) { p, a in .integer(a.int(0) * p.int(0)) },
        Family(
            "quotient",
            [.range(2...20)],
            [.n],
            ["returns n divided by {0} rounded down", "returns the whole quotient of n and {0}"],
            ["return n // {0}"],
            wrong: ["return n % {0}", "return n / {0}"]
        ) { p, a in .integer(floorQuotient(a.int(0), p.int(0))) },
        Family(
            "remainder",
            [.range(2...20)],
            [.n],
            ["returns the remainder of n divided by {0}", "returns n modulo {0}"],
            ["return n % {0}"],
            wrong: ["return n // {0}"]
        ) { p, a in .integer(floorRemainder(a.int(0), p.int(0))) },
        Family(
            "linear",
            [.range(2...12), .range(1...20)],
            [.n],
            ["returns n times {0} plus {1}", "multiplies n by {0}, adds {1} and returns the result"],
            ["return n * {0} + {1}"],
            wrong: ["return n * {1} + {0}", "return n + {0} * {1}"]
        ) { p, a in .integer(a.int(0) * p.int(0) + p.int(1)) },
        Family(
            "linear-minus",
            [.range(2...12), .range(1...20)],
            [.n],
            ["returns n times {0} minus {1}", "multiplies n by {0}, subtracts {1} and returns the result"],
            ["return n * {0} - {1}"],
            wrong: ["return n * {0} + {1}"]
        ) { p, a in .integer(a.int(0) * p.int(0) - p.int(1)) },
        Family(
            "add-then-multiply",
            [.range(1...20), .range(2...12)],
            [.n],
            ["adds {0} to n, multiplies the sum by {1} and returns it", "returns the sum of n and {0}, times {1}"],
            ["return (n + {0}) * {1}"],
            wrong: ["return n + {0} * {1}"]
        ) { p, a in .integer((a.int(0) + p.int(0)) * p.int(1)) },
        Family(
            "square-plus",
            [.range(1...20)],
            [.n],
            ["returns the square of n plus {0}", "squares n, adds {0} and returns the result"],
            ["return n * n + {0}"],
            wrong: ["return n + n + {0}", "return n * n - {0}"]
        ) { p, a in .integer(a.int(0) * a.int(0) + p.int(0)) },
        Family(
            "power",
            [.range(2...5)],
            [.n],
            ["returns n to the power of {0}", "raises n to the power {0} and returns the result"],
            ["return n ** {0}"],
            wrong: ["return n * {0}"]
        ) { p, a in .integer((0..<p.int(0)).reduce(1) { product, _ in product * a.int(0) }) },
        Family(
            "clock",
            [.range(1...20), .range(5...24)],
            [.n],
            ["adds {0} to n and returns the sum modulo {1}", "returns n plus {0} on a clock with {1} hours"],
            ["return (n + {0}) % {1}"],
            wrong: ["return n + {0} % {1}", "return (n - {0}) % {1}"]
        ) { p, a in .integer(floorRemainder(a.int(0) + p.int(0), p.int(1))) },
        Family(
            "distance",
            [.range(1...20)],
            [.n],
            ["returns the distance between n and {0}", "returns the absolute difference of n and {0}"],
            ["return abs(n - {0})"],
            wrong: ["return n - {0}", "return abs(n + {0})"]
        ) { p, a in .integer(abs(a.int(0) - p.int(0))) },
        Family(
            "gcd",
            [.range(4...30)],
            [.natural],
            [
                "returns the greatest common divisor of n and {0}",
                "returns the largest number dividing both n and {0}",
            ],
            ["import math", "return math.gcd(n, {0})"],
            wrong: ["return math.gcd(n, {0})"]
        ) { p, a in
            var (x, y) = (a.int(0), p.int(0))
            while y != 0 { (x, y) = (y, x % y) }
            return .integer(x)
        },
    ]

    private static let comparisons: [Family] = [
        Family(
            "at-most",
            [.range(1...20)],
            [.n],
            ["returns n but at most {0}", "returns the smaller of n and {0}"],
            ["return min(n, {0})"],
            wrong: ["return max(n, {0})"]
        ) { p, a in .integer(a.int(0) < p.int(0) ? a.int(0) : p.int(0)) },
        Family(
            "at-least",
            [.range(1...20)],
            [.n],
            ["returns n but at least {0}", "returns the larger of n and {0}"],
            ["return max(n, {0})"],
            wrong: ["return min(n, {0})"]
        ) { p, a in .integer(a.int(0) > p.int(0) ? a.int(0) : p.int(0)) },
        Family(
            "clamp",
            [.range(1...9), .range(10...25)],
            [.n],
            ["limits n to the range from {0} to {1}", "returns n clamped between {0} and {1}"],
            ["return max({0}, min({1}, n))"],
            wrong: ["return min({0}, max({1}, n))", "return min({1}, n)"]
        ) { p, a in
            if a.int(0) < p.int(0) { return .integer(p.int(0)) }
            return .integer(a.int(0) > p.int(1) ? p.int(1) : a.int(0))
        },
        Family(
            "greater",
            [.range(1...20)],
            [.n],
            ["tells whether n is greater than {0}", "returns True if n is above {0}"],
            ["return n > {0}"],
            wrong: ["return n >= {0}", "return n < {0}"]
        ) { p, a in .bool(a.int(0) > p.int(0)) },
        Family(
            "divisible",
            [.range(2...20)],
            [.n],
            ["tells whether n is divisible by {0}", "returns True if {0} divides n"],
            ["return n % {0} == 0"],
            wrong: ["return n % {0}", "return n % {0} != 0"]
        ) { p, a in .bool(a.int(0).isMultiple(of: p.int(0))) },
        Family(
            "between",
            [.range(1...9), .range(10...25)],
            [.n],
            ["tells whether n lies from {0} to {1}", "returns True if n is at least {0} and at most {1}"],
            ["return {0} <= n <= {1}"],
            wrong: ["return {0} < n < {1}", "return {0} <= n < {1}"]
        ) { p, a in .bool((p.int(0)...max(p.int(0), p.int(1))).contains(a.int(0))) },
        Family(
            "label",
            [.range(1...20), .word, .word],
            [.n],
            [
                "returns \"{1}\" if n is greater than {0} and \"{2}\" otherwise",
                "answers \"{1}\" for n above {0} and \"{2}\" for the rest",
            ],
            ["if n > {0}:", "    return \"{1}\"", "return \"{2}\""],
            wrong: [
                "if n < {0}:\n    return \"{1}\"\nreturn \"{2}\"", "if n > {0}:\n    return \"{2}\"\nreturn \"{1}\"",
            ]
        ) { p, a in .string(a.int(0) > p.int(0) ? p.text(1) : p.text(2)) },
        Family(
            "fizz",
            [.range(2...12), .word],
            [.n],
            [
                "returns \"{1}\" if n is divisible by {0} and n as text otherwise",
                "says \"{1}\" for multiples of {0} and the number as text for others",
            ],
            ["if n % {0} == 0:", "    return \"{1}\"", "return str(n)"],
            wrong: ["if n % {0} == 0:\n    return \"{1}\"\nreturn n", "if n % {0}:\n    return \"{1}\"\nreturn str(n)"]
        ) { p, a in .string(a.int(0).isMultiple(of: p.int(0)) ? p.text(1) : String(a.int(0))) },
        Family(
            "step",
            [.range(1...20), .range(1...20)],
            [.n],
            [
                "adds {0} to n if n is even and subtracts {1} if n is odd",
                "returns n plus {0} for even n and n minus {1} for odd n",
            ],
            ["if n % 2 == 0:", "    return n + {0}", "return n - {1}"],
            wrong: ["if n % 2 == 1:\n    return n + {0}\nreturn n - {1}", "return n + {0} - {1}"]
        ) { p, a in .integer(a.int(0).isMultiple(of: 2) ? a.int(0) + p.int(0) : a.int(0) - p.int(1)) },
    ]

    private static let sequences: [Family] = [
        Family(
            "sum-multiples",
            [.range(2...12)],
            [.natural],
            ["returns the sum of the multiples of {0} below n", "adds up all multiples of {0} less than n"],
            ["return sum(range(0, n, {0}))"],
            wrong: ["return sum(range(0, n + 1, {0}))", "return sum(range({0}, n))"]
        ) { p, a in .integer((0..<a.int(0)).filter { $0.isMultiple(of: p.int(0)) }.reduce(0, +)) },
        Family(
            "range-step",
            [.range(2...12)],
            [.natural],
            ["lists the numbers from 0 below n in steps of {0}", "returns the list of multiples of {0} below n"],
            ["return list(range(0, n, {0}))"],
            wrong: ["return range(n, {0})", "return list(range({0}, n))"]
        ) { p, a in .ints((0..<a.int(0)).filter { $0.isMultiple(of: p.int(0)) }) },
        Family(
            "first-multiples",
            [.range(2...9)],
            [.n],
            ["returns the list of the first {0} multiples of n", "lists n times 1 up to n times {0}"],
            ["return [n * i for i in range(1, {0} + 1)]"],
            wrong: ["return [n * i for i in range({0})]", "return [n + i for i in range(1, {0} + 1)]"]
        ) { p, a in .ints((1...p.int(0)).map { $0 * a.int(0) }) },
        Family(
            "countdown",
            [.range(2...9)],
            [.natural],
            ["counts down from n to 1 in steps of {0}", "returns the list from n down to 1 in steps of {0}"],
            ["return list(range(n, 0, -{0}))"],
            wrong: ["return list(range(0, n, {0}))", "return list(range(n, -1, -{0}))"]
        ) { p, a in .ints(Array(stride(from: a.int(0), to: 0, by: -p.int(0)))) },
        Family(
            "digit-sum",
            [.range(1...12)],
            [.large],
            ["returns the sum of the digits of n plus {0}", "adds up the digits of n, then adds {0}"],
            ["return sum(int(c) for c in str(n)) + {0}"],
            wrong: ["return sum(str(n)) + {0}", "return len(str(n)) + {0}"]
        ) { p, a in .integer(String(a.int(0)).compactMap(\.wholeNumberValue).reduce(p.int(0), +)) },
        Family(
            "digit-count",
            [.range(0...9)],
            [.large],
            ["counts how often the digit {0} occurs in n", "returns the number of digits of n equal to {0}"],
            ["return str(n).count(\"{0}\")"],
            wrong: ["return n.count({0})", "return str(n).count({0})"]
        ) { p, a in .integer(String(a.int(0)).count { $0.wholeNumberValue == p.int(0) }) },
        Family(
            "grow",
            [.range(2...6), .range(1...9)],
            [.n],
            ["doubles n and adds {1}, {0} times in a row", "repeats {0} times: multiply n by 2 and add {1}"],
            ["for i in range({0}):", "    n = n * 2 + {1}", "return n"],
            wrong: [
                "for i in range({0}):\n    n = n + 2 * {1}\nreturn n", "for i in range({0}):\n    return n * 2 + {1}",
            ]
        ) { p, a in .integer((0..<p.int(0)).reduce(a.int(0)) { value, _ in value + value + p.int(1) }) },
        Family(
            "sum-to",
            [.range(1...20)],
            [.natural],
            ["returns the sum of the numbers from 1 to n plus {0}", "adds up 1 to n, starting from {0}"],
            ["total = {0}", "for i in range(1, n + 1):", "    total = total + i", "return total"],
            wrong: ["total = {0}\nfor i in range(1, n):\n    total = total + i\nreturn total", "return n + {0}"]
        ) { p, a in .integer(a.int(0) * (a.int(0) + 1) / 2 + p.int(0)) },
    ]

    private static let several: [Family] = [
        Family(
            "weighted-sum",
            [.range(2...20)],
            [.a, .b],
            ["returns a times {0} plus b", "multiplies a by {0}, adds b and returns the result"],
            ["return a * {0} + b"],
            wrong: ["return b * {0} + a", "return (a + b) * {0}"]
        ) { p, a in .integer(a.int(0) * p.int(0) + a.int(1)) },
        Family(
            "difference-times",
            [.range(2...20)],
            [.a, .b],
            ["returns the difference of a and b times {0}", "subtracts b from a and multiplies by {0}"],
            ["return (a - b) * {0}"],
            wrong: ["return a - b * {0}", "return (b - a) * {0}"]
        ) { p, a in .integer(p.int(0) * (a.int(0) - a.int(1))) },
        Family(
            "larger-plus",
            [.range(1...20)],
            [.a, .b],
            ["returns the larger of a and b plus {0}", "adds {0} to the maximum of a and b"],
            ["return max(a, b) + {0}"],
            wrong: ["return min(a, b) + {0}", "return a + b + {0}"]
        ) { p, a in .integer((a.int(0) > a.int(1) ? a.int(0) : a.int(1)) + p.int(0)) },
        Family(
            "smaller-minus",
            [.range(1...20)],
            [.a, .b],
            ["returns the smaller of a and b minus {0}", "subtracts {0} from the minimum of a and b"],
            ["return min(a, b) - {0}"],
            wrong: ["return max(a, b) - {0}", "return min(a, b) + {0}"]
        ) { p, a in .integer((a.int(0) < a.int(1) ? a.int(0) : a.int(1)) - p.int(0)) },
        Family(
            "sum-exceeds",
            [.range(1...20)],
            [.a, .b],
            ["tells whether the sum of a and b exceeds {0}", "returns True if a plus b is greater than {0}"],
            ["return a + b > {0}"],
            wrong: ["return a + b >= {0}", "return a * b > {0}"]
        ) { p, a in .bool(a.int(0) + a.int(1) > p.int(0)) },
        Family(
            "swap-add",
            [.range(1...20)],
            [.a, .b],
            ["returns the list of b plus {0} and a", "swaps a and b and adds {0} to the first, as a list"],
            ["return [b + {0}, a]"],
            wrong: ["return [a + {0}, b]", "return [b, a + {0}]"]
        ) { p, a in .ints([a.int(1) + p.int(0), a.int(0)]) },
        Family(
            "quotient-remainder",
            [.range(2...20)],
            [.n],
            [
                "returns the quotient and the remainder of n by {0} as a list",
                "divides n by {0} and lists quotient and remainder",
            ],
            ["return [n // {0}, n % {0}]"],
            wrong: ["return [n % {0}, n // {0}]", "return [n / {0}, n % {0}]"]
        ) { p, a in .ints([floorQuotient(a.int(0), p.int(0)), floorRemainder(a.int(0), p.int(0))]) },
        Family(
            "three-combined",
            [.range(2...20)],
            [.a, .b, .c],
            ["returns a plus b times {0} minus c", "multiplies b by {0}, adds a and subtracts c"],
            ["return a + b * {0} - c"],
            wrong: ["return (a + b) * {0} - c", "return a + b * {0} + c"]
        ) { p, a in .integer(a.int(0) + a.int(1) * p.int(0) - a.int(2)) },
        Family(
            "spread",
            [.range(1...20)],
            [.a, .b, .c],
            [
                "returns the largest minus the smallest of a, b and c, plus {0}",
                "adds {0} to the spread between a, b and c",
            ],
            ["return max(a, b, c) - min(a, b, c) + {0}"],
            wrong: ["return max(a, b, c) + {0}", "return max(a, b, c) - min(a, b, c) - {0}"]
        ) { p, a in
            let sorted = [a.int(0), a.int(1), a.int(2)].sorted()
            return .integer(sorted[2] - sorted[0] + p.int(0))
        },
    ]
}
