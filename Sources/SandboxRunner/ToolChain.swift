import Foundation
import Programs

/// The tools of one language, as found in a slot.
struct ToolChain: Sendable {
    let language: Language
    /// What the compiler or interpreter calls itself.
    let version: String
    /// How programs are compiled and started; nil for an interpreted language.
    var compiledLanguage: (any CompiledLanguage)?
    /// What was prepared for the language on this machine, by content; part of every cache's key.
    var fingerprint = ""

    /// Everything about the tools that may change a verdict.
    var identity: String {
        ([version, fingerprint] + (compiledLanguage?.flags ?? [])).joined(separator: "\u{0}")
    }

    /// Whether programs become files before they run.
    var isCompiled: Bool { [.c, .cpp, .java, .csharp, .go].contains(language) }

    /// The program that the language needs, as people call it.
    static func toolName(_ language: Language) -> String {
        switch language {
        case .python: "python3"
        case .c: "gcc"
        case .cpp: "g++"
        case .java: "javac"
        case .csharp: "mcs and mono"
        case .php: "php (php-cli)"
        case .javascript: "node (nodejs)"
        case .go: "go"
        case .ruby: "ruby"
        }
    }

    /// The command that says the tool's version, in the slot.
    static func versionCommand(_ language: Language) -> [String] {
        switch language {
        case .python: ["/usr/bin/python3", "--version"]
        case .c: ["/usr/bin/gcc", "--version"]
        case .cpp: ["/usr/bin/g++", "--version"]
        case .csharp: ["/bin/sh", "-c", "/usr/bin/mcs --version && exec /usr/bin/mono --version"]
        case .go: ["/usr/bin/go", "version"]
        case .java: ["/usr/bin/javac", "-version"]
        case .php: ["/usr/bin/php", "-n", "-v"]
        case .javascript: ["/usr/bin/node", "--version"]
        case .ruby: ["/usr/bin/ruby", "--version"]
        }
    }

    /// The version as shown to people, such as `g++ 12.2.0`.
    static func shortVersion(_ language: Language, _ text: String) -> String {
        let line = text.split(separator: "\n").first.map(String.init) ?? ""
        let words = line.split(separator: " ").map(String.init)
        switch language {
        case .c: return "gcc " + (words.last ?? "")
        case .cpp: return "g++ " + (words.last ?? "")
        case .csharp: return "mono " + (words.last ?? "")
        case .javascript: return "node " + line
        case .php, .ruby: return words.prefix(2).joined(separator: " ")
        default: return line
        }
    }
}
