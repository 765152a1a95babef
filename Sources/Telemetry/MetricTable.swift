/// A row of the table: name, unit, meaning.
typealias MetricRow = (String, MetricUnit, String)

extension MetricName {
    static let learning: [MetricRow] = [
        ("critic/score/mean", .plain, "terminal score of a completion, KL penalty not included, batch mean"),
        ("critic/score/max", .plain, "greatest terminal score of the batch"),
        ("critic/score/min", .plain, "least terminal score of the batch"),
        ("critic/rewards/mean", .plain, "sum of a completion's token rewards, KL penalty included, batch mean"),
        ("critic/rewards/max", .plain, "greatest sum of token rewards of the batch"),
        ("critic/rewards/min", .plain, "least sum of token rewards of the batch"),
        ("critic/advantages/mean", .plain, "advantage after whitening, mean over tokens"),
        ("critic/advantages/max", .plain, "greatest advantage after whitening"),
        ("critic/advantages/min", .plain, "least advantage after whitening"),
        ("critic/returns/mean", .plain, "return, mean over tokens"),
        ("critic/returns/max", .plain, "greatest return"),
        ("critic/returns/min", .plain, "least return"),
        ("critic/values/mean", .plain, "value while sampling, mean over tokens"),
        ("critic/values/max", .plain, "greatest value while sampling"),
        ("critic/values/min", .plain, "least value while sampling"),
        ("critic/vf_loss", .plain, "clipped value loss, mean over the iteration's minibatches"),
        ("critic/vf_clipfrac", .ratio, "tokens whose value the clip decided"),
        ("critic/vf_explained_var", .plain, "variance of the returns that the values explain; 1 is all, 0 is none"),
        ("critic/grad_norm", .plain, "norm of the value head's gradient before clipping"),
        ("critic/lr", .plain, "learning rate of the value head"),
        ("actor/pg_loss", .plain, "clipped policy loss, mean over the iteration's minibatches"),
        ("actor/pg_clipfrac", .ratio, "tokens whose ratio the clip decided"),
        ("actor/ppo_kl", .nats, "approximate KL divergence from the behaviour policy to the current one, per token"),
        ("actor/entropy", .nats, "entropy of the policy, mean over tokens"),
        ("actor/grad_norm", .plain, "norm of the whole gradient before clipping"),
        ("actor/lr", .plain, "learning rate of the policy"),
        ("actor/reward_kl_penalty", .nats, "log-probability ratio to the reference policy, mean over tokens"),
        ("actor/reward_kl_penalty_coeff", .plain, "coefficient of the KL penalty used in this iteration"),
        (
            "actor/reward_kl_per_trajectory", .nats,
            "KL to the reference policy, sum over a completion's tokens, batch mean"
        ),
        ("actor/ratio/mean", .plain, "ratio of current to behaviour probability, mean over tokens"),
        ("actor/ratio/max", .plain, "greatest ratio of current to behaviour probability"),
        ("actor/rollout_entropy", .nats, "entropy while sampling, mean over tokens"),
        ("actor/kl_loss", .nats, "KL penalty in the loss, weighted, mean over the iteration's minibatches"),
        ("sft/held_out_loss", .nats, "cross entropy of held-out targets, mean over tokens"),
        ("sft/loss", .nats, "cross entropy of the target, mean over tokens"),
        ("sft/lr", .plain, "learning rate of the warm start"),
        ("sft/tokens_per_s", .tokensPerSecond, "target tokens learnt from per second"),
    ]

    static let lengths: [MetricRow] = [
        ("response_length/mean", .tokens, "length of a completion, EOS included, batch mean"),
        ("response_length/max", .tokens, "longest completion of the batch"),
        ("response_length/min", .tokens, "shortest completion of the batch"),
        ("response/aborted_ratio", .ratio, "completions that count in nothing because they could not be judged"),
        ("response_length/clip_ratio", .ratio, "completions that reached the length limit without EOS"),
        ("prompt_length/mean", .tokens, "length of a prompt, batch mean"),
        ("prompt_length/max", .tokens, "longest prompt of the batch"),
        ("prompt_length/min", .tokens, "shortest prompt of the batch"),
        ("prompt_length/clip_ratio", .ratio, "prompts as long as the limit, most of them cut"),
    ]

    static let agreement: [MetricRow] = [
        ("training/rollout_probs_diff_mean", .plain, "difference between sampled and learner's probability, mean"),
        ("training/rollout_probs_diff_max", .plain, "greatest difference between sampled and learner's probability"),
        ("training/rollout_log_prob_diff_max", .nats, "greatest difference between the two log-probabilities"),
        ("training/first_ratio_error_max", .plain, "greatest distance from 1 of the first minibatch's ratios"),
        ("training/off_policy/importance_weight/mean", .plain, "weight of a token for the age of its policy, mean"),
        ("training/off_policy/importance_weight/max", .plain, "greatest weight of a token for the age of its policy"),
        ("training/off_policy/trajectory_staleness/mean", .count, "versions between sampling and learning, mean"),
        ("training/off_policy/trajectory_staleness/max", .count, "most versions between sampling and learning"),
        ("training/off_policy/trajectory_staleness/min", .count, "fewest versions between sampling and learning"),
        ("training/epoch", .plain, "passes over the training problems"),
        ("training/global_step", .count, "gradient steps since the run began"),
    ]

