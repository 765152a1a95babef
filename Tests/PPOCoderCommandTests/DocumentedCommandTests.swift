import ArgumentParser
import Foundation
import PPOCoderCommand
import Testing

/// Every `ppocoder …` that the documentation shows as a command is one.
struct DocumentedCommandTests {
    /// Lines of a page that begin, after four spaces, a prompt or in a fence, with `ppocoder`; continued lines are joined.
    static func commands(in page: String) -> [[String]] {
        let joined = page.replacing("\\\n", with: " ")
        return joined.split(separator: "\n").compactMap { line in
            let text = line.trimmingCharacters(in: .whitespaces)
            guard line.hasPrefix("    ") || text.hasPrefix("$ ") else { return nil }
            let command = text.hasPrefix("$ ") ? String(text.dropFirst(2)) : text
            guard let start = command.range(of: "ppocoder "), isCommand(String(command[..<start.lowerBound])) else {
                return nil
            }
            return words(String(command[start.upperBound...]))
        }
    }

    /// Whether what stands before `ppocoder` is a pipe, a variable or nothing.
    private static func isCommand(_ before: String) -> Bool {
        let text = before.trimmingCharacters(in: .whitespaces)
        return text.isEmpty || text.hasSuffix("|") || text.hasSuffix("/") || text.wholeMatch(of: /[A-Z_]+=\S+/) != nil
    }

    /// Words as a shell makes them, up to a pipe, a redirection, a comment or another command.
    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == " " {
                if let done = word { words.append(done) }
                word = nil
            } else if "|>&;".contains(character) || (character == "#" && word == nil) {
                break
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }

    @Test func wordsAreCutAsAShellCutsThem() {
        #expect(Self.words("eval --task 'a b' > file") == ["eval", "--task", "a b"])
        #expect(
            Self.commands(in: "    $ echo 1 | ppocoder score --input - # note\n  text ppocoder x\n") == [
                ["score", "--input", "-"]
            ]
        )
    }

    @Test func everyCommandOfTheDocumentationIsUnderstood() throws {
        let root = CommandRun.root
        let pages = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs").path)
            .filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
        var count = 0
        for page in pages + ["README.md"] {
            for words in Self.commands(in: try String(contentsOf: root.appending(path: page), encoding: .utf8)) {
                // A pattern, not a command: `train|eval`, `[--json]`, `…`.
                if words.isEmpty || words.contains(where: { $0.contains("[") || $0.contains("…") }) { continue }
                count += 1
                do {
                    _ = try FrontEnd.parseAsRoot(words)
                } catch {
                    #expect(
                        FrontEnd.exitCode(for: error) == .success,
                        "\(page): ppocoder \(words): \(FrontEnd.message(for: error))"
                    )
                }
            }
        }
        #expect(count > 15)
    }
}
