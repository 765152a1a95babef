import Determinism
import Foundation
import Programs

/// What tool chains need on a machine beside themselves, made on first use and kept: precompiled headers, the warm
/// compilers' servers, and the harnesses that call programs.
///
/// It lies in a directory that only this user may write to, by a name that says what it was made from, and is read-only
/// in every slot.
enum PreparedTools {
    /// Makes what a directory of prepared files holds.
    struct Recipe {
        /// Everything that the result depends on, beside the tool's version.
        var inputs: [String]
        /// Makes the files in the directory; false when it failed.
        var make: (_ directory: String) -> Bool
    }

    /// - Returns: the tool chain, ready, and what slots must be shown for it; nil when it cannot work on this machine.
    static func prepare(
        _ toolChain: ToolChain,
        _ configuration: SandboxConfiguration
    ) -> (toolChain: ToolChain, bind: (from: String, to: String)?)? {
        let inSlot = "/prepared/\(toolChain.language.rawValue)"
        let made = recipe(toolChain.language).flatMap { directory(toolChain, $0, configuration) }
        var ready = toolChain
        switch toolChain.language {
        case .c: ready.compiledLanguage = NativeLanguage(isCpp: false, hasGold: hasGold)
        case .cpp:
            var language = NativeLanguage(isCpp: true, hasGold: hasGold)
            if let made {
                language.headers = inSlot
                language.rareWords = CppHeaders.rareWords(in: made.path)
            }
            ready.compiledLanguage = language
        case .go: ready.compiledLanguage = GoLanguage(harness: made == nil ? nil : inSlot)
        case .java:
            guard made != nil else { return nil }
            ready.compiledLanguage = JavaLanguage(harness: inSlot)
        case .csharp:
            guard made != nil else { return nil }
            ready.compiledLanguage = CSharpLanguage(harness: inSlot)
        case .python, .javascript, .php, .ruby: return (toolChain, nil)
        }
        ready.fingerprint = made?.fingerprint ?? ""
        return (ready, made.map { (from: $0.path, to: inSlot) })
    }

    private static let hasGold = FileManager.default.isExecutableFile(atPath: "/usr/bin/ld.gold")

    private static func recipe(_ language: Language) -> Recipe? {
        switch language {
        case .cpp: return CppHeaders.recipe(flags: NativeLanguage(isCpp: true).flags)
        case .java:
            return Recipe(inputs: [javaCompilerServer, javaHarness]) { directory in
                write(javaCompilerServer, to: directory + "/CompilerServer.java")
                    && write(javaHarness, to: directory + "/Harness.java")
                    && run(
                        ["/usr/bin/javac", "-nowarn", "-d", ".", "CompilerServer.java", "Harness.java"],
                        in: directory
                    )
            }
        case .csharp:
            return Recipe(inputs: [csharpCompilerServer, csharpHarness, csharpCompareObjects]) { directory in
                let mcs = ["/usr/bin/mcs", "-optimize+", "-langversion:latest", "-r:System.Numerics.dll"]
                let library = ["-target:library", "-out:KellermanSoftware.CompareNetObjects.dll", "compare.cs"]
                return write(csharpCompilerServer, to: directory + "/server.cs")
                    && write(csharpHarness, to: directory + "/harness.cs")
                    && write(csharpCompareObjects, to: directory + "/compare.cs")
                    && run(mcs + ["-out:server.exe", "server.cs"], in: directory)
                    && run(mcs + ["-out:harness.exe", "harness.cs"], in: directory) && run(mcs + library, in: directory)
            }
        case .go:
            return Recipe(inputs: [GoHarness.package]) { directory in
                let compile = [
                    "\(GoLanguage.tools)/compile", "-p", "ppocoder/calls", "-complete", "-pack", "-I",
                    GoLanguage.packages, "-o",
                    "ppocoder/calls.a", "calls.go",
                ]
                let manager = FileManager.default
                try? manager.createDirectory(atPath: directory + "/ppocoder", withIntermediateDirectories: true)
                return write(GoHarness.package, to: directory + "/calls.go") && run(compile, in: directory)
            }
        case .c, .python, .javascript, .php, .ruby: return nil
        }
    }

    /// The directory with the recipe's result, made on the first call on a machine; nil when it cannot be made.
    private static func directory(
        _ toolChain: ToolChain,
        _ recipe: Recipe,
        _ configuration: SandboxConfiguration
    ) -> (path: String, fingerprint: String)? {
        let digest = Digest(of: ([toolChain.version] + recipe.inputs).joined(separator: "\u{0}")).hex
        let manager = FileManager.default
        // A home directory that may not be written to is no reason to do without.
        for base in [HostCache.directory(configuration), "/var/tmp/ppocoder-\(getuid())"] {
            let directory = "\(base)/prepared/\(toolChain.language.rawValue)-\(digest.prefix(24))"
            if manager.fileExists(atPath: directory), HostCache.isOurs(base), HostCache.isOurs(directory) {
                return (directory, digest)
            }
            let making = "\(directory).\(getpid())"
            defer { try? manager.removeItem(atPath: making) }
            guard (try? manager.createDirectory(atPath: making, withIntermediateDirectories: true)) != nil,
                HostCache.isOurs(base)
            else { continue }
            guard recipe.make(making) else { return nil }
            // Another process may have been quicker.
            guard unsafe rename(making, directory) == 0 || manager.fileExists(atPath: directory) else { continue }
            return (directory, digest)
        }
        return nil
    }

