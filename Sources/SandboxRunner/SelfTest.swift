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
            complaints[canary.language] = await canary.complaint { await self.judge($0, remembering: false) }
        }
        return complaints
    }
}
