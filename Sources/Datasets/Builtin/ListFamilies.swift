import Programs

/// Families whose functions take lists of integers.
enum ListFamilies {
    static let all = maps + filters + counts + slices + orders + loops

    private static let maps: [Family] = [
        Family(
            "map-add",
            [.range(1...20)],
            [.xs],
            ["adds {0} to each number in xs", "returns the list xs with {0} added to every number"],
            ["return [x + {0} for x in xs]"],
            wrong: ["return xs + {0}", "return [x * {0} for x in xs]"]
        ) { p, a in .ints(a.ints(0).map { $0 + p.int(0) }) },
        Family(
            "map-multiply",
            [.range(2...20)],
            [.xs],
            ["multiplies each number in xs by {0}", "returns the list of all numbers in xs times {0}"],
            ["return [x * {0} for x in xs]"],
            wrong: ["return xs * {0}", "return [x + {0} for x in xs]"]
        ) { p, a in .ints(a.ints(0).map { $0 * p.int(0) }) },
        Family(
            "map-limit",
            [.range(1...20)],
            [.xs],
            ["limits each number in xs to at most {0}", "replaces numbers in xs above {0} by {0}"],
            ["return [min(x, {0}) for x in xs]"],
            wrong: ["return [max(x, {0}) for x in xs]", "return min(xs, {0})"]
        ) { p, a in .ints(a.ints(0).map { $0 > p.int(0) ? p.int(0) : $0 }) },
        Family(
            "map-remainder",
            [.range(2...12)],
            [.xs],
            ["returns the remainders of the numbers in xs divided by {0}", "takes every number in xs modulo {0}"],
            ["return [x % {0} for x in xs]"],
            wrong: ["return [x // {0} for x in xs]", "return xs % {0}"]
        ) { p, a in .ints(a.ints(0).map { floorRemainder($0, p.int(0)) }) },
        Family(
            "map-replace",
            [.range(1...15), .range(1...15)],
            [.xs],
            ["replaces every {0} in xs by {1}", "returns xs with each {0} changed to {1}"],
            ["return [{1} if x == {0} else x for x in xs]"],
            wrong: ["return [{0} if x == {1} else x for x in xs]", "return xs.replace({0}, {1})"]
        ) { p, a in .ints(a.ints(0).map { $0 == p.int(0) ? p.int(1) : $0 }) },
        Family(
            "map-position",
            [.range(2...12)],
            [.xs],
            [
                "adds {0} times its position to each number in xs",
                "returns x plus {0} times its index for each x in xs",
            ],
            ["return [x + {0} * i for i, x in enumerate(xs)]"],
            wrong: ["return [x + i for i, x in enumerate(xs)]", "return [x * {0} + i for i, x in enumerate(xs)]"]
        ) { p, a in .ints(a.ints(0).enumerated().map { $1 + p.int(0) * $0 }) },
        Family(
            "map-differences",
            [.range(1...12)],
            [.xs],
            [
                "returns the differences of neighbours in xs times {0}",
                "lists next minus previous in xs, multiplied by {0}",
            ],
            ["return [(b - a) * {0} for a, b in zip(xs, xs[1:])]"],
            wrong: [
                "return [(a - b) * {0} for a, b in zip(xs, xs[1:])]", "return [b - a * {0} for a, b in zip(xs, xs)]",
            ]
        ) { p, a in .ints(zip(a.ints(0), a.ints(0).dropFirst()).map { ($1 - $0) * p.int(0) }) },
        Family(
            "zip-weighted",
            [.range(2...20)],
            [.xs, .ys],
            [
                "adds {0} times each number in ys to the one in xs",
                "returns x plus {0} times y for the pairs of xs and ys",
            ],
            ["return [x + {0} * y for x, y in zip(xs, ys)]"],
            wrong: ["return [y + {0} * x for x, y in zip(xs, ys)]", "return xs + {0} * ys"]
        ) { p, a in .ints(zip(a.ints(0), a.ints(1)).map { $0 + p.int(0) * $1 }) },
        Family(
            "dot-product",
            [.range(1...20)],
            [.xs, .ys],
            ["returns the dot product of xs and ys plus {0}", "multiplies xs and ys pairwise and sums up, plus {0}"],
            ["return sum(x * y for x, y in zip(xs, ys)) + {0}"],
            wrong: ["return sum(x + y for x, y in zip(xs, ys)) + {0}", "return xs * ys + {0}"]
        ) { p, a in .integer(zip(a.ints(0), a.ints(1)).reduce(p.int(0)) { $0 + $1.0 * $1.1 }) },
    ]

