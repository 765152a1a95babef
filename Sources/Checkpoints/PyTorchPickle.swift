import Foundation

/// A tensor as a pickle describes it: a view into a storage.
struct PyTorchTensor: Sendable {
    var type: PyTorchType
    /// The member of the archive under `data/` that holds the elements.
    var storage: String
    /// Elements of the storage.
    var storageCount: Int
    /// Elements of the storage before the first of the tensor.
    var offset: Int
    var shape: [Int]
    /// Elements of the storage from one index of a dimension to the next.
    var strides: [Int]
}

/// Element types of torch's storages.
enum PyTorchType: String, Sendable {
    case float32 = "FloatStorage"
    case float64 = "DoubleStorage"
    case float16 = "HalfStorage"
    case bfloat16 = "BFloat16Storage"
    case int64 = "LongStorage"
    case int32 = "IntStorage"
    case int16 = "ShortStorage"
    case int8 = "CharStorage"
    case uint8 = "ByteStorage"
    case bool = "BoolStorage"

    /// Bytes per element.
    var width: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .float16, .bfloat16, .int16: 2
        case .int8, .uint8, .bool: 1
        }
    }
}

/// The only things that a pickle of tensors may refer to; all are data to this machine, none is ever called.
enum PickleGlobal {
    case orderedDictionary, rebuildTensor, rebuildParameter
    case storage(PyTorchType)

    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", _):
            guard let type = PyTorchType(rawValue: name) else { return nil }
            self = .storage(type)
        default: return nil
        }
    }
}

/// What stands on the stack of the pickle machine.
enum PickleValue {
    final class Dictionary {
        var entries: [(key: PickleValue, value: PickleValue)] = []
    }

    final class List {
        var items: [PickleValue] = []
    }

    case mark, none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case tuple([PickleValue])
    case list(List)
    case dictionary(Dictionary)
    case global(PickleGlobal)
    case storage(PyTorchType, key: String, count: Int)
    case tensor(PyTorchTensor)

    var integers: [Int]? {
        guard case .tuple(let items) = self else { return nil }
        var result: [Int] = []
        for item in items {
            guard case .integer(let value) = item else { return nil }
            result.append(value)
        }
        return result
    }
}

/// Interprets the pickle of a `torch.save` file without executing anything.
///
/// Knows the opcodes that tensors in dictionaries need and the names in `PickleGlobal`; anything else is refused.
/// Source: the comments of CPython's `pickletools`, protocols 2 to 4.
struct PickleMachine {
    private let path: String
    private var reader: ByteReader
    private var stack: [PickleValue] = []
    private var memo: [Int: PickleValue] = [:]

    init(_ pickle: Data, path: String) {
        self.path = path
        reader = ByteReader(pickle)
    }

    /// Runs to the end and returns what is left on the stack.
    mutating func run() throws(CheckpointError) -> PickleValue {
        while true {
            let opcode = UInt8(try integer(1))
            if opcode == UInt8(ascii: ".") { return try pop() }
            try execute(opcode)
        }
    }

