/// Why programs cannot be analysed on this machine.
package enum CodeAnalysisError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No `languages.so` was found; `tried` names every path that was looked at.
    case grammarsNotFound(tried: [String])
    /// The library at `path` could not be loaded; `reason` is the dynamic loader's.
    case grammarsNotLoadable(path: String, reason: String)
    /// The library at `path` has no usable grammar for `language`.
    case grammarNotUsable(path: String, language: String, reason: String)

    package var description: String {
        switch self {
        case .grammarsNotFound(let tried):
            "no grammar library found; looked at \(tried.joined(separator: ", ")). "
                + "Run ./setup, or set PPOCODER_GRAMMARS to the file or its directory."
        case .grammarsNotLoadable(let path, let reason):
            "\(path): not loadable as a grammar library (\(reason)). Run ./setup to fetch it again."
        case .grammarNotUsable(let path, let language, let reason):
            "\(path): no usable grammar for \(language) (\(reason)). Run ./setup to fetch it again."
        }
    }
}
