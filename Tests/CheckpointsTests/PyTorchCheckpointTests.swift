import Checkpoints
import Foundation
import Testing

struct PyTorchCheckpointTests {
    /// Made by `Tools/reference/generate_checkpoint_fixtures.py`.
    private let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/pytorch")

    private struct Row: Decodable {
        let shape: [Int]
        let values: [Double]
        let integers: Bool
    }

    private func model() throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent("model.bin")))
    }

    /// Reads `bytes` as a checkpoint, from a file of their own.
    private func read(_ bytes: [UInt8]) throws -> PyTorchCheckpoint {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).bin")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data(bytes).write(to: url)
        return try PyTorchCheckpoint(contentsOf: url)
    }

    @Test func everyTensorHasTheElementsThatTorchSaved() throws {
        let file = try PyTorchCheckpoint(contentsOf: folder.appendingPathComponent("model.bin"))
        let data = try Data(contentsOf: folder.appendingPathComponent("model.json"))
        let rows = try JSONDecoder().decode([String: Row].self, from: data)
        #expect(rows.count == 14)
        #expect(Set(file.names) == Set(rows.keys))
        #expect(file.names.first == "plain")
        for (name, row) in rows {
            #expect(file.shape(of: name) == row.shape, "\(name)")
            if row.integers {
                #expect(try file.int64s(of: name) == row.values.map { Int64($0) }, "\(name)")
                #expect(throws: CheckpointError.self) { try file.floats(of: name) }
            } else {
                #expect(try file.floats(of: name) == row.values.map { Float($0) }, "\(name)")
                #expect(throws: CheckpointError.self) { try file.int64s(of: name) }
            }
        }
    }

    @Test func aPickleThatWouldRunACommandIsRefusedByName() throws {
        let url = folder.appendingPathComponent("malicious.bin")
        #expect(throws: CheckpointError.refusedGlobal(path: url.path, name: "posix.system")) {
            try PyTorchCheckpoint(contentsOf: url)
        }
    }

    @Test func aCompressedArchiveIsRefusedWithAdvice() throws {
        let error = #expect(throws: CheckpointError.self) {
            try PyTorchCheckpoint(contentsOf: folder.appendingPathComponent("compressed.bin"))
        }
        #expect(error?.description.contains("compressed") == true)
    }

    @Test func missingFilesAndTensorsAreNamed() throws {
        let url = folder.appendingPathComponent("nothing.bin")
        let error = #expect(throws: CheckpointError.self) { try PyTorchCheckpoint(contentsOf: url) }
        #expect(error?.description.contains("nothing.bin") == true)
        let file = try PyTorchCheckpoint(contentsOf: folder.appendingPathComponent("model.bin"))
        let path = folder.appendingPathComponent("model.bin").path
        #expect(throws: CheckpointError.missingTensor(path: path, tensor: "x")) { try file.floats(of: "x") }
        #expect(file.shape(of: "x") == nil)
    }

    @Test func aFileCutAnywhereIsRefused() throws {
        let bytes = try model()
        _ = try read(bytes)
        for length in stride(from: 0, to: bytes.count, by: 97) {
            #expect(throws: CheckpointError.self, "\(length) bytes") { try read(Array(bytes.prefix(length))) }
        }
    }

    @Test func aDamagedByteNeverCrashesTheReader() throws {
        let bytes = try model()
        var state: UInt64 = 7
        var refused = 0
        for _ in 0..<1_000 {
            var damaged = bytes
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                damaged[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 24)
            }
            do {
                let file = try read(damaged)
                for name in file.names { _ = try? file.floats(of: name) }
            } catch is CheckpointError {
                refused += 1
            }
        }
        #expect(refused > 100)
    }
}
