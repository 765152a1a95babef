package import ArgumentParser
internal import Foundation
internal import Learner
internal import Telemetry

/// `ppocoder`: the front end.
///
/// It holds nothing; it starts the other processes or runs one-shot commands.
package struct FrontEnd: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ppocoder",
        abstract: "Fine-tunes code models with execution feedback: PPO over rollout workers and sandboxed executors.",
        discussion: "Exit codes: 0 done, 1 failed, 2 bad usage or bad input. Machine-readable output goes to the named "
            + "file, or with --json to stdout; everything for people goes to stderr.",
        subcommands: [
            TrainCommand.self, SFTCommand.self, EvalCommand.self, DataCommand.self, GenerateCommand.self,
            LogprobsCommand.self,
            JudgeCommand.self, ScoreCommand.self, ReplayCommand.self, DiffCommand.self, BenchCommand.self,
            DoctorCommand.self, DashboardCommand.self, StatusCommand.self, ReportCommand.self, TraceCommand.self,
            KeygenCommand.self, LaunchCommand.self,
        ]
    )

    package init() {}

    /// Parses and runs, with exit code 2 for bad usage and bad input.
    package static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            exit(code)
        } catch {
            let usage = exitCode(for: error)
            if usage == .success || usage == .validationFailure {
                // Help that was asked for goes to stdout with 0, bad usage to stderr with 2.
                let text = fullMessage(for: error)
                if usage == .success {
                    print(text)
                    exit(ExitCode(0))
                }
                writeNotice(text)
                exit(ExitCode(2))
            }
            writeNotice("ppocoder: \(describe(error))")
            if case SupervisorError.badInput = error { exit(ExitCode(2)) }
            if error is HostFileError { exit(ExitCode(2)) }
            exit(ExitCode(processExitCode(for: error)))
        }
    }

    private static func exit(_ code: ExitCode) -> Never { Foundation.exit(code.rawValue) }
}

/// Where a command's settings come from: a file, the environment, `--set`.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("YAML file with settings; see --print-config for all keys.", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Change one setting, for example ppo.clip_epsilon=0.1; may be repeated.",
            valueName: "key=value"
        )
    )
    var overrides: [String] = []

    @Flag(help: "Print the settings as YAML, with every default, and stop.")
    var printConfig = false

    /// The task that file, environment and flags name, without checking anything else.
    func task(flags: [String]) throws -> String {
        var loader = try ConfigurationLoader()
        if let config { try loader.merge(yamlFile: config) }
        try loader.merge(environment: ProcessInfo.processInfo.environment)
        for flag in flags + overrides { try loader.merge(override: flag) }
        return loader.task
    }

    /// The settings: defaults, then the file, `PPOCODER_SECTION__KEY` variables, `flags`, `--set`.
    ///
    /// - Parameters:
    ///   - base: the defaults.
    ///   - flags: what the command's own flags say, as `key=value`.
    /// - Returns: the settings, validated.
    /// - Throws: when the file cannot be read or a setting is refused, naming the key; `ExitCode.success` once
    ///   `--print-config` has printed them.
    func load(base: RunConfiguration = RunConfiguration(), flags: [String] = []) throws -> RunConfiguration {
        var loader = try ConfigurationLoader(base: base)
        if let config { try loader.merge(yamlFile: config) }
        try loader.merge(environment: ProcessInfo.processInfo.environment)
        for flag in flags + overrides { try loader.merge(override: flag) }
        let configuration = try loader.finish()
        if printConfig {
            print(try configuration.yaml(), terminator: "")
            throw ExitCode.success
        }
        return configuration
    }
}
