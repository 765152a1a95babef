/// A token that may stay in the distribution.
private struct Candidate {
    /// Its tempered logit or its unnormalised probability.
    var value: Float
    var id: Int32

    /// Whether this one is dropped before `other`: it is smaller, or equal with a higher id.
    func isWorse(than other: Candidate) -> Bool {
        value < other.value || (value == other.value && id > other.id)
    }
}

/// The ids that top-k and then top-p leave, ascending; nil when they leave everything.
func truncatedSupport(of row: TemperedLogits, settings: SamplingSettings) -> [Int32]? {
    let eligible = unsafe row.logits.count - (row.excluded == nil ? 0 : 1)
    let cutsByCount = settings.topK > 0 && settings.topK < eligible
    guard cutsByCount || settings.topP < 1 else { return nil }
    var kept: [Candidate]
    if cutsByCount {
        kept = unsafe largestLogits(of: row, count: settings.topK)
        guard let best = kept.max(by: { $0.value < $1.value })?.value else { return nil }
        if settings.topP < 1 {
            let scale = unsafe row.inverseTemperature
            for i in kept.indices {
                kept[i].value = exponential(SIMD8(repeating: (kept[i].value - best) * scale))[0]
            }
            let total = kept.reduce(0) { $0 + Double($1.value) }
            kept = nucleus(kept, mass: Double(settings.topP) * total)
        }
    } else {
        let sums = unsafe row.sums()
        // Tokens below this floor have less than 1 − topP together, so the nucleus is complete without them.
        let floor = Float((1 - Double(settings.topP)) * sums.total / Double(eligible))
        kept = unsafe weights(of: row, from: floor * 0.999, maximum: sums.maximum)
        kept = nucleus(kept, mass: Double(settings.topP) * sums.total)
    }
    return kept.count < eligible && !kept.isEmpty ? kept.map(\.id).sorted() : nil
}

/// The `count` largest logits, in no order, by a heap whose root is the worst one kept.
private func largestLogits(of row: TemperedLogits, count: Int) -> [Candidate] {
    var heap: [Candidate] = []
    heap.reserveCapacity(count)
    var threshold = -Float.infinity
    for i in unsafe stride(from: 0, to: row.logits.count, by: 8) {
        let lanes = unsafe row.load(i)
        guard any(lanes .> threshold) else { continue }
        for lane in 0..<8 where lanes[lane] > threshold {
            let candidate = Candidate(value: lanes[lane], id: Int32(i + lane))
            if heap.count < count {
                heap.append(candidate)
                siftUp(&heap)
            } else {
                heap[0] = candidate
                siftDown(&heap)
            }
            // A later token that equals the worst one kept has a higher id and stays out.
            if heap.count == count { threshold = heap[0].value }
        }
    }
    return heap
}

private func siftUp(_ heap: inout [Candidate]) {
    var child = heap.count - 1
    while child > 0 {
        let parent = (child - 1) / 2
        guard heap[child].isWorse(than: heap[parent]) else { return }
        heap.swapAt(child, parent)
        child = parent
    }
}

private func siftDown(_ heap: inout [Candidate]) {
    var parent = 0
    while 2 * parent + 1 < heap.count {
        var child = 2 * parent + 1
        if child + 1 < heap.count && heap[child + 1].isWorse(than: heap[child]) { child += 1 }
        guard heap[child].isWorse(than: heap[parent]) else { return }
        heap.swapAt(child, parent)
        parent = child
    }
}

/// The tokens whose unnormalised probability is at least `floor`, in id order.
private func weights(of row: TemperedLogits, from floor: Float, maximum: Float) -> [Candidate] {
    var result: [Candidate] = []
    for i in unsafe stride(from: 0, to: row.logits.count, by: 8) {
        let lanes = unsafe row.weights(i, maximum: maximum)
        guard any(lanes .>= floor) else { continue }
        for lane in 0..<8 where lanes[lane] >= floor && lanes[lane] > 0 {
            result.append(Candidate(value: lanes[lane], id: Int32(i + lane)))
        }
    }
    return result
}

/// The fewest candidates, best first, whose values sum to at least `mass`.
///
/// Values in 0 ... 1 are first sorted into buckets by exponent and three bits of fraction, so that only the bucket
/// in which the sum is reached needs a comparison sort.
private func nucleus(_ candidates: [Candidate], mass: Double) -> [Candidate] {
    func bucket(_ candidate: Candidate) -> Int { Int(candidate.value.bitPattern >> 20) }
    var masses = [Double](repeating: 0, count: Int(Float(1).bitPattern >> 20) + 2)
    for candidate in candidates { masses[bucket(candidate)] += Double(candidate.value) }
    var border = masses.count - 1
    var sum = 0.0
    while border > 0 && sum + masses[border] < mass {
        sum += masses[border]
        border -= 1
    }
    var result = candidates.filter { bucket($0) > border }
    for candidate in candidates.filter({ bucket($0) == border }).sorted(by: { $1.isWorse(than: $0) }) {
        guard sum < mass || result.isEmpty else { break }
        sum += Double(candidate.value)
        result.append(candidate)
    }
    return result
}
