internal import Foundation

/// Runs `body` on a thread of its own and waits for it without blocking the cooperative pool.
///
/// The pool has one thread per core; a gradient step that sat on one would starve the actors that talk to workers.
func onOwnThread<Result: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Result
) async throws(Failure) -> Result {
    let outcome = await withCheckedContinuation {
        (continuation: CheckedContinuation<Swift.Result<Result, Failure>, Never>) in
        let thread = Thread {
            do throws(Failure) {
                continuation.resume(returning: .success(try body()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        thread.name = "learner"
        thread.stackSize = 16 << 20
        thread.start()
    }
    return try outcome.get()
}
