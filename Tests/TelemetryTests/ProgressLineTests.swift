import Telemetry
import Testing

struct ProgressLineTests {
    private let full = ProgressLine(
        step: 12,
        totalSteps: 150,
        reward: 0.3125,
        passRate: 0.5,
        compileRate: 0.995,
        kl: 0.01234,
        tokensPerSecond: 12_345,
        verdictsPerSecond: 98.4,
        secondsLeft: 431
    )

    @Test func aWideLineSaysEverything() {
        let text =
            "step 12/150  reward 0.312  pass 50.0%  compile 99.5%  KL 0.0123  12k tok/s  98 verdicts/s  7m11s left"
        #expect(full.text(width: .max) == text)
        #expect(full.text(width: text.count) == text)
    }

    @Test(arguments: 0...110) func theLineFitsAnyWidth(width: Int) {
        #expect(full.text(width: width).count <= width)
    }

    @Test func aNarrowLineKeepsWhatMattersMost() {
        #expect(full.text(width: 40) == "step 12/150  reward 0.312  pass 50.0%")
        #expect(full.text(width: 50) == "step 12/150  reward 0.312  pass 50.0%  7m11s left")
        #expect(full.text(width: 6) == "step 1")
    }

    @Test func whatIsNotKnownIsNotSaid() {
        #expect(ProgressLine(step: 0, totalSteps: 9).text(width: 80) == "step 0/9")
        // What is counted need not be steps, and need not have a known end.
        #expect(ProgressLine(step: 2000, totalSteps: nil, unit: "rows").text(width: 80) == "rows 2000")
        #expect(ProgressLine(step: 1, totalSteps: 9, reward: .nan).text(width: 80) == "step 1/9  reward –")
    }

    @Test(
        arguments: [
            (0.4, "0s"), (59.6, "1m00s"), (185, "3m05s"), (7_620, "2h07m"), (273_600, "3d04h"), (.infinity, "–"),
        ] as [(Double, String)]
    )
    func timesAreShort(seconds: Double, text: String) { #expect(shortTime(seconds) == text) }

    @Test(
        arguments: [
            (0, "0.0"), (9.94, "9.9"), (42.4, "42"), (999.6, "1.0k"), (12_345, "12k"), (5_600_000, "5.6M"), (.nan, "–"),
        ] as [(Double, String)]
    )
    func numbersAreShort(value: Double, text: String) { #expect(shortNumber(value) == text) }
}
