import Foundation
import Learner
import Optimizers
import PPO
import Rewards
import Testing

struct ConfigurationLoaderTests {
    private func file(_ yaml: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml").path
        try yaml.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func load(yaml: String, overrides: [String] = [], environment: [String: String] = [:]) throws
        -> RunConfiguration
    {
        var loader = try ConfigurationLoader()
        let path = try file(yaml)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try loader.merge(yamlFile: path)
        try loader.merge(environment: environment)
        for override in overrides { try loader.merge(override: override) }
        return try loader.finish()
    }

    @Test func aFileChangesWhatItNamesAndNothingElse() throws {
        var expected = RunConfiguration()
        expected.run.seed = 7
        expected.ppo.clipEpsilon = 0.1
        expected.data.skipBadRows = true
        let yaml = "run:\n  seed: 7\nppo:\n  clip_epsilon: 0.1\ndata:\n  skip_bad_rows: true\n"
        #expect(try load(yaml: yaml) == expected)
    }

    @Test func aRewardPresetIsABaseWhereverItIsNamed() throws {
        var expected = RewardConfiguration(preset: .rltf)
        expected.fineGrained = -0.1
        #expect(try load(yaml: "reward: {fine_grained: -0.1, preset: rltf}").reward == expected)
        #expect(try load(yaml: "reward: {fine_grained: -0.1}", overrides: ["reward.preset=rltf"]).reward == expected)
        #expect(try load(yaml: "reward: {preset: coderl}", overrides: ["reward.preset=ppocoder"]).reward.astWeight == 1)
        let error = #expect(throws: Learner.ConfigurationError.self) { try load(yaml: "reward: {preset: rltv}") }
        #expect(error.map { "\($0)".contains("ppocoder, coderl, rltf, compcoder") } == true)
    }

    @Test func theOverrideWinsOverTheEnvironmentAndThatOverTheFile() throws {
        let environment = [
            "PPOCODER_RUN__SEED": "2", "PPOCODER_RUN__ITERATIONS": "5", "PPOCODER_GRAMMARS": "elsewhere",
        ]
        let configuration = try load(
            yaml: "run: {seed: 1, iterations: 1}",
            overrides: ["run.seed=3"],
            environment: environment
        )
        #expect(configuration.run.seed == 3)
        #expect(configuration.run.iterations == 5)
    }

    @Test func theDispatcherIsOneEndpointOrSeveral() throws {
        let two = ["ipc:///run/a/programs", "tcp://10.0.0.7:6003"]
        #expect(RunConfiguration().cluster.dispatcher.isEmbedded)
        #expect(try load(yaml: "cluster: {dispatcher: ''}").cluster.dispatcher.isEmbedded)
        #expect(try load(yaml: "cluster: {dispatcher: '\(two[1])'}").cluster.dispatcher.endpoints == [two[1]])
        let list = try load(yaml: "cluster:\n  dispatcher:\n    - \(two[0])\n    - \(two[1])\n")
        #expect(list.cluster.dispatcher.endpoints == two)
        let set = try load(yaml: "", overrides: ["cluster.dispatcher=[\(two[0]), \(two[1])]"])
        #expect(set == list)
        // What was written is read back, and a base with several can be overridden with one.
        let path = try file(list.yaml())
        defer { try? FileManager.default.removeItem(atPath: path) }
        var again = try ConfigurationLoader(base: list)
        try again.merge(yamlFile: path)
        #expect(try again.finish() == list)
        try again.merge(override: "cluster.dispatcher=\(two[0])")
        #expect(try again.finish().cluster.dispatcher.endpoints == [two[0]])
    }

    @Test(arguments: [
        ("[]", "an empty list"), ("[tcp://10.0.0.1:6003, tcp://10.0.0.1:6003]", "tcp://10.0.0.1:6003 twice"),
        ("[tcp://localhost:1, tcp://127.0.0.1:1]", "every dispatcher once"), ("[ipc:///a, '']", "is '',"),
        ("10.0.0.1:6003", "ipc://PATH or tcp://HOST:PORT"), ("tcp://10.0.0.1", "ipc://PATH or tcp://HOST:PORT"),
        ("'tcp://*:6003'", "ipc://PATH or tcp://HOST:PORT"), ("[{a: b}]", "a list of other things"),
        ("[\((1...33).map { "tcp://10.0.0.\($0):1" }.joined(separator: ", "))]", "32 at most"),
    ])
    func dispatchersThatCannotBeAreRefused(value: String, message: String) throws {
        let error = try #require(throws: Learner.ConfigurationError.self) {
            try load(yaml: "cluster: {dispatcher: \(value)}")
        }
        #expect("\(error)".contains("cluster.dispatcher") && "\(error)".contains(message))
    }

    @Test func anUnknownKeyIsRefusedWithItsLineAndTheNearestOne() throws {
        let error = try #require(throws: Learner.ConfigurationError.self) {
            try load(yaml: "ppo:\n  discount: 1\n  clip_epsilom: 0.1\n")
        }
        #expect(
            error.description.contains(":3: there is no key \"ppo.clip_epsilom\"; did you mean \"ppo.clip_epsilon\"?")
        )
    }

    @Test func aValueOfTheWrongKindIsRefusedByName() throws {
        let error = try #require(throws: Learner.ConfigurationError.self) {
            try load(yaml: "run:\n  iterations: many\n")
        }
        #expect(error.description.contains("run.iterations is \"many\", expected a number"))
        let fraction = try #require(throws: Learner.ConfigurationError.self) {
            try load(yaml: "run: {iterations: 1.5}")
        }
        #expect(fraction.description.contains("run.iterations"))
    }

    @Test(arguments: [
        ("rollout.temperature=0", "rollout.temperature"), ("data.task=chess", "data.task"),
        ("ppo.clip_epsilon=2", "clip_epsilon"), ("run.staleness=-1", "run.staleness"),
    ])
    func aValueOutOfRangeIsRefusedByName(override: String, key: String) throws {
        let error = try #require(throws: Learner.ConfigurationError.self) { try load(yaml: "", overrides: [override]) }
        #expect(error.description.contains(key))
    }

    /// Every text of the configuration that is one of a few names says which, wherever in it it stands.
    @Test func aNameThatIsNoChoiceIsRefusedWithTheChoices() throws {
        func texts(_ value: Any, _ path: String) -> [String] {
            if let section = value as? [String: Any] {
                return section.flatMap { texts($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
            }
            return value is String ? [path] : []
        }
        let defaults = try JSONSerialization.jsonObject(with: JSONEncoder().encode(RunConfiguration()))
        var refused: [String] = []
        for key in texts(defaults, "") {
            do { _ = try load(yaml: "run: {seed: 1}", overrides: ["\(key)=nonsense"]) } catch {
                refused.append(key)
                // Where a run listens is no choice.
                if ["cluster.endpoint", "cluster.dispatcher", "monitoring.listen"].contains(key) { continue }
                #expect("\(error)".contains("one of "), "\(error)")
            }
        }
        #expect(refused.count >= 12, "\(refused)")
        let error = #expect(throws: Learner.ConfigurationError.self) { try load(yaml: "ppo: {kl_estimator: k4}") }
        #expect(error.map { "\($0)".contains("one of k1, k2, k3; did you mean k1?") } == true)
        #expect(throws: Learner.ConfigurationError.self) { try load(yaml: "model: {position_bias: far}") }
    }

    @Test func keysWithoutADefaultCanBeSetAndUnset() throws {
        #expect(try load(yaml: "ppo: {target_kl: 0.05}").ppo.targetKL == 0.05)
        #expect(try load(yaml: "ppo: {target_kl: 0.05}", overrides: ["ppo.target_kl=null"]).ppo.targetKL == nil)
    }

    /// 200 iterations × 2 epochs × (64 prompts / (128 / 8) prompts per minibatch) = 1600 gradient steps.
    @Test func aLinearDecayThatNamesNoEndEndsWithTheRun() throws {
        var loader = try ConfigurationLoader(base: .builtinRun)
        #expect(try loader.finish().optimizer.schedule.totalSteps == 1601)
        try loader.merge(override: "run.iterations=100")
        #expect(try loader.finish().optimizer.schedule.totalSteps == 801)
        try loader.merge(override: "optimizer.schedule.total_steps=5000")
        #expect(try loader.finish().optimizer.schedule.totalSteps == 5000)
    }

    @Test func whatIsPrintedCanBeReadBack() throws {
        var configuration = RunConfiguration.builtinRun
        configuration.run.seed = 99
        configuration.optimizer.schedule.totalSteps = 1601
        #expect(try load(yaml: configuration.yaml()) == configuration)
    }

    @Test func roundedWeightsAreForRunsThatTakeThePolicyThatSampledIntoAccount() throws {
        let error = try #require(throws: Learner.ConfigurationError.self) {
            try load(yaml: "", overrides: ["cluster.weight_encoding=bf16", "run.staleness=0"])
        }
        #expect(error.description.contains("cluster.weight_encoding"))
        #expect(error.description.contains("run.staleness"))
        for encoding in ["fp32", "delta"] {
            _ = try load(yaml: "", overrides: ["cluster.weight_encoding=\(encoding)", "run.staleness=0"])
        }
        for encoding in ["bf16", "bf16_delta"] {
            _ = try load(yaml: "", overrides: ["cluster.weight_encoding=\(encoding)", "run.staleness=1"])
        }
        let typo = try #require(throws: Learner.ConfigurationError.self) {
            try load(yaml: "", overrides: ["cluster.weight_encoding=dleta"])
        }
        #expect(typo.description.contains("did you mean delta?"))
    }

    @Test func anIPv6EndpointStandsInBrackets() throws {
        let endpoints = try LearnerEndpoints(base: "tcp://[::1]:6000")
        #expect(endpoints.control == "tcp://[::1]:6000")
        #expect(endpoints.executors == "tcp://[::1]:6004")
        #expect(LearnerEndpoints.advertised(endpoints.bulk) == "tcp://*:6001")
        _ = try load(yaml: "", overrides: ["cluster.endpoint=tcp://[::1]:6000", "cluster.insecure=true"])
        for wrong in ["tcp://::1:6000", "tcp://[::1:6000", "tcp://:6000", "tcp://[::1]", "tcp://[2001:db8::1]:6000"] {
            #expect(throws: Learner.ConfigurationError.self) {
                try load(yaml: "", overrides: ["cluster.endpoint=\(wrong)", "cluster.insecure=true"])
            }
        }
    }

    @Test func anEndpointOffTheMachineIsRefusedBeforeAnythingStarts() throws {
        let error = try #require(throws: Learner.ConfigurationError.self) {
            try load(yaml: "", overrides: ["cluster.endpoint=tcp://192.0.2.1:5000"])
        }
        #expect(error.description.contains("cluster.endpoint"))
    }
}