    private static let filters: [Family] = [
        Family(
            "keep-greater",
            [.range(1...20)],
            [.xs],
            ["keeps the numbers in xs greater than {0}", "returns the list of numbers in xs above {0}"],
            ["return [x for x in xs if x > {0}]"],
            wrong: ["return [x for x in xs if x < {0}]", "return [x > {0} for x in xs]"]
        ) { p, a in .ints(a.ints(0).filter { $0 > p.int(0) }) },
        Family(
            "keep-less",
            [.range(1...20)],
            [.xs],
            ["keeps the numbers in xs less than {0}", "returns the list of numbers in xs below {0}"],
            ["return [x for x in xs if x < {0}]"],
            wrong: ["return [x for x in xs if x > {0}]", "return [x if x < {0}]"]
        ) { p, a in .ints(a.ints(0).filter { $0 < p.int(0) }) },
        Family(
            "keep-divisible",
            [.range(2...12)],
            [.xs],
            ["keeps the numbers in xs divisible by {0}", "returns the multiples of {0} found in xs"],
            ["return [x for x in xs if x % {0} == 0]"],
            wrong: ["return [x for x in xs if x % {0}]", "return [x % {0} for x in xs]"]
        ) { p, a in .ints(a.ints(0).filter { $0.isMultiple(of: p.int(0)) }) },
        Family(
            "remove-value",
            [.range(1...20)],
            [.xs],
            ["removes every {0} from xs", "returns xs without the number {0}"],
            ["return [x for x in xs if x != {0}]"],
            wrong: ["return [x for x in xs if x == {0}]", "return xs.remove({0})"]
        ) { p, a in .ints(a.ints(0).filter { $0 != p.int(0) }) },
        Family(
            "keep-between",
            [.range(1...9), .range(10...20)],
            [.xs],
            ["keeps the numbers in xs from {0} to {1}", "returns the numbers in xs at least {0} and at most {1}"],
            ["return [x for x in xs if {0} <= x <= {1}]"],
            wrong: ["return [x for x in xs if {0} < x < {1}]", "return xs[{0}:{1}]"]
        ) { p, a in .ints(a.ints(0).filter { $0 >= p.int(0) && $0 <= p.int(1) }) },
        Family(
            "split-at-value",
            [.range(1...20)],
            [.xs],
            [
                "returns two lists: numbers in xs below {0} and the others",
                "splits xs into numbers less than {0} and the rest",
            ],
            ["small = [x for x in xs if x < {0}]", "large = [x for x in xs if x >= {0}]", "return [small, large]"],
            wrong: [
                "small = [x for x in xs if x < {0}]\nlarge = [x for x in xs if x > {0}]\nreturn [small, large]",
                "small = [x for x in xs if x < {0}]\nreturn [small, large]",
            ]
        ) { p, a in
            .array([.ints(a.ints(0).filter { $0 < p.int(0) }), .ints(a.ints(0).filter { !($0 < p.int(0)) })])
        },
    ]

