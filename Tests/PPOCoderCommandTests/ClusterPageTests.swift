import Foundation
import Testing

/// The run over three hosts that docs/cluster.md begins with, command by command.
struct ClusterPageTests {
    /// A command of the page and the lines that it is said to print; `…` stands for anything.
    struct Step: Equatable {
        var command: String
        var output: [String] = []
    }

    /// The steps of the section called `heading`.
    static func steps(of page: String, section heading: String) throws -> [Step] {
        let start = try #require(page.range(of: "\n## \(heading)\n")).upperBound
        let end = page.range(of: "\n## ", range: start..<page.endIndex)?.lowerBound ?? page.endIndex
        var steps: [Step] = []
        for line in page[start..<end].split(separator: "\n") where line.hasPrefix("    ") {
            let text = String(line.dropFirst(4))
            if text.hasPrefix("$ ") {
                steps.append(Step(command: String(text.dropFirst(2))))
            } else if let last = steps.indices.last {
                if steps[last].command.hasSuffix("\\") {
                    steps[last].command += "\n" + text
                } else {
                    steps[last].output.append(text)
                }
            }
        }
        return steps
    }

    /// The first of `expected` that `lines` do not have, in this order; nil when they have all.
    static func missing(_ expected: [String], in lines: [String]) throws -> String? {
        var rest = lines[...]
        for line in expected where line != "…" {
            let parts = line.components(separatedBy: "…").map(NSRegularExpression.escapedPattern(for:))
            let pattern = try Regex(parts.joined(separator: ".*"))
            guard let found = rest.firstIndex(where: { $0.wholeMatch(of: pattern) != nil }) else { return line }
            rest = rest[(found + 1)...]
        }
        return nil
    }

    @Test func whatIsMissingIsSeen() throws {
        let page = "# A\n\n## B\n\n    $ one \\\n      two\n    says\n\n    $ three\n\n## C\n\n    $ four\n"
        let steps = try Self.steps(of: page, section: "B")
        #expect(steps == [Step(command: "one \\\n  two", output: ["says"]), Step(command: "three")])
        #expect(try Self.missing(["a … c", "…", "d."], in: ["x", "a b c", "y", "d."]) == nil)
        #expect(try Self.missing(["d.", "a … c"], in: ["x", "a b c", "y", "d."]) == "a … c")
        #expect(try Self.missing(["d."], in: ["de", "a d."]) == "d.")
    }

    private static var hasCurl: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/curl") }

    @Test(.enabled(if: geteuid() == 0 && hasCurl, "network namespaces need root, and the page asks with curl"))
    func whoFollowsThePageOnThreeHostsGetsTheRunShownThere() throws {
        let page = try String(contentsOf: CommandRun.root.appending(path: "docs/cluster.md"), encoding: .utf8)
        let steps = try Self.steps(of: page, section: "Try it: three hosts on one machine")
        #expect(steps.count > 12)
        // The project's folder, as far as the page uses it, with the programs of these tests.
        let folder = try Scratch()
        let tools = CommandRun.root.appending(path: "Tools")
        let programs = try CommandRun.executable().deletingLastPathComponent()
        let files = FileManager.default
        try files.createSymbolicLink(at: folder.url.appending(path: "Tools"), withDestinationURL: tools)
        try files.createDirectory(at: folder.url.appending(path: ".build"), withIntermediateDirectories: true)
        try files.createSymbolicLink(at: folder.url.appending(path: ".build/release"), withDestinationURL: programs)
        let mark = "after step "
        let script =
            "set -e\ntrap 'Tools/network-lab down' EXIT\n"
            + steps.enumerated().map { "\($1.command)\necho '\(mark)\($0)'\n" }.joined()
        let shell = try LiveProcess(
            "/bin/bash",
            [try folder.file("steps", script).path],
            in: folder.url,
            environment: ["PPOCODER_LAB_NAME": "ppotest\(getpid())"]
        )
        let (code, text) = try shell.end()
        let logs = ["learner", "workers", "executors"].compactMap {
            try? String(contentsOf: folder.url.appending(path: "lab/\($0).log"), encoding: .utf8)
        }
        #expect(code == 0, "\(text) \(logs)")
        var lines = text.split(separator: "\n").map(String.init)[...]
        for (index, step) in steps.enumerated() {
            let end = try #require(
                lines.firstIndex(of: "\(mark)\(index)"),
                "\(step.command) has not ended: \(text) \(logs)"
            )
            let said = Array(lines[..<end])
            let missing = try Self.missing(step.output, in: said)
            #expect(missing == nil, "\(step.command)\nsaid\n\(said.joined(separator: "\n"))")
            lines = lines[(end + 1)...]
        }
    }
}
