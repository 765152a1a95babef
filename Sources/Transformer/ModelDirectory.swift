import Checkpoints
package import Foundation

/// A Hugging Face T5 directory: `config.json`, the weights, and beside them our `value_head.safetensors`.
package enum T5ModelDirectory {
    /// Names under which tied or old models repeat or keep what we read elsewhere or never use.
    private static let ignored: Set<String> = [
        "shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight",
        "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
    ]

    /// Reads `config.json` with `model.safetensors`, `model.safetensors.index.json` or else `pytorch_model.bin`.
    ///
    /// The value head is read from `value_head.safetensors`, and zero where there is none.
    /// - Throws: `TransformerError` or `CheckpointError` naming file and tensor or field.
    package static func load(from url: URL) throws -> T5Parameters {
        let configurationURL = url.appending(path: "config.json")
        let json: Data
        do {
            json = try Data(contentsOf: configurationURL)
        } catch {
            throw TransformerError.unusableFile(
                path: configurationURL.path,
                reason: "cannot be read; a model directory has config.json and model.safetensors"
            )
        }
        let configuration = try T5Configuration(huggingFaceJSON: json, file: configurationURL.path)
        let parameters = T5Parameters(configuration: configuration)
        let source = try weights(in: url)
        let entries = parameters.entries.filter { !$0.name.hasPrefix("value_head.") }
        let expected = Set(entries.map(\.name))
        if let name = source.names.first(where: { !expected.contains($0) && !ignored.contains($0) }) {
            throw TransformerError.unexpectedTensor(name: name, file: source.path)
        }
        for entry in entries {
            try source.read(entry, into: parameters)
        }
        let valueHead = url.appending(path: "value_head.safetensors")
        if FileManager.default.fileExists(atPath: valueHead.path) {
            let source = try TensorSource(SafetensorsFile(contentsOf: valueHead), path: valueHead.path)
            for entry in parameters.entries where entry.name.hasPrefix("value_head.") {
                try source.read(entry, into: parameters)
            }
        }
        return parameters
    }

    private static func weights(in url: URL) throws -> TensorSource {
        let safetensors = url.appending(path: "model.safetensors")
        if FileManager.default.fileExists(atPath: safetensors.path) {
            return try TensorSource(SafetensorsFile(contentsOf: safetensors), path: safetensors.path)
        }
        let index = url.appending(path: "model.safetensors.index.json")
        if FileManager.default.fileExists(atPath: index.path) {
            return try TensorSource(ShardedSafetensors(index: index), path: index.path)
        }
        let pickled = url.appending(path: "pytorch_model.bin")
        if FileManager.default.fileExists(atPath: pickled.path) {
            return try TensorSource(PyTorchCheckpoint(contentsOf: pickled), path: pickled.path)
        }
        throw TransformerError.unusableFile(
            path: url.path,
            reason: "expected model.safetensors, model.safetensors.index.json or pytorch_model.bin, found none"
        )
    }

    /// Writes a directory that `transformers.T5ForConditionalGeneration.from_pretrained` loads.
    ///
    /// Creates it where needed; each file is replaced whole. Tokenizer files are the caller's.
    package static func save(_ parameters: T5Parameters, to url: URL) throws {
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw TransformerError.unusableFile(
                path: url.path,
                reason: "cannot be created: \(error.localizedDescription)"
            )
        }
        let configuration = parameters.configuration
        let isValueHead = { (entry: T5Parameters.Entry) in entry.name.hasPrefix("value_head.") }
        try write(
            parameters,
            parameters.entries.filter { !isValueHead($0) },
            to: url.appending(path: "model.safetensors")
        )
        try write(
            parameters,
            parameters.entries.filter(isValueHead),
            to: url.appending(path: "value_head.safetensors")
        )
        try atomicWrite(configuration.huggingFaceJSON(), to: url.appending(path: "config.json"))
        let generation = """
            {
              "decoder_start_token_id": \(configuration.decoderStartTokenID),
              "eos_token_id": \(configuration.eosTokenID),
              "pad_token_id": \(configuration.padTokenID)
            }

            """
        try atomicWrite(Data(generation.utf8), to: url.appending(path: "generation_config.json"))
    }

    private static func write(_ parameters: T5Parameters, _ entries: [T5Parameters.Entry], to url: URL) throws {
        let tensors = unsafe entries.map { entry in
            unsafe (
                name: entry.name,
                shape: entry.shape,
                values: UnsafeBufferPointer(start: parameters.pointer(entry.offset), count: entry.count)
            )
        }
        try unsafe writeSafetensors(tensors, metadata: ["format": "pt"], to: url)
    }

}

/// A file of named tensors, whatever its format.
private struct TensorSource {
    let path: String
    let names: [String]
    private let shape: (String) -> [Int]?
    /// Copies the tensor of that name to where the entry is in the parameters.
    private let copy: (String, T5Parameters.Entry, T5Parameters) throws -> Void

    init(_ file: SafetensorsFile, path: String) {
        self.path = path
        names = file.names
        shape = { file.shape(of: $0) }
        copy = { name, entry, parameters in
            let target = unsafe UnsafeMutableBufferPointer(start: parameters.pointer(entry.offset), count: entry.count)
            unsafe try file.copyFloats(of: name, into: target)
        }
    }

    init(_ files: ShardedSafetensors, path: String) {
        self.path = path
        names = files.names
        shape = { files.shape(of: $0) }
        copy = { name, entry, parameters in
            let target = unsafe UnsafeMutableBufferPointer(start: parameters.pointer(entry.offset), count: entry.count)
            unsafe try files.copyFloats(of: name, into: target)
        }
    }

    init(_ file: PyTorchCheckpoint, path: String) {
        self.path = path
        names = file.names
        shape = { file.shape(of: $0) }
        copy = { name, entry, parameters in
            let values = try file.floats(of: name)
            unsafe parameters.pointer(entry.offset).update(from: values, count: values.count)
        }
    }

    /// Copies the tensor of `entry`; the embedding may go by the name of either user.
    func read(_ entry: T5Parameters.Entry, into parameters: T5Parameters) throws {
        let aliases = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"]
        let candidates = entry.name == "shared.weight" ? ["shared.weight"] + aliases : [entry.name]
        guard let name = candidates.first(where: { shape($0) != nil }), let found = shape(name) else {
            throw TransformerError.missingTensor(name: entry.name, file: path)
        }
        guard found == entry.shape else {
            throw TransformerError.wrongShape(name: name, file: path, expected: entry.shape, found: found)
        }
        try copy(name, entry, parameters)
    }
}
