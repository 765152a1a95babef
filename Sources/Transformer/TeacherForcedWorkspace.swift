import Tensors

/// Memory of one forward and backward pass, handed out in order and taken back all at once.
///
/// One slab of the size that ``TeacherForcedPlan`` computes beforehand, which stays until a pass needs a larger one.
final class TeacherForcedWorkspace {
    /// A point to return to with `release(to:)`.
    struct Mark {
        fileprivate let slab: Int
        fileprivate let used: Int
    }

    private static let smallestSlab = 1 << 18
    private var slabs: [FloatBuffer] = []
    private var slab = 0
    private var used = 0
    /// The most floats in use at once since the last `reset`.
    private(set) var peak = 0

    /// Floats held.
    var capacity: Int { slabs.reduce(0) { $0 + $1.count } }

    /// Makes one slab hold all of a pass that needs `count` floats; what was handed out before is gone.
    func reserve(_ count: Int) {
        guard slabs.count != 1 || slabs[0].count < count else { return }
        slabs = []
        slabs = [FloatBuffer(count: count)]
        reset()
    }

    /// Uninitialised memory for `rows × columns` floats, 64-byte aligned.
    func take(_ rows: Int, _ columns: Int) -> Matrix {
        let count = (rows * columns + 15) & ~15
        while slab < slabs.count, used + count > slabs[slab].count {
            slab += 1
            used = 0
        }
        if slab == slabs.count {
            let held = slabs.reduce(0) { $0 + $1.count }
            slabs.append(FloatBuffer(count: max(count, held, Self.smallestSlab)))
        }
        defer {
            used += count
            peak = max(peak, slabs[..<slab].reduce(used) { $0 + $1.count })
        }
        return Matrix(slabs[slab], offset: used, rows: rows, columns: columns)
    }

    /// The current point.
    func mark() -> Mark { Mark(slab: slab, used: used) }

    /// Takes back everything handed out since `mark`.
    func release(to mark: Mark) {
        slab = mark.slab
        used = mark.used
    }

    /// Takes everything back.
    func reset() {
        slab = 0
        used = 0
        peak = 0
    }
}
