extension MetricName {
    /// `docs/metrics.md`, made of the table.
    package static var page: String {
        var text = preface
        for (heading, rows) in sections {
            var table = Table(
                columns: ["name", "Prometheus", "unit", "meaning"],
                alignments: [.left, .left, .left, .left]
            )
            for row in rows {
                let metric = MetricName(name: row.0, unit: row.1, meaning: row.2)
                table.addRow([
                    "`\(metric.name)`", "`\(metric.prometheusName)`", metric.unit.rawValue, metric.meaning,
                ])
            }
            text += "\n## \(heading)\n\n\(table.markdown)"
        }
        return text + notes
    }

    private static let preface = """
        # Metrics

        A run writes its numbers to `metrics.jsonl` in the run directory, one JSON object per line and step
        (`{"step":12,"time":1700000000.5,"critic/score/mean":0.31,…}`, time in seconds since 1970, a number that is not finite
        as null), and to TensorBoard files in `tensorboard/`. An evaluation and a checkpoint are lines of their own. The warm
        start writes `sft/sft-metrics.jsonl`. Where verl has a name for a number, the name is verl's.

        The learner serves the newest numbers at `/metrics`, with `/healthz` beside it, where `monitoring.listen` says; a
        rollout worker and an executor do where `--metrics ADDRESS` says. Names there have the prefix `ppocoder_`, `_` for
        every other sign, and units written out; labels are `role`, `worker` and `host`.
        [docs/grafana.json](grafana.json) is a Grafana dashboard of them. A loopback address needs no token; any other needs
        `PPOCODER_MONITORING_TOKEN`, which Prometheus sends as `authorization: credentials`.

        A number that does not exist (a mean over nothing) is absent, never 0. A `ratio` is a share from 0 to 1; unit `1` is a
        number without a unit. A resumed run's records after its checkpoint are removed first, because they are made again.

        This page is made of `MetricName` in `Sources/Telemetry/MetricTable.swift`; a test compares the two, and writes the page
        when `PPOCODER_WRITE_DOCS=1` is set.

        """

    private static let notes = """

        ## Read with care

        - `perf/throughput` is the completions' tokens over the time of the whole iteration, sampling included, and is `tok/s` of
          the progress line.
        - `executor/retries`, `executor/cache_hit_rate`, `rollout/shards_reassigned`, `rollout/duplicates_dropped` and
          `transport/refused` count since the learner started, not since the last step.
        - `actor/grad_norm` is of the policy's gradient and `critic/grad_norm` of the value head's: each is clipped by itself.
        - `idle/*` are shares of the iteration from the wait for its rollouts to the publication of its weights; evaluations and
          checkpoints are outside. A rollout worker is busy while it samples, also while that shard waits for another one of its own
          or for weights; an executor's slot is busy while it holds a lease, however small the program.
        - `timing_s/metrics` is what all of this costs the learner: 1.6 ms of a 2.0 s iteration of the default run (median of 200,
          on a busy machine), 0.09 %; the rows that the rollout browser reads are `timing_s/ledger`.
        - At staleness 0 `training/rollout_log_prob_diff_max` is expected to be exactly 0 when sampler and learner run on the same
          kind of processor.

        """
}