    static func write(_ text: String, to path: String) -> Bool {
        FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
    }

    static func run(_ command: [String], in directory: String, output: String? = nil) -> Bool {
        HostCache.runTrusted(command, in: directory, output: output)
    }
}

/// `<bits/stdc++.h>` compiled beforehand: it is what most short C++ programs include, and most of their compile time.
///
/// Twice, because loading it is then most of it: as a whole, and without headers that few programs use. A program gets
/// the smaller one when none of its words is a word that only the whole has, so that it cannot tell the difference.
enum CppHeaders {
    private static let rare: Set<String> = [
        "regex", "filesystem", "execution", "random", "memory_resource", "future", "thread", "shared_mutex",
        "condition_variable", "chrono", "mutex", "any", "variant", "charconv", "codecvt", "scoped_allocator",
        "valarray",
        "atomic", "typeindex", "complex", "ccomplex", "ctgmath", "complex.h", "tgmath.h", "stdatomic.h",
    ]

    /// What stands beside a compiled header: GCC uses that only for the first `#include` of a file.
    private static let fallback = "#include_next <bits/stdc++.h>\n"

    static func recipe(flags: [String]) -> PreparedTools.Recipe {
        PreparedTools.Recipe(inputs: flags + rare.sorted() + [fallback]) { directory in
            guard let names = headerNames(flags, directory) else { return false }
            let usual = names.filter { !rare.contains($0) }
            return make("all", names, flags, directory) && make("usual", usual, flags, directory)
        }
    }

    private static func make(_ name: String, _ headers: [String], _ flags: [String], _ directory: String) -> Bool {
        let manager = FileManager.default
        let folder = "\(directory)/\(name)/bits"
        guard (try? manager.createDirectory(atPath: folder, withIntermediateDirectories: true)) != nil else {
            return false
        }
        let text = name == "all" ? "#include <bits/stdc++.h>\n" : headers.map { "#include <\($0)>\n" }.joined()
        let source = "\(directory)/\(name).h"
        let compile = ["/usr/bin/g++"] + flags + ["-x", "c++-header", source]
        return PreparedTools.write(text, to: source) && PreparedTools.write(fallback, to: "\(folder)/stdc++.h")
            && PreparedTools.run(compile + ["-E", "-P", "-dD"], in: directory, output: "\(directory)/\(name).txt")
            && PreparedTools.run(compile + ["-o", "\(folder)/stdc++.h.gch"], in: directory)
    }

    /// The headers that `<bits/stdc++.h>` names, and that it includes for this standard of the language.
    private static func headerNames(_ flags: [String], _ directory: String) -> [String]? {
        let list = directory + "/headers.txt"
        // GCC lists the files that it opens, each once, at its depth.
        let command = ["/bin/sh", "-c", "exec /usr/bin/g++ \(flags[0]) -H -fsyntax-only -x c++ all.h 2>&1"]
        guard PreparedTools.write("#include <bits/stdc++.h>\n", to: directory + "/all.h"),
            PreparedTools.run(command, in: directory, output: list),
            let text = try? String(contentsOfFile: list, encoding: .utf8)
        else { return nil }
        let opened = text.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
        guard let whole = opened.first(where: { $0.hasSuffix("/bits/stdc++.h") }),
            let source = try? String(contentsOfFile: whole, encoding: .utf8)
        else { return nil }
        let named = source.split(separator: "\n").filter { $0.hasPrefix("#include <") }
            .map { String($0.dropFirst(10).prefix { $0 != ">" }) }
        let names = named.filter { name in opened.contains { $0.hasSuffix("/" + name) } }
        return names.count > 30 ? names : nil
    }

    /// Words of the whole header's text that are not in the smaller one's.
    ///
    /// Very short ones are names of parameters, which a program cannot tell; a macro it could.
    static func rareWords(in directory: String) -> Set<String> {
        guard let all = try? String(contentsOfFile: directory + "/all.txt", encoding: .utf8),
            let usual = try? String(contentsOfFile: directory + "/usual.txt", encoding: .utf8)
        else { return [] }
        let macros = SourceText.definitions(in: all)
        return words(all).subtracting(words(usual)).filter { $0.utf8.count > 2 || macros.contains($0) }
    }

    /// Whether a program cannot tell the smaller header from the whole one.
    static func suffices(_ program: String, without rareWords: Set<String>) -> Bool {
        // Literals of <chrono> and <complex> are words of their own, such as `10ms`.
        let suffixes = ["h", "min", "s", "ms", "us", "ns", "i", "if", "il"]
        return SourceScan(program).words.allSatisfy { word in
            if word.text.first?.isNumber == true { return !suffixes.contains { word.text.hasSuffix($0) } }
            return !rareWords.contains(word.text)
        }
    }

    private static func words(_ text: String) -> Set<String> { Set(SourceScan(text).words.map(\.text)) }
}
