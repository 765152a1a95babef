import PPO
import Testing

struct GroupBaselineTests {
    /// Group {3, 1, 2}: 3 − 1.5, 1 − 2.5, 2 − 2.
    ///
    /// Group {4}: alone. The masked score takes no part.
    @Test func eachScoreIsComparedWithTheOthersOfItsPrompt() {
        let result = leaveOneOut(
            scores: [3, 1, 2, .nan, 4],
            groups: [[0, 1, 2, 3], [4]],
            included: [true, true, true, false, true]
        )
        #expect(Array(result[..<3]) == [1.5, -1.5, 0])
        #expect(result[3].isNaN)
        #expect(result[4] == 4)
    }

    @Test func equalScoresGiveNoSignal() {
        #expect(leaveOneOut(scores: [2, 2, 2], groups: [[0, 1, 2]], included: [true, true, true]) == [0, 0, 0])
    }
}
