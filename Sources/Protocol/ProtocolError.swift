/// Why a message was refused.
///
/// A closed set: nothing a peer sends can do worse than one of these.
package enum ProtocolError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The frame is larger than its plane allows.
    case oversizedFrame(bytes: Int, limit: Int)
    /// The bytes are not an envelope.
    case malformed(reason: String)
    /// The sender speaks another version of the schema.
    case wrongVersion(found: UInt32, expected: UInt32)
    /// The envelope is empty, or holds a message this version does not know.
    case missingBody
    /// A field is out of its range.
    case invalidField(field: String, expected: String, found: String)
    /// A message that is well formed but not expected here.
    case unexpectedMessage(found: String, expected: String)

    package var description: String {
        switch self {
        case .oversizedFrame(let bytes, let limit): "frame of \(bytes) bytes, the limit is \(limit)"
        case .malformed(let reason): "not an envelope: \(reason)"
        case .wrongVersion(let found, let expected): "schema version \(found), expected \(expected)"
        case .missingBody: "envelope without a known message"
        case .invalidField(let field, let expected, let found): "\(field): expected \(expected), found \(found)"
        case .unexpectedMessage(let found, let expected): "message \(found), expected \(expected)"
        }
    }
}
