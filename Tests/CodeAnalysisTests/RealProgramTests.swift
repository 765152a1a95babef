import CodeAnalysis
import Foundation
import Programs
import TestSupport
import Testing

/// Properties over a thousand and more programs that people wrote.
@Suite(.enabled(if: RealPrograms.arePresent, "needs ../shared/data"))
struct RealProgramTests {
    private let analyzer: CodeAnalyzer

    init() throws { analyzer = try CodeAnalyzer() }

    @Test(arguments: [Language.python, .java, .cpp])
    func everyProgramIsLikeItself(language: Language) throws {
        let programs = try RealPrograms.load(language)
        try #require(programs.count > 700)
        var withFlow = 0
        for code in programs {
            let match = analyzer.compare(candidate: code, reference: code, language: language)
            #expect(match.astMatch == 1)
            #expect(match.dataFlowMatch ?? 1 == 1)
            if match.dataFlowMatch != nil { withFlow += 1 }
            // Fewer than four tokens have no 4-gram.
            if code.split(whereSeparator: \.isWhitespace).count >= 4 {
                #expect(abs(match.ngramMatch - 1) < 1e-12)
                #expect(abs(match.weightedNgramMatch - 1) < 1e-12)
            }
        }
        #expect(withFlow * 100 >= programs.count * 99)
    }

    @Test(arguments: [Language.python, .java, .cpp])
    func aPrefixScoresLessThanTheWhole(language: Language) throws {
        let programs = try RealPrograms.load(language)
        try #require(programs.count > 700)
        var means: [Double] = []
        for percent in [25, 50, 75] {
            var sum = 0.0
            for code in programs {
                let prefix = String(code.unicodeScalars.prefix(code.unicodeScalars.count * percent / 100))
                let match = analyzer.compare(candidate: prefix, reference: code, language: language)
                #expect(match.codeBLEU < 1)
                if language != .python { #expect(match.astMatch < 1) }
                sum += (match.astMatch + (match.dataFlowMatch ?? 0)) / Double(programs.count)
            }
            means.append(sum)
        }
        // The longer the prefix the more it earns, and even three quarters stay well below the 2 of the whole.
        #expect(means[0] < means[1])
        #expect(means[1] < means[2])
        #expect(means[2] < 1.7)
        print("prefixes of 25, 50, 75 % in \(language): AST + data flow \(means.map { ($0 * 100).rounded() / 100 })")
    }

    @Test func oneAnalyzerServesManyThreads() async throws {
        let programs = Array(try RealPrograms.load(.cpp).prefix(60))
        let analyzer = self.analyzer
        let alone = programs.indices.map { index in
            analyzer.compare(candidate: programs[(index + 1) % 60], reference: programs[index], language: .cpp)
        }
        let together = await withTaskGroup(of: (Int, CodeSimilarity).self) { group in
            for index in programs.indices {
                group.addTask {
                    (
                        index,
                        analyzer.compare(
                            candidate: programs[(index + 1) % 60],
                            reference: programs[index],
                            language: .cpp
                        )
                    )
                }
            }
            return await group.reduce(into: [Int: CodeSimilarity]()) { $0[$1.0] = $1.1 }
        }
        for index in programs.indices { #expect(together[index] == alone[index]) }
    }
}
