package import Foundation

/// A safetensors file, mapped into memory, whose every offset has been checked.
package struct SafetensorsFile: Sendable {
    private let data: Data
    private let header: SafetensorsHeader
    private let path: String

    /// Maps `url` and checks its header.
    ///
    /// - Throws: `CheckpointError` naming the file, and the tensor where one is to blame.
    package init(contentsOf url: URL) throws(CheckpointError) {
        path = url.path
        do {
            data = try Data(contentsOf: url, options: .mappedIfSafe)
        } catch {
            throw .unreadable(path: url.path, reason: readableReason(error))
        }
        header = try SafetensorsHeader(file: data, path: path)
    }

    /// Names of the tensors in the order of their data.
    package var names: [String] { header.names }

    /// The free-form `__metadata__` of the header.
    package var metadata: [String: String] { header.metadata }

    /// The shape of the tensor called `name`, or nil.
    package func shape(of name: String) -> [Int]? { header.entries[name]?.shape }

    /// The elements of an F32, F16 or BF16 tensor, row-major; half precision is widened.
    package func floats(of name: String) throws(CheckpointError) -> [Float] {
        let entry = try entry(name)
        var values = [Float](repeating: 0, count: entry.range.count / entry.type.width)
        do {
            try unsafe values.withUnsafeMutableBufferPointer { unsafe try copyFloats(of: name, into: $0) }
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw .unreadable(path: path, reason: readableReason(error))
        }
        return values
    }

    /// Copies the elements of an F32, F16 or BF16 tensor to `target`, which has room for exactly these.
    package func copyFloats(of name: String, into target: UnsafeMutableBufferPointer<Float>) throws(CheckpointError) {
        let entry = try entry(name)
        guard [.float32, .float16, .bfloat16].contains(entry.type) else {
            throw .wrongType(path: path, tensor: name, expected: "F32, F16 or BF16", found: entry.type.rawValue)
        }
        precondition(target.count == entry.range.count / entry.type.width, "\(name) has another number of elements")
        let range = entry.range
        unsafe data.withUnsafeBytes { file in
            let source = unsafe UnsafeRawBufferPointer(rebasing: file[(header.dataStart + range.lowerBound)...])
            switch entry.type {
            case .float32:
                unsafe UnsafeMutableRawBufferPointer(target).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source.prefix(range.count))
                )
            case .float16:
                for i in 0..<target.count {
                    let bits = unsafe source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
                    unsafe target[i] = Float(halfPrecisionBits: bits)
                }
            default:
                for i in 0..<target.count {
                    let bits = unsafe source.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
                    unsafe target[i] = Float(bitPattern: UInt32(bits) << 16)
                }
            }
        }
    }

    /// The elements of an I64 or I32 tensor, row-major.
    package func int64s(of name: String) throws(CheckpointError) -> [Int64] {
        let entry = try entry(name)
        guard entry.type == .int64 || entry.type == .int32 else {
            throw .wrongType(path: path, tensor: name, expected: "I64 or I32", found: entry.type.rawValue)
        }
        return unsafe data.withUnsafeBytes { file in
            (0..<entry.range.count / entry.type.width).map { i in
                let offset = header.dataStart + entry.range.lowerBound + i * entry.type.width
                return unsafe entry.type == .int64
                    ? file.loadUnaligned(fromByteOffset: offset, as: Int64.self)
                    : Int64(file.loadUnaligned(fromByteOffset: offset, as: Int32.self))
            }
        }
    }

    private func entry(_ name: String) throws(CheckpointError) -> SafetensorsEntry {
        guard let entry = header.entries[name] else { throw .missingTensor(path: path, tensor: name) }
        return entry
    }
}

extension Float {
    /// The value of an IEEE 754 binary16, which `Float16` does not offer on every platform of ours.
    package init(halfPrecisionBits bits: UInt16) {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 0x1F
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0:
            let magnitude = Float(fraction) * 0x1p-24
            self = sign == 0 ? magnitude : -magnitude
        case 31: self.init(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: self.init(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }
}

/// What people should read about an error of Foundation.
func readableReason(_ error: any Error) -> String {
    let error = error as NSError
    if let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError, underlying.domain == NSPOSIXErrorDomain {
        return unsafe String(cString: strerror(Int32(underlying.code)))
    }
    return error.localizedDescription
}