    private static let counts: [Family] = [
        Family(
            "count-value",
            [.range(1...20)],
            [.xs],
            ["counts how often {0} occurs in xs", "returns the number of times {0} is in xs"],
            ["return xs.count({0})"],
            wrong: ["return xs.index({0})", "return {0} in xs"]
        ) { p, a in .integer(a.ints(0).count { $0 == p.int(0) }) },
        Family(
            "count-greater",
            [.range(1...20)],
            [.xs],
            ["counts the numbers in xs greater than {0}", "returns how many numbers in xs are above {0}"],
            ["return sum(1 for x in xs if x > {0})"],
            wrong: ["return sum(x for x in xs if x > {0})", "return len(x for x in xs if x > {0})"]
        ) { p, a in .integer(a.ints(0).count { $0 > p.int(0) }) },
        Family(
            "sum-plus",
            [.range(1...20)],
            [.xs],
            ["returns the sum of xs plus {0}", "adds up the numbers in xs and adds {0}"],
            ["return sum(xs) + {0}"],
            wrong: ["return sum(xs + {0})", "return len(xs) + {0}"]
        ) { p, a in .integer(a.ints(0).reduce(p.int(0), +)) },
        Family(
            "sum-greater",
            [.range(1...20)],
            [.xs],
            ["returns the sum of the numbers in xs greater than {0}", "adds up all numbers in xs above {0}"],
            ["return sum(x for x in xs if x > {0})"],
            wrong: ["return sum(1 for x in xs if x > {0})", "return sum(xs) > {0}"]
        ) { p, a in .integer(a.ints(0).filter { $0 > p.int(0) }.reduce(0, +)) },
        Family(
            "sum-squares",
            [.range(5...24)],
            [.xs],
            ["returns the sum of the squares of xs modulo {0}", "squares the numbers in xs and sums them modulo {0}"],
            ["return sum(x * x for x in xs) % {0}"],
            wrong: ["return sum(x + x for x in xs) % {0}", "return sum(xs) % {0}"]
        ) { p, a in .integer(floorRemainder(a.ints(0).reduce(0) { $0 + $1 * $1 }, p.int(0))) },
        Family(
            "contains",
            [.range(1...20)],
            [.xs],
            ["tells whether {0} is in xs", "returns True if xs contains {0}"],
            ["return {0} in xs"],
            wrong: ["return xs in {0}", "return xs.count({0})  > 1"]
        ) { p, a in .bool(a.ints(0).contains(p.int(0))) },
        Family(
            "any-greater",
            [.range(1...20)],
            [.xs],
            ["tells whether any number in xs is greater than {0}", "returns True if some number in xs exceeds {0}"],
            ["return any(x > {0} for x in xs)"],
            wrong: ["return all(x > {0} for x in xs)", "return any(xs > {0})"]
        ) { p, a in .bool(!a.ints(0).allSatisfy { $0 <= p.int(0) }) },
        Family(
            "all-less",
            [.range(1...20)],
            [.xs],
            ["tells whether all numbers in xs are less than {0}", "returns True if every number in xs is below {0}"],
            ["return all(x < {0} for x in xs)"],
            wrong: ["return any(x < {0} for x in xs)", "return max(xs) < {0}"]
        ) { p, a in .bool(!a.ints(0).contains { $0 >= p.int(0) }) },
        Family(
            "length-exceeds",
            [.range(1...9)],
            [.xs],
            ["tells whether xs has more than {0} numbers", "returns True if the length of xs is above {0}"],
            ["return len(xs) > {0}"],
            wrong: ["return len(xs) >= {0}", "return xs > {0}"]
        ) { p, a in .bool(a.ints(0).count > p.int(0)) },
        Family(
            "max-default",
            [.range(1...20)],
            [.xs],
            [
                "returns the largest number in xs or {0} if xs is empty",
                "takes the maximum of xs, {0} for an empty list",
            ],
            ["return max(xs, default={0})"],
            wrong: ["return max(xs)", "return min(xs, default={0})"]
        ) { p, a in .integer(a.ints(0).max() ?? p.int(0)) },
        Family(
            "neighbour-jumps",
            [.range(1...12)],
            [.xs],
            [
                "counts neighbours in xs that differ by more than {0}",
                "returns how many steps between neighbours in xs exceed {0}",
            ],
            ["return sum(1 for a, b in zip(xs, xs[1:]) if abs(a - b) > {0})"],
            wrong: [
                "return sum(1 for a, b in zip(xs, xs[1:]) if a - b > {0})",
                "return sum(1 for a, b in zip(xs, xs) if abs(a - b) > {0})",
            ]
        ) { p, a in .integer(zip(a.ints(0), a.ints(0).dropFirst()).count { abs($0 - $1) > p.int(0) }) },
    ]

