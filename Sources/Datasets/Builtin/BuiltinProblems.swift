package import Determinism
package import Programs

/// Short functions to write, made on the spot: no file, no licence, any number of problems.
///
/// A prompt describes one function in English, or is the same function in another language; hidden tests call what was
/// written. Expected values come from an evaluator in Swift and not from running the reference. Every problem is a pure
/// function of (seed, split, index), and in every form index i is about the same exercise, with the same tests. The splits
/// share no exercise: an exercise (family and parameters, wording and function name excluded) belongs to one split whatever
/// seed and form, by a hash: 85 % train, 5 % validation, 10 % test.
package struct BuiltinProblems: Sendable {
    /// The languages that exercises have solutions in.
    package static let languages: [Language] = [.python, .javascript]

    package let seed: UInt64
    /// The language to translate from; nil describes the function in English.
    package let source: Language?
    /// The language to write.
    package let target: Language

    /// - Precondition: both languages are among ``languages`` and differ.
    package init(seed: UInt64, from source: Language? = nil, to target: Language = .python) {
        precondition(Self.languages.contains(target) && source.map(Self.languages.contains) ?? true, "no solutions")
        precondition(source != target, "a translation needs two languages")
        self.seed = seed
        self.source = source
        self.target = target
    }

    private static let families = NumberFamilies.all + ListFamilies.all + TextFamilies.all + TableFamilies.all
    private static let functionNames = ["solve", "compute", "process", "answer", "apply", "work", "run", "make"]
    private static let openings = [
        "Write a function {f} that {w}.",
        "Define the Python function {f}. It {w}.",
        "The function {f} {w}.",
    ]
    /// Share of exercises that are pipelines of two or three steps.
    private static let pipelineShare = 0.4

    /// Families of problems, pipelines included.
    package static var familyCount: Int { families.count + Pipeline.all.count }

    /// Exercises that differ in family, parameters or composition, over all splits: an upper bound.
    ///
    /// Pipelines with a step of no effect and equal parameters are counted and never drawn.
    package static var distinctCount: Int {
        families.reduce(0) { $0 + $1.count } + Pipeline.all.reduce(0) { $0 + $1.count }
    }

    /// Wordings of one exercise, function names included.
    package static var wordingsPerExercise: Int { openings.count * 2 * functionNames.count }

    /// The family of the problem called `id`, for statistics by family.
    package static func family(of id: String) -> String { String(exercise(of: id).prefix { $0 != "(" }) }

    /// The exercise of the problem called `id`: family and parameters, without form and wording.
    package static func exercise(of id: String) -> String {
        let exercise = id.lastIndex(of: "#").map { id[..<$0] } ?? id[...]
        let form = exercise.prefix { $0 != "(" }.lastIndex(of: "/")
        return String(form.map { exercise[exercise.index(after: $0)...] } ?? exercise)
    }

    /// What ids begin with; nothing where Python is written from English.
    private var form: String {
        guard let source else { return target == .python ? "" : "\(target.rawValue)/" }
        return "\(source.rawValue)-\(target.rawValue)/"
    }

    /// Families and steps of pipelines without a solution in JavaScript, and solutions of what is neither.
    package static var unmatchedJavaScript: [String] {
        let steps = Pipeline.all.flatMap { pipeline in
            pipeline.steps.map { "\(pipeline.input.name) \($0.name)" }
        }
        let written = ["xs", "s"].flatMap { name in JavaScriptSteps.table(over: name).keys.map { "\(name) \($0)" } }
        let difference = Set(families.map(\.name)).symmetricDifference(JavaScriptPrograms.bodies.keys)
        return (difference.union(Set(steps).symmetricDifference(written))).sorted()
    }

    /// The split that an exercise belongs to.
    private static func split(of canonical: String) -> Split {
        let bytes = Digest(of: canonical).bytes
        switch (Int(bytes[0]) << 8 | Int(bytes[1])) % 100 {
        case ..<85: return .train
        case ..<90: return .validation
        default: return .test
        }
    }

    private func draw(_ split: Split, index: Int) -> (exercise: Exercise, variant: Int, name: String) {
        precondition(index >= 0, "problems are numbered from 0")
        let key = RandomKey(seed: seed, path: [0x6275_696C_7469_6E, split.number, UInt64(index)])
        var generator = key.generator()
        // The pipelines alone are thousands in every split, so that a long search means a broken hash.
        for _ in 0..<10_000 {
            let isPipeline = Double(generator.next() >> 11) * 0x1p-53 < Self.pipelineShare
            let pipeline = isPipeline ? generator.pick(Pipeline.all) : nil
            let family = generator.pick(Self.families)
            // A small family may have no exercise in this split: another family is drawn then.
            for _ in 0..<32 {
                let isWanted = { (exercise: Exercise) in Self.split(of: exercise.canonical) == split }
                let drawn =
                    if let pipeline { pipeline.draw(&generator, where: isWanted) } else { family.draw(&generator) }
                guard let exercise = drawn, isWanted(exercise) else { continue }
                let variant = generator.integer(below: Self.openings.count * exercise.wordings.count)
                return (exercise, variant, generator.pick(Self.functionNames))
            }
        }
        preconditionFailure("no exercise of split \(split) among 320,000")
    }

    /// Problem `index` of `split`.
    ///
    /// Two indices may give the same problem; `problems(_:count:)` leaves repeats out.
    package func problem(_ split: Split, index: Int) -> Problem {
        let (exercise, variant, name) = draw(split, index: index)
        return problem(exercise, variant: variant, name: name)
    }

    private func problem(_ exercise: Exercise, variant: Int, name: String) -> Problem {
        var limits = ExecutionLimits()
        limits.cpuSeconds = 2
        limits.wallSeconds = 10
        return Problem(
            id: "\(form)\(exercise.canonical)#\(variant)-\(name)",
            prompt: prompt(exercise, variant: variant, name: name),
            language: target,
            tests: exercise.tests(function: name, key: exercise.key(seed: seed)),
            reference: exercise.solution(in: target, name: name),
            limits: limits
        )
    }

    /// What the policy reads.
    private func prompt(_ exercise: Exercise, variant: Int, name: String) -> String {
        if source == .javascript { return JavaScriptPrograms.program(for: exercise, name: name, variant: variant) }
        if let source { return exercise.solution(in: source, name: name) }
        let wording = exercise.wordings[variant / Self.openings.count]
        let call = "\(name)(\(exercise.inputs.map(\.name).joined(separator: ", ")))"
        let prompt = Parameters(values: []).fill(Self.openings[variant % Self.openings.count])
            .replacing("{f}", with: call).replacing("{w}", with: wording)
        return target == .javascript ? JavaScriptPrograms.worded(prompt) : prompt
    }

    /// The first `count` problems of `split` that differ.
    ///
    /// Problems of the held-out splits differ in their exercise, training problems in their exercise or in its wording.
    package func problems(_ split: Split, count: Int) -> [Problem] {
        var result: [Problem] = []
        var seen: Set<String> = []
        var index = 0
        while result.count < count {
            let (exercise, variant, name) = draw(split, index: index)
            index += 1
            let identity = split == .train ? "\(exercise.canonical)#\(variant)-\(name)" : exercise.canonical
            guard seen.insert(identity).inserted else { continue }
            result.append(problem(exercise, variant: variant, name: name))
            precondition(index < 1000 + 200 * count, "split \(split) has fewer than \(count) problems")
        }
        return result
    }

    /// A plausible wrong or broken program for problem `index` of `split`, in the language to write.
    ///
    /// A pure function of its arguments and the seed.
    package func flawedProgram(_ split: Split, index: Int, key: RandomKey) -> String {
        let (exercise, _, name) = draw(split, index: index)
        var generator = RandomKey(seed: key.high, path: [key.low, UInt64(index)]).generator()
        return FlawedPrograms.program(for: exercise, in: target, name: name, &generator)
    }

    /// The mistake that is usually made in exercises of this kind, or nil where there is none.
    ///
    /// Code collected from the web has habits: the same slip again and again in the same kind of exercise. A kind is a
    /// family, for pipelines with its first step; six kinds in ten have a habit, which is one of the slips of
    /// `flawedProgram(_:index:key:)` drawn once per kind. A model that copies such a corpus has learnt both the slip
    /// and the right way, and prefers the more frequent one.
    package func habitualFlaw(_ split: Split, index: Int) -> String? {
        let (exercise, _, name) = draw(split, index: index)
        let digest = Digest(of: "habit of " + Self.kind(of: exercise.canonical)).bytes
        guard digest[0] < 154 else { return nil }
        let seed = digest[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var generator = RandomKey(seed: seed, path: [0x6861_6269_74]).generator()
        return FlawedPrograms.program(for: exercise, in: target, name: name, &generator)
    }

    /// The family and, when its parameters begin with a word, that word.
    static func kind(of canonical: String) -> String {
        let family = family(of: canonical)
        let word = canonical.dropFirst(family.count + 1).prefix { $0.isLetter || $0 == "-" }
        return word.count > 1 ? "\(family) \(word)" : family
    }

    /// Prompts and references of `count` training problems, for training a tokenizer.
    package func corpus(count: Int) -> [String] {
        (0..<count).flatMap { index in
            let (exercise, variant, name) = draw(.train, index: index)
            let problem = problem(exercise, variant: variant, name: name)
            return [problem.prompt, problem.reference]
        }
    }
}

extension Split {
    /// A number that never changes, for random keys.
    fileprivate var number: UInt64 {
        switch self {
        case .train: 0
        case .validation: 1
        case .test: 2
        }
    }
}
