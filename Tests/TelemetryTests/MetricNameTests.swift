import Telemetry
import Testing

struct MetricNameTests {
    @Test func everyNameIsUniqueAndSaysWhatItMeans() {
        #expect(Set(MetricName.all.map(\.name)).count == MetricName.all.count)
        #expect(Set(MetricName.all.map(\.prometheusName)).count == MetricName.all.count)
        #expect(MetricName.all.count > 100)
        for metric in MetricName.all {
            #expect(metric.name.contains("/") && !metric.name.contains(" "))
            #expect(!metric.meaning.isEmpty && !metric.meaning.hasSuffix("."))
        }
    }

    @Test(arguments: [
        "critic/score/mean", "actor/pg_clipfrac", "actor/reward_kl_penalty_coeff", "critic/vf_explained_var",
        "response_length/clip_ratio", "training/rollout_log_prob_diff_max", "timing_s/update_weights",
        "perf/throughput", "reward/dataflow_match/mean", "executor/verdict/compile_error_rate",
        "executor/queue_wait_s/mean", "idle/executor_ratio", "val/greedy/pass@1", "val/sampled/compile_rate",
        "sft/held_out_loss",
    ])
    func theNamesPeopleLookForAreThere(name: String) { #expect(MetricName.named(name)?.name == name) }

    @Test func aMisspeltNameIsFound() {
        #expect(MetricName.unknown(in: ["actor/lr", "actor/pg_clip_frac"]) == ["actor/pg_clip_frac"])
    }

    @Test func prometheusGetsALineForEachKnownNumber() {
        let values = ["val/greedy/pass@1": 0.5, "actor/lr": 1e-5, "nobody/knows": 1, "actor/grad_norm": .infinity]
        let text = prometheusText(values, labels: ["role": "learner", "host": "a\"b"])
        #expect(text.contains("ppocoder_val_greedy_pass_1{host=\"a\\\"b\",role=\"learner\"} 0.5\n"))
        #expect(text.contains("ppocoder_actor_lr{host=\"a\\\"b\",role=\"learner\"} 1e-05\n"))
        #expect(text.contains("ppocoder_actor_grad_norm{host=\"a\\\"b\",role=\"learner\"} +Inf\n"))
        #expect(!text.contains("nobody"))
    }

    @Test func theDocumentationHasARowForEachMetric() {
        let lines = MetricName.documentation.split(separator: "\n")
        #expect(lines.count == MetricName.all.count + 2)
        #expect(lines.contains { $0.contains("`actor/ppo_kl`") && $0.contains("nat") })
    }
}
