import Checkpoints
import Foundation
import Testing
import Transformer

/// e^x, for tests that have no need of Foundation otherwise.
func exponential(_ x: Float) -> Float { Float(exp(Double(x))) }

struct ModelDirectoryTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "model-\(UUID().uuidString)")

    private static func configuration(tied: Bool) -> T5Configuration {
        T5Configuration(
            dModel: 16,
            dKV: 6,
            dFF: 24,
            numEncoderLayers: 2,
            numDecoderLayers: 1,
            numHeads: 2,
            vocabularySize: 30,
            tieWordEmbeddings: tied
        )
    }

    /// Writes `parameters` as a safetensors file whose tensors went through `change`.
    private func write(
        _ parameters: T5Parameters,
        changing change: (T5Parameters.Entry) -> (name: String, shape: [Int])?
    ) throws {
        var tensors: [(name: String, shape: [Int], values: UnsafeBufferPointer<Float>)] = unsafe []
        for entry in parameters.entries where !entry.name.hasPrefix("value_head") {
            guard let (name, shape) = change(entry) else { continue }
            let values = unsafe UnsafeBufferPointer(
                start: parameters.pointer(entry.offset),
                count: shape.reduce(1, *)
            )
            unsafe tensors.append((name, shape, values))
        }
        try unsafe writeSafetensors(tensors, metadata: [:], to: directory.appending(path: "model.safetensors"))
    }

    @Test(arguments: [true, false])
    func aSavedModelIsLoadedBitForBit(tied: Bool) throws {
        let parameters = T5Parameters.random(configuration: Self.configuration(tied: tied), seed: 5)
        unsafe parameters.pointer(parameters.offsets.valueWeight + 3).pointee = 1.25
        unsafe parameters.pointer(parameters.offsets.valueBias).pointee = -2
        try T5ModelDirectory.save(parameters, to: directory)
        let loaded = try T5ModelDirectory.load(from: directory)
        #expect(loaded.configuration == parameters.configuration)
        #expect(loaded.digest() == parameters.digest())
        let file = try SafetensorsFile(contentsOf: directory.appending(path: "model.safetensors"))
        #expect(file.metadata == ["format": "pt"])
        #expect(file.names.contains("lm_head.weight") == !tied)
        #expect(!file.names.contains { $0.hasPrefix("value_head") })
    }

    /// Writes the weights as two files of every other tensor, and the index that names them.
    private func writeShards(_ parameters: T5Parameters, fileOfFirst: String = "model-00001-of-00002.safetensors")
        throws
    {
        try T5ModelDirectory.save(parameters, to: directory)
        try FileManager.default.removeItem(at: directory.appending(path: "model.safetensors"))
        let entries = parameters.entries.filter { !$0.name.hasPrefix("value_head") }
        var map: [String: String] = [:]
        for part in 0..<2 {
            let file = "model-0000\(part + 1)-of-00002.safetensors"
            let tensors = unsafe entries.enumerated().filter { $0.offset % 2 == part }.map { _, entry in
                unsafe (
                    name: entry.name, shape: entry.shape,
                    values: UnsafeBufferPointer(start: parameters.pointer(entry.offset), count: entry.count)
                )
            }
            try unsafe writeSafetensors(tensors, metadata: [:], to: directory.appending(path: file))
            for (offset, entry) in entries.enumerated() where offset % 2 == part { map[entry.name] = file }
        }
        map[entries[0].name] = fileOfFirst
        try JSONEncoder().encode(["weight_map": map])
            .write(to: directory.appending(path: "model.safetensors.index.json"))
    }

    @Test func aModelInSeveralFilesIsLoadedBitForBit() throws {
        let parameters = T5Parameters.random(configuration: Self.configuration(tied: false), seed: 5)
        try writeShards(parameters)
        #expect(try T5ModelDirectory.load(from: directory).digest() == parameters.digest())
    }

    @Test(arguments: [
        ("model-00002-of-00002.safetensors", "shared.weight"), ("../model.safetensors", "plain file name"),
        ("none.safetensors", "none.safetensors"),
    ])
    func anIndexThatMisleadsIsRefusedByName(file: String, expected: String) throws {
        let parameters = T5Parameters.random(configuration: Self.configuration(tied: true), seed: 5)
        try writeShards(parameters, fileOfFirst: file)
        let error = #expect(throws: CheckpointError.self) { try T5ModelDirectory.load(from: directory) }
        #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    }

    @Test func withoutAValueHeadItIsZero() throws {
        let parameters = T5Parameters.random(configuration: Self.configuration(tied: true), seed: 5)
        try T5ModelDirectory.save(parameters, to: directory)
        unsafe parameters.pointer(parameters.offsets.valueBias).pointee = 1
        try FileManager.default.removeItem(at: directory.appending(path: "value_head.safetensors"))
        let loaded = try T5ModelDirectory.load(from: directory)
        #expect(unsafe loaded.pointer(loaded.offsets.valueBias).pointee == 0)
        #expect(loaded.digest() != parameters.digest())
    }

    @Test func theEmbeddingMayGoByTheNameOfItsUser() throws {
        let parameters = T5Parameters.random(configuration: Self.configuration(tied: true), seed: 5)
        try T5ModelDirectory.save(parameters, to: directory)
        try write(parameters) { ($0.name == "shared.weight" ? "decoder.embed_tokens.weight" : $0.name, $0.shape) }
        #expect(try T5ModelDirectory.load(from: directory).digest() == parameters.digest())
    }

    @Test func aTensorThatIsMissingSuperfluousOrOfAnotherShapeIsNamedWithItsFile() throws {
        let parameters = T5Parameters.random(configuration: Self.configuration(tied: true), seed: 5)
        try T5ModelDirectory.save(parameters, to: directory)
        let path = directory.appending(path: "model.safetensors").path
        let norm = "decoder.block.0.layer.1.layer_norm.weight"
        try write(parameters) { $0.name == norm ? nil : ($0.name, $0.shape) }
        #expect(throws: TransformerError.missingTensor(name: norm, file: path)) {
            try T5ModelDirectory.load(from: directory)
        }
        try write(parameters) { ($0.name, $0.name == norm ? [15] : $0.shape) }
        #expect(throws: TransformerError.wrongShape(name: norm, file: path, expected: [16], found: [15])) {
            try T5ModelDirectory.load(from: directory)
        }
        try write(parameters) { ($0.name == norm ? "decoder.block.9.layer.1.layer_norm.weight" : $0.name, $0.shape) }
        #expect(
            throws: TransformerError.unexpectedTensor(name: "decoder.block.9.layer.1.layer_norm.weight", file: path)
        ) { try T5ModelDirectory.load(from: directory) }
    }

    @Test func aDirectoryWithoutItsFilesSaysWhichOneIsMissing() throws {
        let missing = #expect(throws: TransformerError.self) { try T5ModelDirectory.load(from: directory) }
        #expect(missing?.description.contains("config.json: cannot be read") == true)
        try T5ModelDirectory.save(T5Parameters(configuration: Self.configuration(tied: true)), to: directory)
        try FileManager.default.removeItem(at: directory.appending(path: "model.safetensors"))
        let empty = #expect(throws: TransformerError.self) { try T5ModelDirectory.load(from: directory) }
        let expected = "expected model.safetensors, model.safetensors.index.json or pytorch_model.bin"
        #expect(empty?.description.contains(expected) == true)
    }
}
