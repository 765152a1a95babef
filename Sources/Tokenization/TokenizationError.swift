import Foundation

/// What can be wrong with a tokenizer on disk.
package enum TokenizationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `file` is not in the tokenizer's directory, or cannot be read.
    case missingFile(file: String, location: String)
    /// `file` is not of its format.
    case malformed(file: String, line: Int?, field: String, expected: String)
    /// A token that every tokenizer needs is not in the vocabulary.
    case missingToken(token: String, file: String)
    /// The tokenizer uses a feature that this byte-level BPE does not have.
    case unsupported(file: String, field: String, found: String, expected: String)

    package var description: String {
        switch self {
        case .missingFile(let file, let location):
            "\(location): cannot read \(file); a tokenizer is vocab.json with merges.txt, or tokenizer.json"
        case .malformed(let file, let line, let field, let expected):
            "\(file)\(line.map { ", line \($0)" } ?? ""): \(field): expected \(expected)"
        case .missingToken(let token, let file):
            "\(file): the vocabulary has no token \(token)"
        case .unsupported(let file, let field, let found, let expected):
            "\(file): \(field) is \(found); only \(expected) is supported"
        }
    }
}

/// The members of a tokenizer's directory that are read, by name.
enum TokenizerFile {
    static let vocabulary = "vocab.json"
    static let merges = "merges.txt"
    static let addedTokens = "added_tokens.json"
    static let tokenizer = "tokenizer.json"
    static let tokenizerConfiguration = "tokenizer_config.json"
    static let modelConfiguration = "config.json"
    static let all = [vocabulary, merges, addedTokens, tokenizer, tokenizerConfiguration, modelConfiguration]
}

/// Reads the tokenizer's files out of `directory`; those that are absent are left out.
func tokenizerFiles(in directory: URL) -> [String: Data] {
    var files: [String: Data] = [:]
    for name in TokenizerFile.all {
        files[name] = try? Data(contentsOf: directory.appendingPathComponent(name))
    }
    return files
}
