import Foundation
import Learner
import Optimizers
import PPO
import Testing

/// docs/configuration.md says what the declarations say.
struct ConfigurationDocumentTests {
    /// One key of the page: its section, and what the page says of its default.
    private struct Entry {
        var path: String
        var plain: String
        var defaultRun: String
    }

    private static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/configuration.md")

    private func entries() throws -> [Entry] {
        var section = ""
        var hasSecondColumn = false
        var entries: [Entry] = []
        for line in try String(contentsOf: Self.page, encoding: .utf8).split(separator: "\n") {
            if line.hasPrefix("## ") {
                section = String(line.dropFirst(3))
            } else if line.hasPrefix("| key |") {
                hasSecondColumn = line.contains("| default run |")
            } else if line.hasPrefix("| `"), !section.contains(" ") {
                let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst()
                    .map { $0.trimmingCharacters(in: .whitespaces) }
                let keys = cells[0].split(separator: ",").map { $0.filter { !"` ".contains($0) } }
                let plain = cells[1].split(separator: ",").map(Self.value)
                guard plain.count == keys.count else { continue }
                let second =
                    hasSecondColumn && !cells[2].isEmpty ? cells[2].split(separator: ",").map(Self.value) : plain
                for (index, key) in keys.enumerated() {
                    entries.append(Entry(path: "\(section).\(key)", plain: plain[index], defaultRun: second[index]))
                }
            }
        }
        return entries
    }

    private static func value(_ text: some StringProtocol) -> String {
        let bare = String(text.filter { !"` ".contains($0) }).replacing("−", with: "-")
        return bare == "empty" || bare == "nothing" ? "" : Double(bare).map { "\($0)" } ?? bare
    }

    /// Every key of a configuration with its value, as the page writes them.
    private func leaves(_ configuration: RunConfiguration) throws -> [String: String] {
        var found: [String: String] = [:]
        var sections: [String] = []
        for line in try configuration.yaml().split(separator: "\n") {
            let depth = line.prefix { $0 == " " }.count / 2
            let parts = line.drop { $0 == " " }.split(separator: ":", maxSplits: 1)
            sections = sections.prefix(depth) + [String(parts[0])]
            guard parts.count == 2 else { continue }
            let text = parts[1].trimmingCharacters(in: .whitespaces)
            found[sections.joined(separator: ".")] = Self.value(text == "''" ? "" : text)
        }
        return found
    }

    @Test func everyKeyStandsOnThePageWithItsDefaults() throws {
        let entries = try entries()
        let plain = try leaves(RunConfiguration())
        let builtin = try leaves(.builtinRun)
        #expect(entries.count > 60)
        let documented = Set(entries.map(\.path))
        #expect(documented.count == entries.count)
        for path in Set(plain.keys).union(builtin.keys) where path != "optimizer.schedule.total_steps" {
            #expect(documented.contains(path), "\(path) is not on the page")
        }
        for entry in entries {
            // A key without a value by default is not written.
            #expect(plain[entry.path, default: ""] == entry.plain, "\(entry.path)")
            if entry.path != "optimizer.schedule.total_steps" {
                #expect(builtin[entry.path, default: ""] == entry.defaultRun, "\(entry.path) of the default run")
            }
        }
    }

    @Test func numbersAreWrittenAsPeopleWriteThem() throws {
        var configuration = RunConfiguration()
        configuration.ppo.clipEpsilon = 0.2
        configuration.optimizer.learningRate = 0.00012
        configuration.optimizer.epsilon = 1e-8
        configuration.ppo.klHorizon = 10_000
        let yaml = try configuration.yaml()
        for line in ["clip_epsilon: 0.2\n", "learning_rate: 0.00012\n", "epsilon: 1e-08\n", "kl_horizon: 10000\n"] {
            #expect(yaml.contains(line), "\(line)")
        }
    }
}
