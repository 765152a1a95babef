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
        #expect(report.moved > 100)
        #expect(report.late > 100)
    }

    @Test(arguments: SimulationOptions.PlantedBug.allCases)
    func aMistakeThatIsPutInIsFound(bug: SimulationOptions.PlantedBug) {
        let (report, failed) = simulate(seeds: 0..<300, plantedBug: bug)
        #expect(failed != nil)
        #expect(report.complaint != nil)
    }

    /// Seeds 3, 7, 11 …: three dispatchers; of every three such seeds the last dispatcher ends for good in one, and all its
    /// executors in another.
    @Test func theWorkOfADispatcherThatIsGoneForGoodIsDoneByTheOthers() {
        var moved = 0
        for seed in [1, 3, 5, 7, 13, 15, 17, 19] as [UInt64] {
            let options = SimulationOptions(seed: seed)
            #expect(options.dispatchers == (seed % 4 == 1 ? 2 : 3))
            var simulation = ClusterSimulation(options: options)
            let report = simulation.run()
            #expect(report.complaint == nil)
            moved += report.moved
        }
        #expect(moved > 10)
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
