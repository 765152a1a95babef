/// What can go wrong with a model directory, its configuration or the settings of a generation.
package enum TransformerError: Error, Equatable, CustomStringConvertible {
    /// A file could not be read or written.
    case unusableFile(path: String, reason: String)
    /// A field of `config.json` is missing or has a value that this model cannot have.
    case configuration(file: String, field: String, expected: String, found: String)
    /// A tensor that the configuration asks for is not in the file.
    case missingTensor(name: String, file: String)
    /// The file has a tensor that no model of this configuration has.
    case unexpectedTensor(name: String, file: String)
    /// A tensor has another shape than the configuration asks for.
    case wrongShape(name: String, file: String, expected: [Int], found: [Int])
    /// A sampling setting is out of its range.
    case setting(field: String, expected: String, found: String)

    package var description: String {
        switch self {
        case .unusableFile(let path, let reason): "\(path): \(reason)"
        case .configuration(let file, let field, let expected, let found):
            "\(file): field \"\(field)\": expected \(expected), found \(found)"
        case .missingTensor(let name, let file): "\(file): tensor \"\(name)\" is missing"
        case .unexpectedTensor(let name, let file):
            "\(file): tensor \"\(name)\" belongs to no T5 of the configuration beside it"
        case .wrongShape(let name, let file, let expected, let found):
            "\(file): tensor \"\(name)\": expected shape \(expected), found \(found)"
        case .setting(let field, let expected, let found):
            "sampling setting \(field): expected \(expected), found \(found)"
        }
    }
}
