/// A programming language that programs are written, judged and analysed in.
package enum Language: String, Codable, Sendable, CaseIterable, Hashable {
    case python, c, cpp, java, csharp, php, javascript, go, ruby

    /// The language a user means by `name`: our own names, the original's (`c++`, `c#`, `cpp`) and file extensions.
    package init?(name: String) {
        switch name.lowercased() {
        case "python", "py", "python3": self = .python
        case "c": self = .c
        case "cpp", "c++", "cxx", "cc": self = .cpp
        case "java": self = .java
        case "csharp", "c#", "cs": self = .csharp
        case "php": self = .php
        case "javascript", "js": self = .javascript
        case "go", "golang": self = .go
        case "ruby", "rb": self = .ruby
        default: return nil
        }
    }

    /// The usual extension of a source file, without the dot.
    package var fileExtension: String {
        switch self {
        case .python: "py"
        case .c: "c"
        case .cpp: "cpp"
        case .java: "java"
        case .csharp: "cs"
        case .php: "php"
        case .javascript: "js"
        case .go: "go"
        case .ruby: "rb"
        }
    }
}
