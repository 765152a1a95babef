import Foundation
import Telemetry
import Testing

import Dashboard

struct WarningTests {
    static func history(_ folder: RunFolder, steps: Int, _ values: (Int) -> [String: Double]) throws -> MetricHistory {
        let log = try RunLog(url: folder.url.appending(path: "metrics.jsonl"))
        for step in 1...steps { try log.append(step: step, time: 0, metrics: values(step)) }
        var history = MetricHistory(url: folder.url.appending(path: "metrics.jsonl"))
        _ = history.refresh()
        return history
    }

    @Test func aRunThatLearnsRaisesNothing() throws {
        let history = try Self.history(RunFolder(), steps: 60) { step in
            [
                "reward/pass_rate": 0.5 + Double(step) / 200, "critic/score/mean": Double(step) / 60,
                "executor/infra_error_rate": step == 30 ? 0.2 : 0, "actor/entropy": 0.03 - Double(step) / 3000,
            ]
        }
        #expect(runWarnings(history).isEmpty)
    }

    @Test func aCollapseAndAClusterThatFailsAreTold() throws {
        let history = try Self.history(RunFolder(), steps: 60) { step in
            [
                "reward/pass_rate": step < 40 ? 0.8 : 0.1, "actor/entropy": step < 40 ? 0.5 : 0.001,
                "executor/infra_error_rate": step < 40 ? 0 : 0.5,
            ]
        }
        #expect(runWarnings(history).map(\.kind) == ["infrastructure", "collapse", "collapse"])
        #expect(runWarnings(history)[1].text == "the pass rate fell to 10 % from 80 %")
    }

    @Test func aScoreThatRisesWhileFewerProgramsPassIsSuspicious() throws {
        let history = try Self.history(RunFolder(), steps: 40) { step in
            ["reward/pass_rate": step < 20 ? 0.6 : 0.5, "critic/score/mean": step < 20 ? 1 : 2]
        }
        #expect(runWarnings(history).map(\.kind) == ["suspicion"])
    }

    @Test func theRoleThatIdlesLeastSetsThePace() {
        let latest = ["idle/learner_ratio": 0.6, "idle/rollout_ratio": 0.1, "idle/executor_ratio": 0.9]
        #expect(
            bottleneck(latest)
                == "the rollout workers set the pace: idle 10 %; learner idle 60 %, executors idle 90 %"
        )
        #expect(bottleneck([:]) == nil)
    }
}
