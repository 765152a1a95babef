internal import Checkpoints
internal import Foundation
internal import GRDB
internal import Telemetry
internal import Tensors
internal import Transformer
internal import Programs

/// Where two runs part: the first iteration, completion, metric and tensor that differ.
package struct RunComparison: Sendable, Encodable {
    /// One thing that differs.
    package struct Difference: Sendable, Encodable {
        /// `setting`, `rollout`, `metric`, `weights` or `tensor`.
        package var kind: String
        /// Iterations done when it was first seen; nil for settings.
        package var step: Int?
        package var name: String
        package var first: String
        package var second: String
    }

    /// Settings first; then one of each kind, in the order of the iterations.
    package private(set) var differences: [Difference] = []
    /// Iterations that both runs have done.
    package private(set) var steps = 0

    /// Whether the runs did the same, whatever their settings were called.
    package var isSame: Bool { !differences.contains { $0.kind != "setting" } }

    /// Compares two run directories.
    ///
    /// - Throws: when one of them is no run directory.
    package init(_ first: RunDirectory, _ second: RunDirectory) throws {
        differences += try Self.settings(first, second)
        var found: [Difference] = []
        if let rollout = try Self.rollouts(first, second) { found.append(rollout) }
        let weights = try (Self.weights(first), Self.weights(second))
        steps = Set(weights.0.keys).intersection(weights.1.keys).count
        let common = weights.0.keys.filter { weights.1[$0] != nil }.sorted()
        if let step = common.first(where: { weights.0[$0] != weights.1[$0] }) {
            found.append(
                Difference(
                    kind: "weights",
                    step: step + 1,
                    name: "SHA-256",
                    first: weights.0[step] ?? "",
                    second: weights.1[step] ?? ""
                )
            )
        }
        if let metric = try Self.metrics(first, second) { found.append(metric) }
        if let tensor = try Self.tensors(first, second) { found.append(tensor) }
        differences += found.sorted { ($0.step ?? 0, Self.order($0)) < ($1.step ?? 0, Self.order($1)) }
    }

    /// Completions come before what is made of them.
    private static func order(_ difference: Difference) -> Int {
        ["rollout", "metric", "weights", "tensor"].firstIndex(of: difference.kind) ?? 0
    }

    private static func settings(_ a: RunDirectory, _ b: RunDirectory) throws -> [Difference] {
        func leaves(_ run: RunDirectory) throws -> [String: String] {
            guard let text = try? String(contentsOf: run.configuration, encoding: .utf8) else {
                throw LearnerError.runDirectory(
                    path: run.url.path,
                    reason: "is not a run directory: it has no config.yaml"
                )
            }
            var found: [String: String] = [:]
            var sections: [String] = []
            for line in text.split(separator: "\n") {
                let depth = line.prefix { $0 == " " }.count / 2
                let parts = line.drop { $0 == " " }.split(separator: ":", maxSplits: 1)
                sections = sections.prefix(depth) + [String(parts.first ?? "")]
                if parts.count == 2, !parts[1].allSatisfy({ $0 == " " }) {
                    found[sections.joined(separator: ".")] = parts[1].trimmingCharacters(in: .whitespaces)
                }
            }
            return found
        }
        let (left, right) = try (leaves(a), leaves(b))
        let names = Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }.sorted()
        return names.map {
            Difference(kind: "setting", step: nil, name: $0, first: left[$0] ?? "absent", second: right[$0] ?? "absent")
        }
    }

    /// SHA-256 of the weights after each iteration, by iteration.
    package static func weights(_ run: RunDirectory) throws -> [Int: String] {
        guard FileManager.default.fileExists(atPath: run.ledger.path) else { return [:] }
        var options = Configuration()
        options.readonly = true
        let database = try DatabaseQueue(path: run.ledger.path, configuration: options)
        return try database.read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT step, weights FROM iterations")
            return Dictionary(rows.map { ($0["step"], $0["weights"]) }) { $1 }
        }
    }

    /// Numbers by iterations done, without those that say how long something took or who did it.
    package static func learntMetrics(_ run: RunDirectory) throws -> [Int: [String: Double]] {
        guard FileManager.default.fileExists(atPath: run.metrics.path) else { return [:] }
        var result: [Int: [String: Double]] = [:]
        for record in try RunLog.read(run.metrics) {
            result[record.step, default: [:]].merge(record.metrics.filter { isLearnt($0.key) }) { $1 }
        }
        return result
    }

    /// Whether a metric is a function of the seed, the settings and the verdicts.
    package static func isLearnt(_ name: String) -> Bool {
        let prefixes = ["critic/", "actor/", "reward/", "response", "prompt_length/", "training/", "val/", "sft/loss"]
        let others = ["rollout/flat_groups", "rollout/left_out", "rollout/refilled_prompts", "perf/total_num_tokens"]
        return prefixes.contains { name.hasPrefix($0) } || name.hasPrefix("executor/verdict/") || others.contains(name)
    }

    /// The first metric that differs between two iterations, in the order of names.
    package static func difference(_ a: [String: Double], _ b: [String: Double]) -> (name: String, Double?, Double?)? {
        let names = Set(a.keys).union(b.keys).sorted()
        let name = names.first { name in
            guard let x = a[name], let y = b[name] else { return true }
            return x != y && !(x.isNaN && y.isNaN)
        }
        return name.map { ($0, a[$0], b[$0]) }
    }

    private static func metrics(_ a: RunDirectory, _ b: RunDirectory) throws -> Difference? {
        let (left, right) = try (learntMetrics(a), learntMetrics(b))
        for step in left.keys.filter({ right[$0] != nil }).sorted() {
            guard let (name, x, y) = difference(left[step] ?? [:], right[step] ?? [:]) else { continue }
            return Difference(kind: "metric", step: step, name: name, first: text(x), second: text(y))
        }
        return nil
    }

    private static func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "absent" }

    private static func rollouts(_ a: RunDirectory, _ b: RunDirectory) throws -> Difference? {
        guard let left = try? Data(contentsOf: a.rollouts, options: .alwaysMapped),
            let right = try? Data(contentsOf: b.rollouts, options: .alwaysMapped)
        else { return nil }
        let decoder = JSONDecoder()
        for (x, y) in zip(left.split(separator: 10), right.split(separator: 10)) where x != y {
            let (first, second) = try (decoder.decode(ReplayRow.self, from: x), decoder.decode(ReplayRow.self, from: y))
            guard let (field, values) = first.firstLearntDifference(from: second) else { continue }
            return Difference(
                kind: "rollout",
                step: first.step + 1,
                name: "slot \(first.trajectory.slot): \(field)",
                first: values.0,
                second: values.1
            )
        }
        return nil
    }

    /// The first tensor that differs in the earliest checkpoint of both that differs.
    private static func tensors(_ a: RunDirectory, _ b: RunDirectory) throws -> Difference? {
        func folders(_ run: RunDirectory) -> [Int: URL] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: run.checkpoints.path)) ?? []
            let steps = names.compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst("step-".count)) : nil }
            return Dictionary(steps.map { ($0, CheckpointDirectory.url(ofStep: $0, in: run.url)) }) { $1 }
        }
        let (left, right) = (folders(a), folders(b))
        for step in left.keys.filter({ right[$0] != nil }).sorted() {
            guard let x = left[step], let y = right[step] else { continue }
            let (first, second) = try (PolicyModel.load(from: x.path), PolicyModel.load(from: y.path))
            guard first.parameters.configuration == second.parameters.configuration else {
                return Difference(kind: "tensor", step: step, name: "config.json", first: x.path, second: y.path)
            }
            // Every element is looked at: a NaN differs from itself, its bits do not.
            for entry in first.parameters.entries {
                for i in entry.offset..<entry.offset + entry.count {
                    let (p, q) = unsafe (first.parameters.buffer.base[i], second.parameters.buffer.base[i])
                    guard p.bitPattern != q.bitPattern else { continue }
                    return Difference(
                        kind: "tensor",
                        step: step,
                        name: "\(entry.name), element \(i - entry.offset)",
                        first: "\(p)",
                        second: "\(q)"
                    )
                }
            }
        }
        return nil
    }
}

