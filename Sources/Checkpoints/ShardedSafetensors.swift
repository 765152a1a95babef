package import Foundation

/// A model whose tensors are spread over several safetensors files, named by `model.safetensors.index.json`.
///
/// Source: <https://huggingface.co/docs/transformers/big_models>: `{"weight_map": {tensor: file, …}}`, files beside it.
package struct ShardedSafetensors: Sendable {
    private struct Index: Decodable {
        var weights: [String: String]

        enum CodingKeys: String, CodingKey { case weights = "weight_map" }
    }

    private let files: [String: SafetensorsFile]
    private let fileOfTensor: [String: String]
    private let path: String

    /// Maps every file that the index names and checks that each holds the tensors it is said to hold.
    ///
    /// - Throws: `CheckpointError` naming the index, or the file and the tensor.
    package init(index url: URL) throws(CheckpointError) {
        path = url.path
        let data: Data
        do {
            data = try Data(contentsOf: url)
        } catch {
            throw .unreadable(path: url.path, reason: readableReason(error))
        }
        guard let index = try? JSONDecoder().decode(Index.self, from: data), !index.weights.isEmpty else {
            throw .malformed(path: url.path, reason: "expected a JSON object with \"weight_map\": {tensor: file, …}")
        }
        fileOfTensor = index.weights
        var files: [String: SafetensorsFile] = [:]
        for (tensor, name) in index.weights.sorted(by: { $0.key < $1.key }) {
            // A name with a folder in it could leave the model's folder.
            guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
                throw .malformed(
                    path: url.path,
                    reason: "tensor \(tensor) is in \"\(name)\", expected a plain file name"
                )
            }
            let location = url.deletingLastPathComponent().appending(path: name)
            if files[name] == nil { files[name] = try SafetensorsFile(contentsOf: location) }
            guard files[name]?.shape(of: tensor) != nil else {
                throw .missingTensor(path: location.path, tensor: tensor)
            }
        }
        self.files = files
    }

    /// Names of all tensors, sorted.
    package var names: [String] { fileOfTensor.keys.sorted() }

    /// The shape of the tensor called `name`, or nil.
    package func shape(of name: String) -> [Int]? { file(of: name)?.shape(of: name) }

    /// Copies the elements of an F32, F16 or BF16 tensor to `target`, which has room for exactly these.
    package func copyFloats(of name: String, into target: UnsafeMutableBufferPointer<Float>) throws(CheckpointError) {
        guard let file = file(of: name) else { throw .missingTensor(path: path, tensor: name) }
        unsafe try file.copyFloats(of: name, into: target)
    }

    private func file(of name: String) -> SafetensorsFile? { fileOfTensor[name].flatMap { files[$0] } }
}
