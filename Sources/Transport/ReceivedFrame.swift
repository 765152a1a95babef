import CZeroMQ

/// A frame as it came: bytes of ours, or the message in which libzmq has put them, to be read where they lie.
package struct ReceivedFrame: Sendable {
    private enum Content: Sendable {
        case bytes([UInt8])
        case message(ReceivedMessage)
    }

    private let content: Content

    package init(_ bytes: [UInt8]) { content = .bytes(bytes) }

    init(_ message: ReceivedMessage) { content = .message(message) }

    package var count: Int {
        switch content {
        case .bytes(let bytes): bytes.count
        case .message(let message): unsafe message.bytes.count
        }
    }

    /// The frame as an array, which is a copy where libzmq has it.
    package var bytes: [UInt8] {
        switch content {
        case .bytes(let bytes): bytes
        case .message(let message): unsafe Array(message.bytes)
        }
    }

    /// Calls `body` with the bytes where they lie, for as long as it runs.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch content {
        case .bytes(let bytes):
            // `withUnsafeBytes` of an array does not say which error it throws.
            let span = bytes.span
            return try unsafe span.withUnsafeBytes(body)
        case .message(let message):
            return try withExtendedLifetime(message) { () throws(Failure) in try unsafe body(message.bytes) }
        }
    }
}

/// A message that libzmq has received.
// SAFETY: after the initialiser it is only read, and its bytes do not move; it is closed by the deinitialiser, after the last
// reference is given up. libzmq lets a message be closed on another thread than it was received on, and counts its references to
// the memory behind it atomically.
@safe
final class ReceivedMessage: @unchecked Sendable {
    private let message: UnsafeMutablePointer<zmq_msg_t>
    let bytes: UnsafeRawBufferPointer

    /// Takes what is in `received`, which is empty afterwards.
    init(taking received: inout zmq_msg_t) {
        unsafe message = .allocate(capacity: 1)
        unsafe _ = zmq_msg_init(message)
        unsafe _ = zmq_msg_move(message, &received)
        unsafe bytes = UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
    }

    deinit {
        unsafe _ = zmq_msg_close(message)
        unsafe message.deallocate()
    }
}
