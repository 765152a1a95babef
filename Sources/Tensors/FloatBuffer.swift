#if canImport(Glibc)
import Glibc
#endif

/// Owned, zero-filled, 64-byte aligned storage for `count` floats.
///
/// A class, so that parameters, gradients and optimiser state can be shared without copying.
// SAFETY: the class only owns memory. Whoever hands one buffer to several threads arranges that writers are disjoint
// and that nobody reads what is being written; the learner does so by giving every thread its own gradients.
@safe
package final class FloatBuffer: @unchecked Sendable {
    /// First element; valid while the buffer lives.
    package let base: UnsafeMutablePointer<Float>
    /// Number of floats.
    package let count: Int

    /// Bytes of a huge page of Linux on x86-64.
    private static let hugePage = 2 << 20

    /// Allocates `count` zeros.
    package init(count: Int) {
        precondition(count >= 0, "a buffer holds a non-negative number of floats, not \(count)")
        let bytes = max(64, count * MemoryLayout<Float>.stride)
        let isLarge = bytes >= 2 * FloatBuffer.hugePage
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? FloatBuffer.hugePage : 64)
        // Fewer entries in the translation buffer: products walk whole weights. Refused is no loss.
        if isLarge { unsafe _ = madvise(raw, bytes & ~(FloatBuffer.hugePage - 1), MADV_HUGEPAGE) }
        unsafe memset(raw, 0, bytes)
        unsafe base = raw.bindMemory(to: Float.self, capacity: count)
        self.count = count
    }

    deinit { unsafe UnsafeMutableRawPointer(base).deallocate() }

    /// Sets every element to zero.
    package func zero() { unsafe memset(base, 0, count * MemoryLayout<Float>.stride) }

    /// Overwrites every element with those of a buffer of equal length.
    package func copy(from other: FloatBuffer) {
        precondition(other.count == count, "expected \(count) floats, got \(other.count)")
        unsafe base.update(from: other.base, count: count)
    }
}
