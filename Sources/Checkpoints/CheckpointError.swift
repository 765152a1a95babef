/// What can be wrong with a file of tensors or a checkpoint directory.
package enum CheckpointError: Error, Equatable, CustomStringConvertible {
    /// The file could not be opened, read or mapped.
    case unreadable(path: String, reason: String)
    /// The file could not be written, synced or renamed.
    case unwritable(path: String, reason: String)
    /// The file as a whole is not what its name says.
    case malformed(path: String, reason: String)
    /// One tensor of the file is described impossibly.
    case malformedTensor(path: String, tensor: String, reason: String)
    /// The file has no tensor of that name.
    case missingTensor(path: String, tensor: String)
    /// The tensor has elements of a type that the caller cannot use.
    case wrongType(path: String, tensor: String, expected: String, found: String)
    /// A pickle names something that reading tensors has no need of; nothing was run.
    case refusedGlobal(path: String, name: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
        case .malformed(let path, let reason): "\(path): \(reason)"
        case .malformedTensor(let path, let tensor, let reason): "\(path): tensor \"\(tensor)\": \(reason)"
        case .missingTensor(let path, let tensor): "\(path): tensor \"\(tensor)\" is missing"
        case .wrongType(let path, let tensor, let expected, let found):
            "\(path): tensor \"\(tensor)\": expected \(expected), found \(found)"
        case .refusedGlobal(let path, let name):
            "\(path): data.pkl refers to \(name), which no file of tensors needs; refused, and nothing was run"
        }
    }
}