    static let time: [MetricRow] = [
        ("timing_s/gen", .seconds, "waiting for trajectories"),
        ("timing_s/reward", .seconds, "scoring on the rollout workers, longest of the step's shards"),
        ("timing_s/adv", .seconds, "token rewards and advantages, values of a separate critic with them"),
        ("timing_s/old_log_prob", .seconds, "log-probabilities of the batch on the learner"),
        ("timing_s/update_actor", .seconds, "all minibatches of the iteration, actor and critic"),
        ("timing_s/update", .seconds, "the whole PPO update of an iteration"),
        ("timing_s/update_weights", .seconds, "making and announcing the new version"),
        ("timing_s/save_checkpoint", .seconds, "writing a checkpoint"),
        ("timing_s/testing", .seconds, "evaluation on held-out problems"),
        ("timing_s/step", .seconds, "the whole iteration"),
        (
            "timing_s/metrics", .seconds,
            "making this iteration's numbers, and writing and showing those of the one before"
        ),
        ("timing_s/ledger", .seconds, "committing the rows of the iteration before to the ledger"),
        ("perf/throughput", .tokensPerSecond, "tokens learnt from per second of the iteration, one learner"),
        ("perf/total_num_tokens", .tokens, "completion tokens of the iteration"),
        ("perf/time_per_step", .seconds, "the whole iteration, as verl names it"),
        ("perf/programs_per_s", .programsPerSecond, "verdicts per second of the iteration"),
        ("perf/peak_memory", .bytes, "the learner's greatest resident memory"),
        ("process/cpu_s", .seconds, "CPU time of the process since it started; on /metrics only"),
        ("process/peak_memory", .bytes, "greatest resident memory of the process; on /metrics only"),
    ]

    static let rewards: [MetricRow] = [
        ("reward/execution/mean", .plain, "execution term before its weight"),
        ("reward/ast_match/mean", .plain, "syntax-tree term before its weight"),
        ("reward/dataflow_match/mean", .plain, "data-flow term before its weight"),
        ("reward/adaptive/mean", .plain, "partial-credit term, before weighting"),
        ("reward/overlong/mean", .plain, "overlong term, before weighting"),
        ("reward/kl/mean", .plain, "KL penalty of a completion, weighted by its coefficient, batch mean"),
        ("reward/pass_rate", .ratio, "completions accepted by all their tests"),
        ("reward/compile_rate", .ratio, "completions that compile"),
        ("reward/tests_passed_rate", .ratio, "tests passed, of all tests of the batch"),
        ("reward/empty_rate", .ratio, "completions with no program in them"),
    ]

    static let executors: [MetricRow] =
        [
            "accepted", "wrong_answer", "runtime_error", "time_limit", "memory_limit", "output_limit", "compile_error",
        ].map { ("executor/verdict/\($0)_rate", .ratio, "verdicts of this kind, infrastructure failures left out") }
        + [
            ("executor/infra_error_rate", .ratio, "executions that ended in an infrastructure failure"),
            ("executor/retries", .count, "executions that were tried again elsewhere"),
            ("executor/masked_samples", .count, "completions left out of loss and statistics for want of a verdict"),
            ("executor/queue_wait_s/mean", .seconds, "wait of an execution for a free slot, mean"),
            ("executor/queue_wait_s/p95", .seconds, "wait of an execution for a free slot, 95th percentile"),
            ("executor/queue_wait_s/max", .seconds, "longest wait of an execution for a free slot"),
            ("executor/compile_s/mean", .seconds, "CPU time of the compiler, mean"),
            ("executor/run_s/mean", .seconds, "wall-clock time of a program over its tests, mean"),
            ("executor/jobs_issued", .count, "jobs taken = accepted + expired + quarantined + outstanding"),
            ("executor/jobs_accepted", .count, "jobs with a verdict"),
            ("executor/jobs_expired", .count, "jobs nobody wanted any more, or of a language nobody knows"),
            ("executor/jobs_quarantined", .count, "jobs given up because executors kept getting lost on them"),
            ("executor/jobs_outstanding", .count, "jobs waiting for an executor or with one"),
            ("executor/jobs_moved", .count, "times a program went to another of several dispatchers"),
            ("executor/jobs_hedged", .count, "second leases given to jobs that took long"),
            ("executor/untrusted", .count, "executors that are being tried or were found wanting"),
            ("executor/verdicts", .count, "programs that the executor judged; on its /metrics only"),
            ("executor/slots_total", .count, "slots of all live executors"),
            ("executor/slots_busy", .count, "slots with a leased program, mean over the iteration; on /metrics now"),
            ("executor/utilization", .ratio, "the iteration's slot time with a leased program"),
            ("executor/joined", .count, "executors that joined since the last step"),
            ("executor/left", .count, "executors that said goodbye since the last step"),
            ("executor/lost", .count, "executors whose lease lapsed since the last step"),
            ("executor/cache_hit_rate", .ratio, "executions whose compiled program was there already"),
        ]