    private mutating func execute(_ opcode: UInt8) throws(CheckpointError) {
        switch opcode {
        case 0x80: _ = try integer(1)
        case 0x95: _ = try integer(8)
        case UInt8(ascii: "("): stack.append(.mark)
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88: stack.append(.bool(true))
        case 0x89: stack.append(.bool(false))
        case UInt8(ascii: "K"): stack.append(.integer(try integer(1)))
        case UInt8(ascii: "M"): stack.append(.integer(try integer(2)))
        case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try integer(4)))))
        case 0x8A: stack.append(.integer(try longInteger()))
        case UInt8(ascii: "G"): stack.append(.number(try bigEndianDouble()))
        case UInt8(ascii: "X"): stack.append(.text(try text(try integer(4))))
        case 0x8C: stack.append(.text(try text(try integer(1))))
        case UInt8(ascii: ")"): stack.append(.tuple([]))
        case 0x85...0x87: stack.append(.tuple(try pop(Int(opcode - 0x84))))
        case UInt8(ascii: "t"): stack.append(.tuple(try popToMark()))
        case UInt8(ascii: "]"): stack.append(.list(PickleValue.List()))
        case UInt8(ascii: "}"): stack.append(.dictionary(PickleValue.Dictionary()))
        case UInt8(ascii: "a"):
            let item = try pop()
            try append([item])
        case UInt8(ascii: "e"):
            let items = try popToMark()
            try append(items)
        case UInt8(ascii: "s"):
            let entry = try pop(2)
            try setItems(entry)
        case UInt8(ascii: "u"):
            let entries = try popToMark()
            try setItems(entries)
        case UInt8(ascii: "q"): memo[try integer(1)] = try top()
        case UInt8(ascii: "r"): memo[try integer(4)] = try top()
        case 0x94: memo[memo.count] = try top()
        case UInt8(ascii: "h"): try recall(try integer(1))
        case UInt8(ascii: "j"): try recall(try integer(4))
        case UInt8(ascii: "c"): try pushGlobal(module: try line(), name: try line())
        case 0x93: try pushStackGlobal()
        case UInt8(ascii: "Q"): try pushStorage(try pop())
        case UInt8(ascii: "R"): try reduce()
        case UInt8(ascii: "b"): try build()
        default:
            throw damaged("opcode 0x\(String(opcode, radix: 16)), which no file of tensors needs")
        }
    }

    /// Names a global; only those of the list exist here.
    private mutating func pushGlobal(module: String, name: String) throws(CheckpointError) {
        guard let global = PickleGlobal(module: module, name: name) else {
            throw .refusedGlobal(path: path, name: "\(module).\(name)")
        }
        stack.append(.global(global))
    }

    private mutating func pushStackGlobal() throws(CheckpointError) {
        let parts = try pop(2)
        guard case .text(let module) = parts[0], case .text(let name) = parts[1] else {
            throw damaged("a global without a name")
        }
        try pushGlobal(module: module, name: name)
    }

    /// A persistent id: `("storage", type, key, device, number of elements)`.
    private mutating func pushStorage(_ id: PickleValue) throws(CheckpointError) {
        guard case .tuple(let parts) = id, parts.count >= 5, case .text("storage") = parts[0],
            case .global(.storage(let type)) = parts[1], case .text(let key) = parts[2],
            case .integer(let count) = parts[4], count >= 0
        else { throw damaged("a persistent id that is not a storage") }
        stack.append(.storage(type, key: key, count: count))
    }

    private mutating func reduce() throws(CheckpointError) {
        let parts = try pop(2)
        guard case .global(let global) = parts[0], case .tuple(let arguments) = parts[1] else {
            throw damaged("a call of what is not a global")
        }
        switch global {
        case .orderedDictionary where arguments.isEmpty: stack.append(.dictionary(PickleValue.Dictionary()))
        case .rebuildParameter:
            guard case .tensor? = arguments.first else { throw damaged("a parameter without a tensor") }
            stack.append(arguments[0])
        case .rebuildTensor:
            guard arguments.count >= 4, case .storage(let type, let key, let count) = arguments[0],
                case .integer(let offset) = arguments[1], let shape = arguments[2].integers,
                let strides = arguments[3].integers, shape.count == strides.count
            else { throw damaged("a tensor that is not (storage, offset, shape, strides)") }
            let tensor = PyTorchTensor(
                type: type,
                storage: key,
                storageCount: count,
                offset: offset,
                shape: shape,
                strides: strides
            )
            stack.append(.tensor(tensor))
        default: throw damaged("a call that makes no tensor")
        }
    }

    /// Attributes of a dictionary, such as a state dictionary's `_metadata`: nothing of them is needed.
    private mutating func build() throws(CheckpointError) {
        _ = try pop()
        guard case .dictionary = try top() else { throw damaged("attributes of what is not a dictionary") }
    }

    private func append(_ items: [PickleValue]) throws(CheckpointError) {
        guard case .list(let list) = try top() else { throw damaged("an item without a list") }
        list.items += items
    }

    private func setItems(_ items: [PickleValue]) throws(CheckpointError) {
        guard case .dictionary(let dictionary) = try top(), items.count.isMultiple(of: 2) else {
            throw damaged("an entry without a dictionary")
        }
        for index in stride(from: 0, to: items.count, by: 2) {
            dictionary.entries.append((items[index], items[index + 1]))
        }
    }

    private mutating func recall(_ index: Int) throws(CheckpointError) {
        guard let value = memo[index] else { throw damaged("a reference to nothing") }
        stack.append(value)
    }

    private func top() throws(CheckpointError) -> PickleValue {
        guard let value = stack.last else { throw damaged("too few values") }
        return value
    }

    private mutating func pop() throws(CheckpointError) -> PickleValue {
        guard let value = stack.popLast() else { throw damaged("too few values") }
        return value
    }

    private mutating func pop(_ count: Int) throws(CheckpointError) -> [PickleValue] {
        guard stack.count >= count else { throw damaged("too few values") }
        let values = Array(stack.suffix(count))
        stack.removeLast(count)
        return values
    }

    private mutating func popToMark() throws(CheckpointError) -> [PickleValue] {
        let mark = stack.lastIndex { value in
            if case .mark = value { return true }
            return false
        }
        guard let mark else { throw damaged("no mark") }
        let values = Array(stack[(mark + 1)...])
        stack.removeSubrange(mark...)
        return values
    }

    private mutating func integer(_ width: Int) throws(CheckpointError) -> Int {
        guard let value = reader.integer(width) else { throw damaged("its end before a stop") }
        return value
    }

    /// A little-endian two's complement number of up to eight bytes.
    private mutating func longInteger() throws(CheckpointError) -> Int {
        let width = try integer(1)
        guard width <= 8, let bytes = reader.bytes(width) else { throw damaged("a number of \(width) bytes") }
        let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let unused = 64 - 8 * width
        return width == 0 ? 0 : Int(Int64(bitPattern: bits << UInt64(unused)) >> Int64(unused))
    }

    private mutating func bigEndianDouble() throws(CheckpointError) -> Double {
        guard let bytes = reader.bytes(8) else { throw damaged("its end before a stop") }
        return Double(bitPattern: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private mutating func text(_ count: Int) throws(CheckpointError) -> String {
        guard let bytes = reader.bytes(count) else { throw damaged("its end before a stop") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func line() throws(CheckpointError) -> String {
        var bytes: [UInt8] = []
        while true {
            let byte = UInt8(try integer(1))
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
    }

    private func damaged(_ what: String) -> CheckpointError {
        .malformed(path: path, reason: "data.pkl, byte \(reader.position): found \(what)")
    }
}
