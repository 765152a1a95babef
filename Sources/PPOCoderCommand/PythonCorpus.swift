import Datasets
import Determinism
import Foundation
import Synchronization

/// The functions of all Python files below a folder, file by file in the order of their paths, repeats left out.
final class PythonCorpus: Sendable {
    struct Item: Sendable {
        /// Path below the folder, and line.
        var id: String
        var code: String
    }

    private struct State {
        var files: [String]
        var items: [Item] = []
        var seen: Set<UInt64> = []
        var handedOut = 0
        var repeats = 0
        var unreadable = 0
    }

    private let folder: String
    private let limit: Int
    private let state: Mutex<State>

    /// The first `limit` functions below `folder`; 0 is all.
    init(folder: String, limit: Int) throws(DatasetError) {
        self.folder = folder
        self.limit = limit
        guard let paths = FileManager.default.enumerator(atPath: folder) else {
            throw .unreadable(file: folder, reason: "is not a folder that can be read")
        }
        var files: [String] = []
        while let path = paths.nextObject() as? String {
            if path.hasSuffix(".py") { files.append(path) }
        }
        guard !files.isEmpty else { throw .missingFile(tried: ["\(folder)/**/*.py"]) }
        state = Mutex(State(files: files.sorted().reversed()))
    }

    /// The next function; nil at the end.
    func next() -> Item? {
        state.withLock { state in
            while state.items.isEmpty, let file = state.files.popLast() { read(file, &state) }
            guard limit == 0 || state.handedOut < limit else { return nil }
            state.handedOut += 1
            return state.items.popLast()
        }
    }

    private func read(_ file: String, _ state: inout State) {
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)"), data.count <= 4 << 20,
            let text = String(validating: data, as: UTF8.self)
        else {
            state.unreadable += 1
            return
        }
        for function in PythonFunctions.functions(in: text).reversed() {
            let name = Digest(of: function.code).leadingBits
            guard state.seen.insert(name).inserted else {
                state.repeats += 1
                continue
            }
            state.items.append(Item(id: "\(file):\(function.line)", code: function.code))
        }
    }

    var repeats: Int { state.withLock { $0.repeats } }
    var unreadable: Int { state.withLock { $0.unreadable } }
}
