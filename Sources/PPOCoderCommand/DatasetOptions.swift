import ArgumentParser
import Datasets
import Learner
import Programs
import Synchronization

/// Which problems a command is about.
struct DatasetOptions: ParsableArguments {
    @OptionGroup var settings: ConfigurationOptions

    @Option(help: "Kind of problems: \(DatasetTask.names). --l1 or --l2 alone mean xlcost.")
    var task: String?

    @Option(help: ArgumentHelp("File or folder of the data set; the builtin ones need none.", valueName: "path"))
    var dataPath: String?

    @Option(help: "Source language of a translation.")
    var l1: String?

    @Option(help: "Target language of a translation.")
    var l2: String?

    @Option(help: "Language to write, where a data set has several; none: all that can be judged.")
    var language: String?

    @Option(help: ArgumentHelp("Folder with the tokenizer that lengths are counted with.", valueName: "folder"))
    var tokenizer: String?

    @Option(help: "Split: train, validation or test.")
    var split: String?

    @Option(help: "Problems, from the first; 0 is all.")
    var limit: Int?

    /// What the flags say, as settings.
    var flags: [String] {
        var flags: [String] = []
        func add(_ key: String, _ value: (some Any)?) {
            if let value { flags.append("\(key)=\(value)") }
        }
        add("data.task", task ?? (l1 != nil || l2 != nil ? "xlcost" : nil))
        add("data.path", dataPath)
        add("data.l1", l1)
        add("data.l2", l2)
        add("data.language", language)
        add("data.tokenizer", tokenizer)
        add("data.evaluation_split", split)
        add("data.evaluation_problems", limit)
        return flags
    }

    /// The data set of the settings, and the split that was asked for; nil is all of it.
    func source() throws -> (configuration: RunConfiguration, reader: any ProblemReader, split: Split?) {
        var configuration = try settings.load(flags: flags)
        var wanted: Split?
        if let split {
            wanted = Split(rawValue: split)
            guard wanted != nil else {
                throw ValidationError("--split is \(split), expected train, validation or test")
            }
        }
        configuration.data.evaluationProblems = limit ?? 0
        let reader: any ProblemReader =
            if let builtin = try builtinProblems(data: configuration.data, seed: configuration.run.seed) {
                BuiltinReader(name: configuration.data.task, builtin: builtin)
            } else {
                try problemReader(data: configuration.data, modelPath: configuration.model.path, split: wanted)
            }
        return (configuration, reader, wanted)
    }
}

/// The built-in problems as a data set: 300 of each split.
private struct BuiltinReader: ProblemReader {
    let name: String
    let builtin: BuiltinProblems

    func forEach(
        _ split: Split?,
        _ body: (Problem) throws(DatasetError) -> Bool
    ) throws(DatasetError) -> DatasetReading {
        for split in split.map({ [$0] }) ?? Split.allCases {
            for problem in builtin.problems(split, count: 300) where try !body(problem) {
                return DatasetReading()
            }
        }
        return DatasetReading()
    }
}
