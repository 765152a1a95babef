package import Foundation

/// The tensors of a `pytorch_model.bin`, read without running any code in it.
package struct PyTorchCheckpoint: Sendable {
    /// An expanded view may be larger than its storage, but not without bound: it is made real when read.
    private static let largestExpansion = 1 << 20

    private let path: String
    private let archive: PyTorchArchive
    private let folder: String
    private var tensors: [String: PyTorchTensor] = [:]

    /// Names of the tensors in the order in which they were saved.
    package private(set) var names: [String] = []

    /// Maps `url`, reads its directory and its pickle, and checks every tensor against its storage.
    ///
    /// - Throws: `CheckpointError` naming the file, and the tensor or the refused name where one is to blame.
    package init(contentsOf url: URL) throws(CheckpointError) {
        path = url.path
        let data: Data
        do {
            data = try Data(contentsOf: url, options: .mappedIfSafe)
        } catch {
            throw .unreadable(path: url.path, reason: readableReason(error))
        }
        archive = try PyTorchArchive(data: data, path: url.path)
        guard let member = archive.names.first(where: { $0.hasSuffix("/data.pkl") }),
            let pickle = archive.member(member)
        else { throw .malformed(path: url.path, reason: "the archive has no data.pkl: torch.save did not write it") }
        folder = String(member.dropLast("data.pkl".count))
        if let order = archive.member(folder + "byteorder"), String(decoding: order, as: UTF8.self) != "little" {
            throw .malformed(path: url.path, reason: "its numbers are not little-endian")
        }
        var machine = PickleMachine(pickle, path: url.path)
        guard case .dictionary(let dictionary) = try machine.run() else {
            throw .malformed(path: url.path, reason: "data.pkl is not a dictionary of tensors")
        }
        for entry in dictionary.entries {
            guard case .text(let name) = entry.key, case .tensor(let tensor) = entry.value else { continue }
            try check(tensor, name: name)
            if tensors.updateValue(tensor, forKey: name) == nil { names.append(name) }
        }
        guard !names.isEmpty else { throw .malformed(path: url.path, reason: "data.pkl has no tensors by name") }
    }

    /// The shape of the tensor called `name`, or nil.
    package func shape(of name: String) -> [Int]? { tensors[name]?.shape }

    /// The elements of a tensor of floating-point numbers, row-major; half precision is widened, double narrowed.
    package func floats(of name: String) throws(CheckpointError) -> [Float] {
        let tensor = try tensor(name)
        switch tensor.type {
        case .float32: return try elements(of: tensor) { Float(bitPattern: $0) }
        case .float64: return try elements(of: tensor) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
        case .float16: return try elements(of: tensor) { Float(halfPrecisionBits: $0) }
        case .bfloat16: return try elements(of: tensor) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
        default:
            throw .wrongType(path: path, tensor: name, expected: "a floating-point type", found: tensor.type.rawValue)
        }
    }

    /// The elements of a tensor of whole numbers, row-major.
    package func int64s(of name: String) throws(CheckpointError) -> [Int64] {
        let tensor = try tensor(name)
        switch tensor.type {
        case .int64: return try elements(of: tensor) { $0 }
        case .int32: return try elements(of: tensor) { (value: Int32) in Int64(value) }
        case .int16: return try elements(of: tensor) { (value: Int16) in Int64(value) }
        case .int8: return try elements(of: tensor) { (value: Int8) in Int64(value) }
        case .uint8, .bool: return try elements(of: tensor) { (value: UInt8) in Int64(value) }
        default: throw .wrongType(path: path, tensor: name, expected: "an integer type", found: tensor.type.rawValue)
        }
    }

    private func tensor(_ name: String) throws(CheckpointError) -> PyTorchTensor {
        guard let tensor = tensors[name] else { throw .missingTensor(path: path, tensor: name) }
        return tensor
    }

    /// Walks the strides of `tensor` and turns each stored `Bits` into a `Value`.
    private func elements<Bits: FixedWidthInteger & BitwiseCopyable, Value>(
        of tensor: PyTorchTensor,
        _ value: (Bits) -> Value
    ) throws(CheckpointError) -> [Value] {
        guard let storage = archive.member("\(folder)data/\(tensor.storage)") else {
            throw .malformed(path: path, reason: "the archive has no data/\(tensor.storage)")
        }
        let count = tensor.shape.reduce(1, *)
        var index = [Int](repeating: 0, count: tensor.shape.count)
        var position = tensor.offset
        var result: [Value] = []
        result.reserveCapacity(count)
        unsafe storage.withUnsafeBytes { bytes in
            for _ in 0..<count {
                let offset = position * MemoryLayout<Bits>.size
                result.append(
                    value(Bits(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self)))
                )
                // The next element: the last dimension turns fastest, as on a mileage counter.
                for dimension in index.indices.reversed() {
                    index[dimension] += 1
                    position += tensor.strides[dimension]
                    guard index[dimension] == tensor.shape[dimension] else { break }
                    position -= tensor.strides[dimension] * tensor.shape[dimension]
                    index[dimension] = 0
                }
            }
        }
        return result
    }

    /// Checks that every element of `tensor` lies in its storage, and the storage in the file.
    private func check(_ tensor: PyTorchTensor, name: String) throws(CheckpointError) {
        func refused(_ reason: String) -> CheckpointError { .malformedTensor(path: path, tensor: name, reason: reason) }
        guard let storage = archive.member("\(folder)data/\(tensor.storage)") else {
            throw refused("the archive has no data/\(tensor.storage)")
        }
        guard storage.count / tensor.type.width >= tensor.storageCount else {
            throw refused(
                "its storage claims \(tensor.storageCount) elements; the file has \(storage.count) bytes of it"
            )
        }
        guard tensor.offset >= 0, (tensor.shape + tensor.strides).allSatisfy({ $0 >= 0 }) else {
            throw refused("its offset, shape or strides are negative")
        }
        let limit = max(tensor.storageCount, Self.largestExpansion)
        var (count, last) = (1, tensor.offset)
        for (size, stride) in zip(tensor.shape, tensor.strides) where size != 0 {
            let (product, tooMany) = count.multipliedReportingOverflow(by: size)
            let (reach, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
            let (end, overflow) = last.addingReportingOverflow(reach)
            guard !tooMany, !tooFar, !overflow, product <= limit else {
                throw refused("shape \(tensor.shape) has too many elements")
            }
            (count, last) = (product, end)
        }
        guard tensor.shape.contains(0) || last < tensor.storageCount else {
            throw refused("its last element is number \(last) of a storage of \(tensor.storageCount)")
        }
    }
}
