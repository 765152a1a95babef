import Checkpoints
import Foundation
import Testing

final class SafetensorsTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "safetensors-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// A file of this header and data.
    private func file(header: String, data: [UInt8] = [], claiming length: UInt64? = nil) throws -> URL {
        let url = directory.appending(path: "x.safetensors")
        let count = length ?? UInt64(header.utf8.count)
        let prefix = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * UInt64($0))) }
        try Data(prefix + Array(header.utf8) + data).write(to: url)
        return url
    }

    private func message(_ url: URL) -> String {
        do {
            _ = try SafetensorsFile(contentsOf: url)
            return "accepted"
        } catch {
            return error.description
        }
    }

    private func write(_ tensors: [(String, [Int], [Float])], metadata: [String: String], to url: URL) throws {
        let all = tensors.flatMap(\.2)
        try unsafe all.withUnsafeBufferPointer { all in
            var start = 0
            var views: [(name: String, shape: [Int], values: UnsafeBufferPointer<Float>)] = unsafe []
            for (name, shape, values) in tensors {
                let view = unsafe UnsafeBufferPointer(rebasing: all[start..<start + values.count])
                unsafe views.append((name, shape, view))
                start += values.count
            }
            try unsafe writeSafetensors(views, metadata: metadata, to: url)
        }
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let url = directory.appending(path: "a.safetensors")
        try write(
            [
                ("b.weight", [2, 3], [1, -2, 3, 4, 5, .infinity]), ("a \"quoted\" näme\n", [], [7]),
                ("empty", [0, 4], []),
            ],
            metadata: ["format": "pt", "k": "v\\"],
            to: url
        )
        let file = try SafetensorsFile(contentsOf: url)
        #expect(Set(file.names) == ["b.weight", "a \"quoted\" näme\n", "empty"])
        #expect(file.names.first == "b.weight")
        #expect(file.metadata == ["format": "pt", "k": "v\\"])
        #expect(file.shape(of: "b.weight") == [2, 3])
        #expect(file.shape(of: "empty") == [0, 4])
        #expect(try file.floats(of: "b.weight") == [1, -2, 3, 4, 5, .infinity])
        #expect(try file.floats(of: "a \"quoted\" näme\n") == [7])
        #expect(try file.floats(of: "empty") == [])
        #expect(file.shape(of: "c") == nil)
    }

    @Test func equalTensorsGiveEqualBytesAndNothingIsLeftBeside() throws {
        let (a, b) = (directory.appending(path: "a"), directory.appending(path: "b"))
        for url in [a, b, a] { try write([("x", [2], [1, 2])], metadata: ["q": "1", "p": "2"], to: url) }
        #expect(try Data(contentsOf: a) == Data(contentsOf: b))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["a", "b"])
    }

    @Test func aDirectoryThatIsNotThereIsAnErrorThatNamesTheFile() {
        let url = directory.appending(path: "none/a.safetensors")
        #expect(throws: CheckpointError.unwritable(path: url.path, reason: "No such file or directory")) {
            try write([("x", [1], [1])], metadata: [:], to: url)
        }
        #expect(message(url).hasPrefix("\(url.path): cannot be read: "))
    }

    /// 1.5 is 0x3E00 as binary16 and 0x3FC0 as bfloat16; 0x0001 is 2⁻²⁴, the smallest binary16; 0xFC00 is −∞.
    @Test func halfPrecisionIsWidened() throws {
        let url = try file(
            header: """
                {"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[6,8]}}
                """,
            data: [0x00, 0x3E, 0x01, 0x00, 0x00, 0xFC, 0xC0, 0x3F]
        )
        let opened = try SafetensorsFile(contentsOf: url)
        #expect(try opened.floats(of: "h") == [1.5, 0x1p-24, -.infinity])
        #expect(try opened.floats(of: "b") == [1.5])
    }

    @Test func integersAreReadAndNotTakenForFloats() throws {
        let url = try file(
            header: """
                {"l":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"i":{"dtype":"I32","shape":[1],"data_offsets":[8,12]}}
                """,
            data: [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 5, 0, 0, 0]
        )
        let opened = try SafetensorsFile(contentsOf: url)
        #expect(try opened.int64s(of: "l") == [-2])
        #expect(try opened.int64s(of: "i") == [5])
        #expect(
            throws: CheckpointError.wrongType(
                path: url.path,
                tensor: "l",
                expected: "F32, F16 or BF16",
                found: "I64"
            )
        ) { try opened.floats(of: "l") }
        #expect(throws: CheckpointError.missingTensor(path: url.path, tensor: "z")) { try opened.int64s(of: "z") }
    }

    @Test(arguments: [
        (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "\"t\": its data end at byte 8, the file's at 4"),
        (#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "\"t\": shape [2] of F32 takes 8 bytes"),
        (#"{"t":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, "\"t\": data_offsets is not a pair"),
        (#"{"t":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, "\"t\": data_offsets is not a pair"),
        (#"{"t":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, "\"t\": data_offsets is not a pair"),
        (#"{"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, "\"t\": shape is not a list"),
        (#"{"t":{"dtype":"F32","data_offsets":[0,4]}}"#, "\"t\": shape is not a list"),
        (#"{"t":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}"#, "\"t\": unknown dtype \"F33\""),
        (#"{"t":{"shape":[1],"data_offsets":[0,4]}}"#, "\"t\": dtype is not a string"),
        (
            #"{"t":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#,
            "\"t\": shape [4611686018427387904, 4] has too many elements"
        ),
        (
            #"{"t":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"u":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}}"#,
            "\"u\": its data overlap those of another tensor"
        ),
        (
            #"{"t":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}}"#,
            "\"t\": 2 bytes before its data belong to no tensor"
        ),
        (
            #"{"t":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#,
            "2 bytes after the last tensor belong to no tensor"
        ),
        (#"{"t":5}"#, "the header is not a JSON object of objects"),
        (#"[]"#, "the header is not a JSON object of objects"),
        (#"{"t":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, "the header is not a JSON object of objects"),
        (#"{"__metadata__":{"format":[1]}}"#, "__metadata__ field \"format\" is not a string"),
    ])
    func aHostileHeaderIsRefusedByName(header: String, reason: String) throws {
        let url = try file(header: header, data: [0, 0, 128, 63])
        let message = message(url)
        #expect(message.hasPrefix(url.path))
        #expect(message.contains(reason), "\(message)")
    }

    @Test func deeplyNestedJSONIsRefused() throws {
        let header = String(repeating: "[", count: 100_000)
        #expect(message(try file(header: header)).contains("the header is not a JSON object of objects"))
    }

    @Test(arguments: [3, 100, UInt64(100_000_001), UInt64.max, UInt64(Int64.max)])
    func aHeaderLengthThatCannotBeIsRefused(length: UInt64) throws {
        let message = message(try file(header: "{}", claiming: length))
        #expect(message.contains("the header claims \(length) bytes; 2 follow"), "\(message)")
    }

    @Test func aFileShorterThanItsLengthFieldIsRefused() throws {
        let url = directory.appending(path: "short")
        try Data([1, 2, 3]).write(to: url)
        #expect(message(url) == "\(url.path): expected at least 8 bytes of safetensors header, found 3")
    }
}