    private static let slices: [Family] = [
        Family(
            "take-first",
            [.range(1...12)],
            [.xs],
            ["returns the first {0} numbers of xs", "takes {0} numbers from the start of xs"],
            ["return xs[:{0}]"],
            wrong: ["return xs[{0}:]", "return xs[{0}]"]
        ) { p, a in .ints(Array(a.ints(0).prefix(p.int(0)))) },
        Family(
            "take-last",
            [.range(1...12)],
            [.xs],
            ["returns the last {0} numbers of xs", "takes {0} numbers from the end of xs"],
            ["return xs[-{0}:]"],
            wrong: ["return xs[:-{0}]", "return xs[{0}:]"]
        ) { p, a in .ints(Array(a.ints(0).suffix(p.int(0)))) },
        Family(
            "drop-first",
            [.range(1...12)],
            [.xs],
            ["returns xs without its first {0} numbers", "drops {0} numbers from the start of xs"],
            ["return xs[{0}:]"],
            wrong: ["return xs[:{0}]", "return xs[-{0}:]"]
        ) { p, a in .ints(Array(a.ints(0).dropFirst(p.int(0)))) },
        Family(
            "drop-last",
            [.range(1...12)],
            [.xs],
            ["returns xs without its last {0} numbers", "drops {0} numbers from the end of xs"],
            ["return xs[:-{0}]"],
            wrong: ["return xs[-{0}:]", "return xs[:{0}]"]
        ) { p, a in .ints(Array(a.ints(0).dropLast(p.int(0)))) },
        Family(
            "slice",
            [.range(1...5), .range(6...12)],
            [.xs],
            ["returns the numbers of xs from position {0} up to {1}", "slices xs from index {0} to before {1}"],
            ["return xs[{0}:{1}]"],
            wrong: ["return xs[{1}:{0}]", "return xs[{0}:{1} + 1]"]
        ) { p, a in
            .ints(a.ints(0).enumerated().filter { $0.offset >= p.int(0) && $0.offset < p.int(1) }.map(\.element))
        },
        Family(
            "every-nth",
            [.range(2...8)],
            [.xs],
            ["returns each {0}th number of xs from the first", "takes every {0}th number of xs"],
            ["return xs[::{0}]"],
            wrong: ["return xs[{0}::]", "return xs[:{0}]"]
        ) { p, a in .ints(a.ints(0).enumerated().filter { $0.offset.isMultiple(of: p.int(0)) }.map(\.element)) },
        Family(
            "rotate",
            [.range(1...9)],
            [.xs],
            ["moves the first {0} numbers of xs to its end", "rotates xs to the left by {0} places"],
            ["return xs[{0}:] + xs[:{0}]"],
            wrong: ["return xs[:{0}] + xs[{0}:]", "return xs[-{0}:] + xs[:-{0}]"]
        ) { p, a in .ints(Array(a.ints(0).dropFirst(p.int(0)) + a.ints(0).prefix(p.int(0)))) },
        Family(
            "append",
            [.range(1...20)],
            [.xs],
            ["returns xs with {0} added at the end", "appends {0} to the list xs and returns it"],
            ["return xs + [{0}]"],
            wrong: ["return xs + {0}", "return xs.append({0})"]
        ) { p, a in .ints(a.ints(0) + [p.int(0)]) },
        Family(
            "prepend",
            [.range(1...20)],
            [.xs],
            ["returns xs with {0} added at the front", "puts {0} before the list xs and returns it"],
            ["return [{0}] + xs"],
            wrong: ["return xs + [{0}]", "return {0} + xs"]
        ) { p, a in .ints([p.int(0)] + a.ints(0)) },
        Family(
            "repeat-list",
            [.range(2...6)],
            [.xs],
            ["repeats the list xs {0} times", "returns {0} copies of xs joined into one list"],
            ["return xs * {0}"],
            wrong: ["return [x * {0} for x in xs]", "return xs + {0}"]
        ) { p, a in .ints(Array(repeatElement(a.ints(0), count: p.int(0)).joined())) },
        Family(
            "get-or",
            [.range(1...8), .range(1...20)],
            [.xs],
            [
                "returns the number at index {0} of xs or {1} if xs is too short",
                "reads xs at {0}, with {1} when out of range",
            ],
            ["if len(xs) > {0}:", "    return xs[{0}]", "return {1}"],
            wrong: ["return xs[{0}]", "if len(xs) >= {0}:\n    return xs[{0}]\nreturn {1}"]
        ) { p, a in .integer(a.ints(0).dropFirst(p.int(0)).first ?? p.int(1)) },
        Family(
            "chunks",
            [.range(2...8)],
            [.xs],
            ["cuts xs into pieces of {0} numbers", "returns xs as a list of chunks of length {0}"],
            ["return [xs[i:i + {0}] for i in range(0, len(xs), {0})]"],
            wrong: [
                "return [xs[i:{0}] for i in range(0, len(xs), {0})]", "return [xs[i:i + {0}] for i in range(len(xs))]",
            ]
        ) { p, a in
            var pieces: [[Int]] = []
            for x in a.ints(0) {
                if let last = pieces.last, last.count < p.int(0) {
                    pieces[pieces.count - 1].append(x)
                } else {
                    pieces.append([x])
                }
            }
            return .array(pieces.map { .ints($0) })
        },
    ]

