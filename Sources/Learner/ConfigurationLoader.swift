internal import Foundation
internal import Programs
internal import Rewards
internal import Yams

/// Builds a ``RunConfiguration`` from its defaults, a YAML file, environment variables and `key=value` overrides, in
/// that order.
///
/// A key that does not exist is refused with the nearest one that does.
package struct ConfigurationLoader {
    private var tree: JSONValue
    private let schema: JSONValue
    private var changes: [(path: [String], value: JSONValue, source: String, text: String)] = []

    /// - Parameter base: what is used where nothing else is said.
    /// - Throws: ``ConfigurationError/unreadable(file:reason:)`` when `base` cannot be encoded.
    package init(base: RunConfiguration = RunConfiguration()) throws(ConfigurationError) {
        do {
            tree = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(base))
        } catch {
            throw .unreadable(file: "defaults", reason: "\(error)")
        }
        // Keys without a default are absent from the encoded defaults.
        let optional = ["target_kl", "clip_epsilon_high", "dual_clip", "value_lambda"].map { ["ppo", $0] }
        for path in optional + [["optimizer", "schedule", "total_steps"]] {
            tree = Self.adding(tree, path: path[...])
        }
        schema = tree
    }

    /// Merges a YAML file.
    package mutating func merge(yamlFile path: String) throws(ConfigurationError) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw .unreadable(file: path, reason: "cannot be read (\(error.localizedDescription))")
        }
        let node: Node?
        do { node = try Yams.compose(yaml: text) } catch { throw .unreadable(file: path, reason: "\(error)") }
        guard let node else { return }
        guard case .mapping(let mapping) = node else {
            throw .unreadable(file: path, reason: "expected sections such as `ppo:`, found \(Self.kind(of: node))")
        }
        try merge(mapping, at: [], source: path)
    }

    private mutating func merge(_ mapping: Node.Mapping, at path: [String], source: String) throws(ConfigurationError) {
        for (keyNode, value) in mapping {
            let key = keyNode.string ?? ""
            let line = keyNode.mark.map { "\(source):\($0.line)" } ?? source
            let full = path + [key]
            if case .mapping(let inner) = value {
                guard case .object = try existing(full, source: line) else {
                    throw .wrongType(
                        key: full.joined(separator: "."),
                        source: line,
                        expected: "a value",
                        found: "a section"
                    )
                }
                try merge(inner, at: full, source: source)
            } else {
                try set(full, to: value, source: line)
            }
        }
    }

    /// Merges `PPOCODER_SECTION__KEY=value` variables.
    package mutating func merge(environment: [String: String]) throws(ConfigurationError) {
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("PPOCODER_") && name.contains("__") {
            let path = name.dropFirst("PPOCODER_".count).lowercased().components(separatedBy: "__")
            try set(path, toText: value, source: "environment variable \(name)")
        }
    }

    /// Merges one `section.key=value`.
    package mutating func merge(override text: String) throws(ConfigurationError) {
        guard let equals = text.firstIndex(of: "=") else {
            throw .unreadable(file: "--set \(text)", reason: "expected section.key=value")
        }
        let path = text[..<equals].split(separator: ".").map(String.init)
        try set(path, toText: String(text[text.index(after: equals)...]), source: "--set")
    }

    /// What `data.task` is so far.
    package var task: String {
        guard case .object(let sections) = tree, case .object(let data)? = sections["data"],
            case .string(let task)? = data["task"]
        else { return "" }
        return task
    }

    /// The finished configuration, its ranges checked.
    package func finish() throws(ConfigurationError) -> RunConfiguration {
        guard var configuration = Self.decode(tree) else {
            // The decoder does not always say which value it could not take: each is tried alone.
            for change in changes
            where Self.decode(Self.replacing(schema, path: change.path[...], with: change.value)) == nil {
                let key = change.path.joined(separator: ".")
                throw .wrongType(
                    key: key,
                    source: change.source,
                    expected: configurationChoices[key]?(change.text) ?? "a value of the kind its default has",
                    found: change.text
                )
            }
            throw .unreadable(file: "configuration", reason: "its values do not fit together")
        }
        configuration.completeSchedule()
        try configuration.validate()
        return configuration
    }

    private static func decode(_ tree: JSONValue) -> RunConfiguration? {
        guard let data = try? JSONEncoder().encode(tree) else { return nil }
        return try? JSONDecoder().decode(RunConfiguration.self, from: data)
    }

    private mutating func set(_ path: [String], toText text: String, source: String) throws(ConfigurationError) {
        let node: Node?
        do { node = try Yams.compose(yaml: text) } catch { throw .unreadable(file: source, reason: "\(error)") }
        try set(path, to: node ?? Node(""), source: source)
    }

    private mutating func set(_ path: [String], to node: Node, source: String) throws(ConfigurationError) {
        let name = path.joined(separator: ".")
        let old = try existing(path, source: source)
        let new: JSONValue
        switch old {
        case _ where Self.lists.contains(path):
            new = try Self.list(node, name, source)
        case .bool:
            guard let value = node.bool else { throw Self.wrong(name, source, "true or false", node) }
            new = .bool(value)
        case .integer, .number:
            if let value = node.int {
                new = .integer(value)
            } else if let value = node.float {
                new = .number(value)
            } else {
                throw Self.wrong(name, source, "a number", node)
            }
        case .string:
            guard let value = node.string else { throw Self.wrong(name, source, "text", node) }
            new = .string(value)
        case .object:
            throw Self.wrong(name, source, "a section", node)
        case .null:
            if let value = node.int {
                new = .integer(value)
            } else if let value = node.float {
                new = .number(value)
            } else if node.null != nil {
                new = .null
            } else {
                throw Self.wrong(name, source, "a number or nothing", node)
            }
        case .array:
            throw Self.wrong(name, source, "a value that can be set", node)
        }
        changes.append((path, new, source, node.string ?? ""))
        if path == ["reward", "preset"] { try choosePreset(new, source: source) }
        tree = Self.replacing(tree, path: path[...], with: new)
    }

    /// Puts a preset's values under `reward`; what was or will be set there by its own key still holds.
    private mutating func choosePreset(_ value: JSONValue, source: String) throws(ConfigurationError) {
        guard case .string(let name) = value, let preset = RewardPreset(rawValue: name),
            let data = try? JSONEncoder().encode(RewardConfiguration(preset: preset)),
            let section = try? JSONDecoder().decode(JSONValue.self, from: data)
        else {
            let found = if case .string(let text) = value { "\"\(text)\"" } else { "no text" }
            let expected = "one of \(RewardPreset.names)"
            throw .wrongType(key: "reward.preset", source: source, expected: expected, found: found)
        }
        tree = Self.replacing(tree, path: ["reward"], with: section)
        for change in changes where change.path.first == "reward" {
            tree = Self.replacing(tree, path: change.path[...], with: change.value)
        }
    }

    private func existing(_ path: [String], source: String) throws(ConfigurationError) -> JSONValue {
        var value = schema
        for (depth, part) in path.enumerated() {
            guard case .object(let members) = value, let next = members[part] else {
                throw .unknownKey(
                    path.prefix(depth + 1).joined(separator: "."),
                    source: source,
                    nearest: nearestName(to: path.joined(separator: "."), among: Self.leaves(schema))
                )
            }
            value = next
        }
        return value
    }

    /// Keys whose value is one text or a list of texts.
    private static let lists = [["cluster", "dispatcher"]]

    private static func list(_ node: Node, _ name: String, _ source: String) throws(ConfigurationError) -> JSONValue {
        let expected = "an endpoint, a list of endpoints, or nothing ('') for the learner's own dispatcher"
        guard case .sequence(let sequence) = node else {
            guard let text = node.string else { throw wrong(name, source, expected, node) }
            return .string(text)
        }
        let texts = sequence.compactMap(\.string)
        guard texts.count == sequence.count, !texts.isEmpty else {
            let found = sequence.isEmpty ? "an empty list" : "a list of other things"
            throw .wrongType(key: name, source: source, expected: expected, found: found)
        }
        return texts.count == 1 ? .string(texts[0]) : .array(texts.map { .string($0) })
    }

    private static func wrong(_ key: String, _ source: String, _ expected: String, _ node: Node) -> ConfigurationError {
        .wrongType(
            key: key,
            source: source,
            expected: expected,
            found: node.string.map { "\"\($0)\"" } ?? kind(of: node)
        )
    }

    private static func kind(of node: Node) -> String {
        switch node {
        case .mapping: "a section"
        case .sequence: "a list"
        default: "a single value"
        }
    }

    private static func leaves(_ value: JSONValue, prefix: String = "") -> [String] {
        guard case .object(let members) = value else { return [prefix] }
        return members.keys.sorted().flatMap { key in
            leaves(members[key] ?? .null, prefix: prefix.isEmpty ? key : "\(prefix).\(key)")
        }
    }

    /// `tree` with null at `path`, unless something is there.
    private static func adding(_ tree: JSONValue, path: ArraySlice<String>) -> JSONValue {
        guard let head = path.first, case .object(var members) = tree else { return tree }
        members[head] =
            path.count == 1 ? members[head] ?? .null : adding(members[head] ?? .null, path: path.dropFirst())
        return .object(members)
    }

    private static func replacing(_ tree: JSONValue, path: ArraySlice<String>, with value: JSONValue) -> JSONValue {
        guard let head = path.first, case .object(var members) = tree else { return value }
        members[head] = replacing(members[head] ?? .null, path: path.dropFirst(), with: value)
        return .object(members)
    }
}

/// The element of `names` with the least edit distance to `name`, or nil if none is near.
package func nearestName(to name: String, among names: [String]) -> String? {
    let best = names.map { (name: $0, distance: editDistance(Array(name.utf8), Array($0.utf8))) }
        .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let best, best.distance <= max(3, name.utf8.count / 2) else { return nil }
    return best.name
}
