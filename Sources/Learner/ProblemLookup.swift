package import Dashboard
internal import Foundation
internal import Programs

/// Finds the problems of a run by iteration and slot, from its settings; the data set is read when first asked for.
///
/// - Returns: a function that is nil for slots it knows no problem of, or when the data set is not there any more.
package func problemLookup(of directory: RunDirectory) -> @Sendable (_ step: Int, _ slot: Int) async -> ProblemText? {
    let shelf = ProblemShelf(directory: directory)
    return { step, slot in await shelf.problem(step: step, slot: slot) }
}

private actor ProblemShelf {
    private let directory: RunDirectory
    private var opened: (source: ProblemSource, samplesPerPrompt: Int)?
    private var hasTried = false

    init(directory: RunDirectory) { self.directory = directory }

    func problem(step: Int, slot: Int) -> ProblemText? {
        if !hasTried {
            hasTried = true
            opened = try? open()
        }
        guard let opened else { return nil }
        let problem = opened.source.problem(step: step, prompt: slot / max(1, opened.samplesPerPrompt))
        return ProblemText(
            id: problem.id,
            prompt: problem.prompt,
            reference: problem.target,
            tests: problem.tests.map(Self.text)
        )
    }

    private func open() throws -> (source: ProblemSource, samplesPerPrompt: Int) {
        var loader = try ConfigurationLoader()
        try loader.merge(yamlFile: directory.configuration.path)
        let configuration = try loader.finish()
        return (try ProblemSource(configuration: configuration), configuration.rollout.samplesPerPrompt)
    }

    private static func text(_ test: TestCase) -> String {
        switch test {
        case .stdio(let stdin, let stdout): "given \(stdin.debugDescription), prints \(stdout.debugDescription)"
        case .call(let function, let arguments, let expected):
            "\(function)(\(arguments.map(json).joined(separator: ", "))) is \(json(expected))"
        case .assert(let code), .program(let code): code
        }
    }

    private static func json(_ value: JSONValue) -> String {
        (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
    }
}
