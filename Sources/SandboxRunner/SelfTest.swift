package import Programs

extension SandboxPool {
    /// Judges a right and a wrong program of each of the languages that this machine claims to judge.
    ///
    /// - Returns: what is wrong, by language; nothing for those whose verdicts can be trusted. Verdicts are not taken from
    ///   memory.
    package func selfTest(_ languages: [Language] = Language.allCases) async -> [Language: String] {
        let claimed = await toolChains
        var complaints: [Language: String] = [:]
        for canary in Canary.all where claimed[canary.language] != nil && languages.contains(canary.language) {
            complaints[canary.language] = await canary.complaint { await self.firmVerdict(on: $0) }
        }
        return complaints
    }

    /// The verdict on `job`, which is not taken from memory.
    ///
    /// A slot that was lost says nothing of the language: a failure of ours counts when it comes three times in a row.
    private func firmVerdict(on job: ExecutionJob) async -> Verdict {
        var verdict = await judge(job, remembering: false)
        for _ in 0..<2 where verdict.outcome == .infrastructureFailure {
            verdict = await judge(job, remembering: false)
        }
        return verdict
    }
}
