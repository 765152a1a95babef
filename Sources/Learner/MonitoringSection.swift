/// What others may see of a run while it goes on.
package struct MonitoringSection: Codable, Sendable, Equatable {
    /// Where the learner serves the dashboard, `/metrics` and `/healthz`; empty: nowhere.
    package var listen = ""
    /// Write every span of learner, rollout workers and executors to `trace.jsonl`.
    package var trace = false
}
