import Checkpoints
import Determinism
import Foundation
import Testing
import Transformer

/// e^x, for tests that have no need of Foundation otherwise.
func exponential(_ x: Float) -> Float { Float(exp(Double(x))) }

final class ModelDirectoryTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "model-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: directory) }

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

    /// A file of 16-bit floats, as published models often are, is the model of its widened weights: it samples and
    /// scores as the float32 file with the same numbers does, to the bit.
    @Test(arguments: ["BF16", "F16"])
    func aModelOfHalfPrecisionSamplesAsItsWidenedWeightsDo(type: String) throws {
        let parameters = T5Parameters.random(configuration: Self.configuration(tied: true), seed: 5)
        try T5ModelDirectory.save(parameters, to: directory)
        try writeHalves(parameters, type: type)
        let loaded = try T5ModelDirectory.load(from: directory)
        let widened = parameters.copy()
        for entry in widened.entries where !entry.name.hasPrefix("value_head") {
            for i in entry.offset..<entry.offset + entry.count {
                let value = unsafe parameters.pointer(i).pointee
                let expected =
                    type == "BF16" ? Float(bitPattern: UInt32(half(value, type: type)) << 16) : nearestHalf(value)
                #expect(abs(expected - value) <= abs(value) * (type == "BF16" ? 0x1p-8 : 0x1p-11) + 0x1p-25)
                unsafe widened.pointer(i).pointee = expected
            }
        }
        #expect(loaded.digest() == widened.digest() && loaded.digest() != parameters.digest())
        let requests = (0..<3).map { GenerationRequest(source: [4, 9, 23], key: RandomKey(seed: 2, path: $0)) }
        let results = [loaded, widened].map {
            T5Generator(configuration: $0.configuration)
                .generate(parameters: $0, requests: requests, settings: SamplingSettings(maximumLength: 12))
        }
        #expect(results[0] == results[1] && results[0]?.count == 3)
    }

    /// The bits of `value` rounded to bfloat16, or to a binary16 that is not subnormal.
    private func half(_ value: Float, type: String) -> UInt16 {
        let bits = value.bitPattern
        if type == "BF16" { return UInt16((bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16) }
        let rounded = nearestHalf(value)
        guard rounded != 0 else { return 0 }
        let exponent = Int(rounded.exponent)
        let sign: UInt16 = rounded < 0 ? 0x8000 : 0
        let fraction = UInt16(rounded.significandBitPattern >> 13)
        guard exponent < -14 else { return sign | UInt16(exponent + 15) << 10 | fraction }
        return sign | UInt16(abs(rounded) * 0x1p24)
    }

    /// `value` rounded to the spacing of binary16 where it lies.
    private func nearestHalf(_ value: Float) -> Float {
        guard value != 0 else { return 0 }
        let spacing = Float(sign: .plus, exponent: max(value.exponent, -14) - 10, significand: 1)
        return (value / spacing).rounded(.toNearestOrEven) * spacing
    }

    /// Replaces the weights by a safetensors file of 16-bit numbers.
    private func writeHalves(_ parameters: T5Parameters, type: String) throws {
        var fields: [String] = []
        var data = Data()
        for entry in parameters.entries where !entry.name.hasPrefix("value_head") {
            let start = data.count
            for i in entry.offset..<entry.offset + entry.count {
                let bits = unsafe half(parameters.pointer(i).pointee, type: type)
                data.append(contentsOf: [UInt8(bits & 0xFF), UInt8(bits >> 8)])
            }
            fields.append(
                "\"\(entry.name)\":{\"dtype\":\"\(type)\",\"shape\":\(entry.shape),\"data_offsets\":[\(start),\(data.count)]}"
            )
        }
        let header = Data("{\(fields.joined(separator: ","))}".utf8)
        let length = Data((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) })
        try (length + header + data).write(to: directory.appending(path: "model.safetensors"))
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
