import CTreeSitter
import Foundation
import Programs

/// The compiled grammar of one language: a parser table and what its node types mean to us.
struct Grammar: Sendable {
    let parsers: ParserPool
    let language: Language
    /// Name of each node type, UTF-8, by symbol number.
    let names: [[UInt8]]
    let kinds: [NodeKind]
    /// Whether each node type is a rule rather than a text, by symbol number.
    let isNamed: [Bool]
    /// Role of each field, by field number; number 0 is "no field".
    let roles: [FieldRole]

    init(library: UnsafeMutableRawPointer, path: String, language: Language) throws(CodeAnalysisError) {
        let function = "tree_sitter_" + (language == .csharp ? "c_sharp" : language.rawValue)
        guard let symbol = unsafe dlsym(library, function) else {
            throw .grammarNotUsable(path: path, language: language.rawValue, reason: "no function \(function)")
        }
        typealias Function = @convention(c) () -> UnsafePointer<TSLanguage>?
        guard let raw = unsafe unsafeBitCast(symbol, to: Function.self)() else {
            throw .grammarNotUsable(path: path, language: language.rawValue, reason: "\(function) returned nothing")
        }
        let version = unsafe Int32(ts_language_version(raw))
        let supported = TREE_SITTER_MIN_COMPATIBLE_LANGUAGE_VERSION...TREE_SITTER_LANGUAGE_VERSION
        guard supported.contains(version) else {
            let reason = "binary version \(version), expected \(supported.lowerBound) to \(supported.upperBound)"
            throw .grammarNotUsable(path: path, language: language.rawValue, reason: reason)
        }
        parsers = unsafe ParserPool(GrammarTable(raw: raw))
        self.language = language

        let table = NodeKind.table(for: language)
        var names: [[UInt8]] = []
        var kinds: [NodeKind] = []
        var named: [Bool] = []
        for symbol in unsafe 0..<ts_language_symbol_count(raw) {
            let name = unsafe ts_language_symbol_name(raw, TSSymbol(symbol)).map { unsafe String(cString: $0) } ?? ""
            let isNamed = unsafe ts_language_symbol_type(raw, TSSymbol(symbol)) == TSSymbolTypeRegular
            names.append(Array(name.utf8))
            named.append(isNamed)
            kinds.append((isNamed ? table[name] : NodeKind.marks[name]) ?? .other)
        }
        self.names = names
        self.kinds = kinds
        isNamed = named
        var roles: [FieldRole] = [.none]
        for field in unsafe 0..<ts_language_field_count(raw) {
            let name = unsafe ts_language_field_name_for_id(raw, TSFieldId(field + 1)).map {
                unsafe String(cString: $0)
            }
            roles.append(FieldRole.table[name ?? "", default: .none])
        }
        self.roles = roles
    }
}

/// Finds and loads the shared library that holds the grammars.
enum GrammarLibrary {
    static let fileName = "languages.so"
    private static let keepsBlocks: Void = ts_keep_blocks()

    /// Loads the grammars of all languages from the first library found, or from the one that `named` names.
    static func load(_ named: String?) throws(CodeAnalysisError) -> [Language: Grammar] {
        let paths = candidatePaths(named)
        guard let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw .grammarsNotFound(tried: paths)
        }
        // Never closed: parsers and trees point into it for as long as the process lives.
        guard let library = unsafe dlopen(path, RTLD_LAZY | RTLD_LOCAL) else {
            let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? "unknown"
            throw .grammarsNotLoadable(path: path, reason: reason)
        }
        _ = keepsBlocks
        var grammars: [Language: Grammar] = [:]
        for language in Language.allCases {
            grammars[language] = unsafe try Grammar(library: library, path: path, language: language)
        }
        return grammars
    }

    /// Where the library may be, best first.
    ///
    /// `PPOCODER_GRAMMARS` decides alone when it is set: falling back in silence would hide a typing mistake.
    private static func candidatePaths(_ named: String?) -> [String] {
        if let named = named ?? ProcessInfo.processInfo.environment["PPOCODER_GRAMMARS"], !named.isEmpty {
            var isDirectory: ObjCBool = false
            let exists = unsafe FileManager.default.fileExists(atPath: named, isDirectory: &isDirectory)
            let isFile = exists ? !isDirectory.boolValue : named.hasSuffix(".so")
            return [isFile ? named : named + "/" + fileName]
        }
        var paths: [String] = []
        for folder in ancestors(of: FileManager.default.currentDirectoryPath) {
            paths.append(folder + "build/grammars/" + fileName)
        }
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        for folder in ancestors(of: executable).dropFirst() {
            paths.append(folder + "grammars/" + fileName)
            paths.append(folder + "build/grammars/" + fileName)
        }
        var seen: Set<String> = []
        return paths.filter { seen.insert($0).inserted }
    }

    /// `/a/b` → `/a/b/`, `/a/`, `/`.
    private static func ancestors(of path: String) -> [String] {
        let parts = path.split(separator: "/")
        return stride(from: parts.count, through: 0, by: -1).map { count in
            "/" + parts.prefix(count).map { $0 + "/" }.joined()
        }
    }
}