    private static let orders: [Family] = [
        Family(
            "sort-by-remainder",
            [.range(2...12)],
            [.xs],
            ["sorts xs by the remainder modulo {0}", "orders the numbers in xs by their value modulo {0}"],
            ["return sorted(xs, key=lambda x: x % {0})"],
            wrong: ["return sorted(xs)", "return sorted(xs, key=lambda x: x // {0})"]
        ) { p, a in
            .ints((0..<p.int(0)).flatMap { r in a.ints(0).filter { floorRemainder($0, p.int(0)) == r } })
        },
        Family(
            "sort-by-distance",
            [.range(1...20)],
            [.xs],
            ["sorts xs by the distance to {0}", "orders the numbers in xs by how near they are to {0}"],
            ["return sorted(xs, key=lambda x: abs(x - {0}))"],
            wrong: ["return sorted(xs, key=lambda x: x - {0})", "return sorted(xs - {0})"]
        ) { p, a in
            .ints((0...100).flatMap { r in a.ints(0).filter { abs($0 - p.int(0)) == r } })
        },
        Family(
            "nearest",
            [.range(1...20)],
            [.someXs],
            ["returns the number in xs nearest to {0}", "finds the number in xs closest to {0}"],
            ["return min(xs, key=lambda x: abs(x - {0}))"],
            wrong: ["return max(xs, key=lambda x: abs(x - {0}))", "return min(abs(x - {0}) for x in xs)"]
        ) { p, a in
            var best = a.ints(0)[0]
            for x in a.ints(0) where abs(x - p.int(0)) < abs(best - p.int(0)) { best = x }
            return .integer(best)
        },
        Family(
            "largest",
            [.range(1...6)],
            [.xs],
            ["returns the {0} largest numbers of xs, largest first", "sorts xs downwards and takes the first {0}"],
            ["return sorted(xs, reverse=True)[:{0}]"],
            wrong: ["return sorted(xs)[:{0}]", "return xs[:{0}]"]
        ) { p, a in .ints(Array(a.ints(0).sorted(by: >).prefix(p.int(0)))) },
        Family(
            "smallest-sum",
            [.range(2...6)],
            [.xs],
            ["returns the sum of the {0} smallest numbers of xs", "adds up the {0} smallest numbers in xs"],
            ["return sum(sorted(xs)[:{0}])"],
            wrong: ["return sum(xs[:{0}])", "return sum(sorted(xs)[{0}:])"]
        ) { p, a in .integer(a.ints(0).sorted().prefix(p.int(0)).reduce(0, +)) },
        Family(
            "distinct-remainders",
            [.range(2...12)],
            [.xs],
            [
                "returns the sorted distinct remainders of xs modulo {0}",
                "lists each value modulo {0} in xs once, in order",
            ],
            ["return sorted(set(x % {0} for x in xs))"],
            wrong: ["return sorted(x % {0} for x in xs)", "return set(x % {0} for x in xs)"]
        ) { p, a in .ints((0..<p.int(0)).filter { r in a.ints(0).contains { floorRemainder($0, p.int(0)) == r } }) },
    ]

    private static let loops: [Family] = [
        Family(
            "running-sum",
            [.range(1...20)],
            [.xs],
            ["returns the running sums of xs starting from {0}", "lists the total so far for xs, starting at {0}"],
            [
                "total = {0}", "out = []", "for x in xs:", "    total = total + x", "    out.append(total)",
                "return out",
            ],
            wrong: [
                "total = {0}\nout = []\nfor x in xs:\n    out.append(total)\n    total = total + x\nreturn out",
                "total = {0}\nfor x in xs:\n    total = total + x\nreturn total",
            ]
        ) { p, a in .ints(a.ints(0).indices.map { a.ints(0)[...$0].reduce(p.int(0), +) }) },
        Family(
            "take-until",
            [.range(1...20)],
            [.xs],
            [
                "returns the numbers of xs before the first one above {0}",
                "takes numbers from xs until one exceeds {0}",
            ],
            ["out = []", "for x in xs:", "    if x > {0}:", "        break", "    out.append(x)", "return out"],
            wrong: [
                "out = []\nfor x in xs:\n    out.append(x)\n    if x > {0}:\n        break\nreturn out",
                "return [x for x in xs if x <= {0}]",
            ]
        ) { p, a in .ints(Array(a.ints(0).prefix { $0 <= p.int(0) })) },
        Family(
            "first-greater",
            [.range(1...20)],
            [.xs],
            [
                "returns the first number in xs greater than {0} or -1",
                "finds the first number above {0} in xs, else -1",
            ],
            ["for x in xs:", "    if x > {0}:", "        return x", "return -1"],
            wrong: ["for x in xs:\n    if x > {0}:\n        return x\n    return -1", "return xs[{0}]"]
        ) { p, a in .integer(a.ints(0).first { $0 > p.int(0) } ?? -1) },
        Family(
            "product",
            [.range(1...12)],
            [.xs],
            [
                "returns {0} times the product of xs, modulo 1000 after each step",
                "multiplies {0} by each number of xs in turn, modulo 1000",
            ],
            ["result = {0}", "for x in xs:", "    result = result * x % 1000", "return result"],
            wrong: ["result = {0}\nfor x in xs:\n    result = result + x\nreturn result"]
        ) { p, a in .integer(a.ints(0).reduce(p.int(0)) { floorRemainder($0 * $1, 1000) }) },
    ]
}
