/// A frame for several receivers: made once, sent from where it lies, and freed when the last copy is sent.
// SAFETY: the memory is written by the initialiser alone and only read afterwards; it is freed by the deinitialiser, which runs
// after the last reference is given up, on whatever thread that is. Reference counts are atomic.
@safe
package final class SharedFrame: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    /// A frame of `head` and `data`, one after the other.
    package init(_ head: [UInt8], _ data: [UInt8] = []) {
        unsafe memory = .allocate(byteCount: head.count + data.count, alignment: 16)
        unsafe memory.copyBytes(from: head)
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[head.count...]).copyBytes(from: data)
    }

    deinit { unsafe memory.deallocate() }

    package var count: Int { unsafe memory.count }

    /// A copy.
    package var bytes: [UInt8] { unsafe Array(memory) }

    /// Calls `body` with the memory, and a reference that `release` gives up, of whatever thread.
    func lend<Result>(_ body: (UnsafeMutableRawBufferPointer, _ reference: UnsafeMutableRawPointer) -> Result) -> Result
    {
        unsafe body(memory, Unmanaged.passRetained(self).toOpaque())
    }

    /// Gives up a reference of `lend`.
    static func release(_ reference: UnsafeMutableRawPointer) {
        unsafe Unmanaged<SharedFrame>.fromOpaque(reference).release()
    }
}