    static let cluster: [MetricRow] = [
        ("rollout/flat_groups", .count, "prompts whose completions all earned the same"),
        ("rollout/left_out", .count, "judged completions that are not learnt from: cut off, or of flat prompts"),
        ("rollout/refilled_prompts", .count, "flat prompts that were replaced by new ones"),
        ("rollout/tokens_per_busy_s", .tokensPerSecond, "tokens sampled per second of a worker's sampling"),
        ("rollout/shards_done", .count, "shards that the worker finished; on its /metrics only"),
        ("rollout/tokens_done", .tokens, "tokens that the worker sampled; on its /metrics only"),
        ("rollout/generation_s", .seconds, "the worker's time of sampling; on its /metrics only"),
        ("rollout/execution_s", .seconds, "the worker's wait for verdicts; on its /metrics only"),
        ("rollout/weights_refused", .count, "chunks of weights that were not the learner's; on its /metrics only"),
        ("rollout/programs_moved", .count, "times a program went to another dispatcher; on the worker's /metrics only"),
        (
            "rollout/dispatchers_silent", .count,
            "dispatchers that say nothing, of several; on the worker's /metrics only"
        ),
        ("rollout/relay_detours", .count, "times the worker passed its relay of weights over; on its /metrics only"),
        ("relay/chunks_fetched", .count, "chunks of weights that a relay fetched; on its /metrics only"),
        ("relay/bytes_fetched", .bytes, "what they had in the form in which they came; on its /metrics only"),
        ("relay/chunks_served", .count, "chunks of weights that a relay handed on; on its /metrics only"),
        ("relay/chunks_refused", .count, "chunks that were not what its receivers expect; on its /metrics only"),
        ("relay/detours", .count, "times the relay passed a source of weights over; on its /metrics only"),
        ("rollout/workers", .count, "rollout workers with a live registration"),
        ("rollout/shards_reassigned", .count, "shards leased again because a lease lapsed"),
        ("rollout/duplicates_dropped", .count, "second copies of a shard that were dropped"),
        ("rollout/sampling_s", .seconds, "time workers took for sampling, sum of shards"),
        ("rollout/shards_issued", .count, "shards asked for = accepted + expired + quarantined + outstanding"),
        ("rollout/shards_accepted", .count, "shards whose results are in the ledger"),
        ("rollout/shards_expired", .count, "shards withdrawn without a result"),
        ("rollout/shards_quarantined", .count, "shards given up"),
        ("rollout/shards_outstanding", .count, "shards waiting, being computed or being written"),
        ("weights/version", .count, "version of the weights made by this iteration"),
        ("weights/bytes_full", .bytes, "size of a version"),
        ("weights/bytes_sent", .bytes, "weight bytes sent in this iteration, all workers"),
        ("weights/lag_max", .count, "versions by which the slowest worker is behind"),
        ("transport/bytes_in", .bytes, "received from rollout workers in this iteration"),
        ("transport/bytes_out", .bytes, "sent to rollout workers in this iteration, weights with them"),
        ("transport/refused", .count, "malformed, oversized or unauthorised messages"),
        ("transport/clock_offset_max_s", .seconds, "largest difference of another process's clock from the learner's"),
        ("transport/clock_error_max_s", .seconds, "by how much the least known of these clocks may be wrong"),
        (
            "transport/clock_offset_s", .seconds,
            "what its clock is ahead of the learner's; on the process's /metrics only"
        ),
        ("transport/clock_error_s", .seconds, "by how much that may be wrong; on the process's /metrics only"),
        ("idle/learner_ratio", .ratio, "the iteration's time in which the learner waited"),
        ("idle/rollout_ratio", .ratio, "the iteration's time in which rollout workers did not sample, mean"),
        ("idle/executor_ratio", .ratio, "the iteration's slot time without a leased program"),
    ]

    static let ceiling: [MetricRow] = [
        ("val/gold/compile_rate", .ratio, "references that compile, from data.gold_ceiling"),
        ("val/gold/pass@1", .ratio, "references that pass their tests, from data.gold_ceiling"),
    ]

    static let evaluation: [MetricRow] =
        [
            ("val/greedy/exact_match", .ratio, "held-out greedy completions that are the reference"),
            ("val/problems", .count, "held-out problems whose greedy completion was judged"),
            ("val/reward_hacking", .ratio, "1 when compile rate or score has risen and what counts has not, else 0"),
        ]
        + ["greedy", "sampled"].flatMap { mode in
            [
                ("val/\(mode)/pass@1", .ratio, "held-out problems solved by one completion"),
                ("val/\(mode)/compile_rate", .ratio, "held-out completions that compile"),
                ("val/\(mode)/score", .plain, "terminal score on held-out problems, mean"),
                ("val/\(mode)/response_length", .tokens, "length of a held-out completion, mean"),
            ] as [MetricRow]
        }
}