extension ReplayRow {
    /// The first field that learning depends on and that differs; how long the judge took is not one.
    func firstLearntDifference(from other: ReplayRow) -> (field: String, values: (String, String))? {
        let (a, b) = (trajectory, other.trajectory)
        func differ<T: Equatable>(_ x: T, _ y: T) -> (String, String)? { x == y ? nil : ("\(x)", "\(y)") }
        let fields: [(String, (String, String)?)] = [
            ("step", differ(step, other.step)), ("slot", differ(a.slot, b.slot)),
            ("problem_id", differ(a.problemID, b.problemID)), ("source_ids", differ(a.source, b.source)),
            ("tokens", differ(a.tokens, b.tokens)), ("text", differ(a.text, b.text)),
            ("logprobs", differ(a.behaviourLogProbabilities, b.behaviourLogProbabilities)),
            ("reference_logprobs", differ(a.referenceLogProbabilities, b.referenceLogProbabilities)),
            ("values", differ(a.values, b.values)), ("supports", differ(a.supports, b.supports)),
            ("verdict", differ(a.verdict.outcome.rawValue, b.verdict.outcome.rawValue)),
            ("score", differ(a.score, b.score)),
            ("token_rewards", differ(a.tokenRewards, b.tokenRewards)),
            ("idle_tokens", differ(a.idleTokens, b.idleTokens)),
            ("greedy_score", differ(a.greedyScore, b.greedyScore)), ("version", differ(a.version, b.version)),
            ("masked", differ(a.masked, b.masked)),
        ]
        return fields.lazy.compactMap { name, values in values.map { (name, $0) } }.first
    }
}
