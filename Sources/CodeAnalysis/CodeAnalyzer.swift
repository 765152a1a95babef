package import Programs

/// Parses programs and compares them with their references; may be shared between threads.
package final class CodeAnalyzer: Sendable {
    private let grammars: [Language: Grammar]
    private let keywords: [Language: Keywords]
    private let known = ProgramCache<ProgramFeatures> { $0.byteCount }
    private let references = ProgramCache<ReferenceNGrams> { $0.byteCount }

    /// Loads the grammars that `./setup` installed.
    ///
    /// They are looked for where `PPOCODER_GRAMMARS` says (a file or its directory), or else in `build/grammars` of the
    /// current directory and all above it, or else beside the executable and above it.
    /// A `path` given here, to a file or its directory, is the only place looked at.
    package init(grammarsAt path: String? = nil) throws(CodeAnalysisError) {
        grammars = try GrammarLibrary.load(path)
        keywords = Dictionary(uniqueKeysWithValues: Language.allCases.map { ($0, Keywords(of: $0)) })
    }

    /// The syntax tree of `code`, or nil when it is over a limit of ``ProgramSize``.
    package func parse(_ code: String, language: Language) -> ParsedProgram? {
        grammars[language].flatMap { ParsedProgram(code, grammar: $0) }
    }

    /// True when `code` has a token and parses without an error or a missing token.
    package func parses(_ code: String, language: Language) -> Bool {
        guard let program = parse(code, language: language) else { return false }
        return program.isComplete && !program.isBlank
    }

    /// True when `code` holds nothing that could run: space, comments, and for Python bare strings.
    package func isBlank(_ code: String, language: Language) -> Bool {
        parse(code, language: language)?.isBlank ?? false
    }

    /// Compares a candidate with the whole of its reference.
    ///
    /// A blank candidate scores 0 in every part, and so does one, or a reference, that is over the limits of
    /// ``ProgramSize`` or blank itself.
    package func compare(candidate: String, reference: String, language: Language) -> CodeSimilarity {
        guard let found = features(candidate, language), !found.isBlank,
            let wanted = features(reference, language), !wanted.isBlank, let keywords = keywords[language],
            let wantedGrams = references.value(
                reference,
                language,
                make: { ReferenceNGrams(reference, keywords: keywords) }
            )
        else { return .zero }
        let grams = NGramMatch(candidate: candidate, reference: wantedGrams)
        return CodeSimilarity(
            astMatch: found.astMatch(against: wanted),
            dataFlowMatch: found.dataFlowMatch(against: wanted),
            ngramMatch: grams.bleu,
            weightedNgramMatch: grams.weighted,
            parses: found.isComplete
        )
    }

    /// The structural parts alone, for a reward: the n-grams are not counted.
    package func structure(candidate: String, reference: String, language: Language) -> StructuralMatch {
        let found = features(candidate, language)
        guard let wanted = features(reference, language), !wanted.isBlank else {
            return StructuralMatch(astMatch: 0, dataFlowMatch: 0, isBlank: found?.isBlank ?? false)
        }
        guard let found else {
            return StructuralMatch(astMatch: 0, dataFlowMatch: wanted.hasFlow ? 0 : nil, isBlank: false)
        }
        return StructuralMatch(
            astMatch: found.astMatch(against: wanted),
            dataFlowMatch: found.dataFlowMatch(against: wanted),
            isBlank: found.isBlank
        )
    }

    private func features(_ code: String, _ language: Language) -> ProgramFeatures? {
        known.value(code, language) { parse(code, language: language).map(ProgramFeatures.init) }
    }
}
