import Datasets
import Dispatch
import Foundation
import Programs
import Synchronization

/// Hands out the problems of a reader one by one, reading a few ahead: the data set may be larger than memory.
final class ProblemFeed: Sendable {
    private struct State {
        var problems: [Problem] = []
        var isAtEnd = false
        var isCancelled = false
        var outcome: Result<DatasetReading, DatasetError>?
    }

    private static let ahead = 256
    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: ahead)
    private let filled = DispatchSemaphore(value: 0)
    private let consumer = DispatchQueue(label: "problems")

    /// Starts to read; `limit` 0 is all.
    init(_ reader: any ProblemReader, split: Split?, limit: Int) {
        let thread = Thread { [self] in
            var count = 0
            let outcome = Result { () throws(DatasetError) in
                try reader.forEach(split) { (problem) throws(DatasetError) in
                    room.wait()
                    let goesOn = state.withLock { state in
                        state.problems.append(problem)
                        return !state.isCancelled
                    }
                    filled.signal()
                    count += 1
                    return goesOn && (limit == 0 || count < limit)
                }
            }
            state.withLock { $0.outcome = outcome }
            filled.signal()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// The next problem; nil at the end.
    ///
    /// - Throws: `DatasetError` once the problems before it have been handed out.
    func next() async throws -> Problem? {
        let outcome = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Problem?, DatasetError>, Never>) in
            consumer.async { [self] in continuation.resume(returning: take()) }
        }
        return try outcome.get()
    }

    private func take() -> Result<Problem?, DatasetError> {
        filled.wait()
        let (problem, outcome) = state.withLock { state -> (Problem?, Result<DatasetReading, DatasetError>?) in
            state.problems.isEmpty ? (nil, state.outcome) : (state.problems.removeFirst(), nil)
        }
        if let problem {
            room.signal()
            return .success(problem)
        }
        // The end stays the end for whoever asks again.
        filled.signal()
        if case .failure(let error)? = outcome { return .failure(error) }
        return .success(nil)
    }

    /// What was left out; complete at the end.
    var reading: DatasetReading { state.withLock { try? $0.outcome?.get() } ?? DatasetReading() }
}
