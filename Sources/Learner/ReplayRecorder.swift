internal import Foundation

/// Writes the trajectories that a run learns from to `rollouts.jsonl`, one ``ReplayRow`` per line.
final class ReplayRecorder {
    private let file: FileHandle
    private let encoder = JSONEncoder()

    /// Opens the file, and removes what a run that continues at `step` will record again.
    ///
    /// - Throws: ``LearnerError/runDirectory(path:reason:)`` when it cannot be written.
    init(at url: URL, step: Int) throws(LearnerError) {
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let keep = Self.bytes(of: url, before: step)
        let descriptor = unsafe open(url.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0, ftruncate(descriptor, off_t(keep)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
            throw .runDirectory(path: url.path, reason: "cannot be written")
        }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Adds the batch of one iteration, in slot order.
    func record(step: Int, trajectories: [Trajectory]) throws {
        var lines = Data()
        for trajectory in trajectories {
            lines += try encoder.encode(ReplayRow(step: step, trajectory: trajectory))
            lines.append(10)
        }
        try file.write(contentsOf: lines)
    }

    private struct StepOnly: Decodable {
        var step: Int
    }

    /// Length of the leading whole lines whose step is below `step`.
    private static func bytes(of url: URL, before step: Int) -> Int {
        guard step > 0, let data = try? Data(contentsOf: url, options: .alwaysMapped) else { return 0 }
        var kept = 0
        while let end = data[kept...].firstIndex(of: 10) {
            // A line that a crash has torn is not kept either.
            guard let row = try? JSONDecoder().decode(StepOnly.self, from: data[kept..<end]), row.step < step else {
                break
            }
            kept = end + 1
        }
        return kept
    }
}
