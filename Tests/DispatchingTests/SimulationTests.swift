import Dispatching
import Testing

struct SimulationTests {
    /// Three hundred histories with losses, copies, delays, crashes, stops and partitions; `ppocoder bench simulate` does more.
    @Test func whateverHappensNothingIsLostOrCountedTwiceAndAllWorkComesToAnEnd() {
        let (report, failed) = simulate(seeds: 0..<300)
        #expect(report.complaint == nil, "seed \(failed.map { "\($0)" } ?? "")")
        // The histories must have contained what they are to test.
        #expect(report.dropped > 5000)
        #expect(report.duplicated > 5000)
        #expect(report.crashes > 1000)
        #expect(report.pauses > 300)
        #expect(report.partitions > 300)
        #expect(report.requeued > 300)
        #expect(report.quarantined > 30)
        #expect(report.hedged > 10)
    }

    @Test(arguments: SimulationOptions.PlantedBug.allCases)
    func aMistakeThatIsPutInIsFound(bug: SimulationOptions.PlantedBug) {
        let (report, failed) = simulate(seeds: 0..<300, plantedBug: bug)
        #expect(failed != nil)
        #expect(report.complaint != nil)
    }

    @Test func theSameSeedMakesTheSameHistory() {
        var one = ClusterSimulation(options: SimulationOptions(seed: 7))
        var two = ClusterSimulation(options: SimulationOptions(seed: 7))
        var other = ClusterSimulation(options: SimulationOptions(seed: 8))
        let history = one.run()
        #expect(history == two.run())
        #expect(history != other.run())
    }
}
