import CodeAnalysis
import Learner
import Programs
import SandboxRunner

/// What a run would stumble over later is found before its first process starts.
enum Preflight {
    /// Training problems whose language is asked for: a large set stays in its file, and reading all of it takes minutes.
    private static let trainingProblems = 1024

    /// Checks that this machine can score and judge what the run is about to ask of it.
    ///
    /// - Parameters:
    ///   - configuration: of the run.
    ///   - source: its problems.
    /// - Throws: ``PreflightError``, or the error of the grammars or the sandbox, naming what is missing.
    static func check(_ configuration: RunConfiguration, _ source: ProblemSource) async throws {
        _ = try CodeAnalyzer()
        guard configuration.cluster.executors > 0 else { return }
        let languages = Set(source.evaluation.map(\.language)).union(source.trainingLanguages(upTo: trainingProblems))
        var sandbox = SandboxConfiguration()
        sandbox.slots = 1
        sandbox.languages = Language.allCases.filter(languages.contains)
        let pool = try await SandboxPool(configuration: sandbox)
        let found = await pool.toolChains
        await pool.shutdown()
        let missing = sandbox.languages.filter { found[$0] == nil }
        guard missing.isEmpty else { throw PreflightError.toolChainsMissing(missing) }
    }
}

/// What this machine lacks for a run.
enum PreflightError: Error, CustomStringConvertible {
    case toolChainsMissing([Language])

    var description: String {
        switch self {
        case .toolChainsMissing(let languages):
            "programs in \(languages.map(\.rawValue).joined(separator: ", ")) cannot be judged here: "
                + "a compiler or interpreter is missing; run ./setup, then ppocoder doctor"
        }
    }
}
