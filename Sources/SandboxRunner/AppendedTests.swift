import Programs

/// A program with test code of its own language behind it, made to say a nonce once the test's `main` has returned.
///
/// Leaving early, however politely, does not say it. The test and the program share one process here, so a program that
/// searches its own memory can find the nonce: see docs/sandbox.md.
enum AppendedTests {
    /// C++: the test's `main` gets another name, and a new `main` calls it.
    static func cpp(program: String, test: String, nonce: String) -> String {
        let scan = SourceScan(test)
        let hasMain = scan.words.contains { $0.text == "main" && scan.next(after: $0.range.upperBound)?.byte == 0x28 }
        let name = "tests_\(nonce.prefix(16))"
        // A macro of the program's must not rewrite the test.
        let defined = definitions(in: program)
        let undone = Set(scan.words.map(\.text)).intersection(defined).sorted().map { "#undef \($0)\n" }.joined()
        let rename = "#undef main\n#define main \(name)\n"
        let front =
            hasMain ? program + "\n" + undone + rename + endingInReturn(test, scan) : rename + program + "\n" + test
        return front + """

            #undef main
            #include <cstdio>
            #include <type_traits>
            namespace \(name)_caller {
            static int call(int (*tests)(), int, char **) { return tests(); }
            static int call(int (*tests)(int, char **), int count, char **arguments) { return tests(count, arguments); }
            static int call(int (*tests)(int, const char **), int count, char **arguments) {
                return tests(count, const_cast<const char **>(arguments));
            }
            }
            int main(int count, char **arguments) {
                int status = \(name)_caller::call(\(name), count, arguments);
                std::fflush(nullptr);
                if (status == 0) std::printf("\\n%s\\n", "\(nonce)");
                std::fflush(nullptr);
                return status;
            }

            """
    }

    /// Falling off the end is allowed in `main` only, so one that has got another name needs a `return`.
    private static func endingInReturn(_ test: String, _ scan: SourceScan) -> String {
        guard let last = scan.code.lastIndex(where: { $0 != 32 && !(9...13).contains($0) }),
            scan.code[last] == UInt8(ascii: "}"),
            let main = scan.words.last(where: { $0.text == "main" }),
            let open = scan.code[main.range.upperBound...].firstIndex(of: UInt8(ascii: "{"))
        else { return test }
        var depth = 0
        for at in open...last {
            if scan.code[at] == UInt8(ascii: "{") { depth += 1 }
            if scan.code[at] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 && at != last { return test }
        }
        let bytes = Array(test.utf8)
        return String(decoding: bytes[..<last], as: UTF8.self) + "\nreturn 0;\n"
            + String(decoding: bytes[last...], as: UTF8.self)
    }

    private static func definitions(in program: String) -> Set<String> {
        let words = SourceScan(program).words
        var names: Set<String> = []
        for (word, following) in zip(words, words.dropFirst()) where word.text == "define" {
            names.insert(following.text)
        }
        return names
    }

    /// Java: the sources of a program with its test, and the class to start.
    static func java(program: String, test: String, nonce: String) -> (
        files: [(name: String, text: String)], main: String
    )? {
        let (imports, body) = hoistedImports(test)
        let own = JavaSource(program)
        // One file may have one public class.
        let demoted = own.publicClass == nil ? body : body.replacingPublicClasses()
        let package = own.package
        let whole = package == nil ? imports + program + "\n" + demoted : program + "\n" + demoted
        let source = JavaSource(whole)
        guard let tests = JavaSource(demoted).mainClass ?? source.mainClass else { return nil }
        let entry = "Entry_\(nonce.prefix(16))"
        let wrapper = """
            \(package.map { "package \($0);" } ?? "")
            class \(entry) {
                public static void main(String[] arguments) throws Throwable {
                    java.io.PrintStream out = System.out;
                    \(tests).main(arguments);
                    System.out.flush();
                    out.println();
                    out.println("\(nonce)");
                    out.flush();
                }
            }

            """
        let qualified = package.map { "\($0).\(entry)" } ?? entry
        return ([(source.fileName, whole), ("\(entry).java", wrapper)], qualified)
    }

    private static func hoistedImports(_ test: String) -> (imports: String, body: String) {
        var imports = ""
        var body = ""
        for line in test.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.drop(while: { $0 == " " || $0 == "\t" }).hasPrefix("import ") {
                imports += line + "\n"
            } else {
                body += line + "\n"
            }
        }
        return (imports, body)
    }
}

extension String {
    fileprivate func replacingPublicClasses() -> String {
        let bytes = Array(utf8)
        var result: [UInt8] = []
        var position = 0
        let words = SourceScan(self).words
        for (word, following) in zip(words, words.dropFirst())
        where word.text == "public"
            && ["class", "interface", "enum", "record", "final", "abstract"].contains(following.text)
        {
            result += bytes[position..<word.range.lowerBound]
            position = word.range.upperBound
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }
}

/// What the tool chain needs to know of a Java source: its package, its public class and the class with `main`.
struct JavaSource {
    private(set) var package: String?
    private(set) var publicClass: String?
    private(set) var mainClass: String?
    private var firstClass: String?

    init(_ source: String) {
        let scan = SourceScan(source)
        let words = scan.words
        var depth = 0
        var position = 0
        var current: String?
        for (i, word) in words.enumerated() {
            for at in position..<word.range.lowerBound {
                if scan.code[at] == UInt8(ascii: "{") { depth += 1 }
                if scan.code[at] == UInt8(ascii: "}") { depth -= 1 }
            }
            position = word.range.upperBound
            if depth == 0, word.text == "package", let end = scan.code[position...].firstIndex(of: UInt8(ascii: ";")) {
                package = String(decoding: scan.code[position..<end].filter { $0 > 32 }, as: UTF8.self)
            }
            if depth == 0, ["class", "interface", "enum", "record"].contains(word.text), i + 1 < words.count {
                current = words[i + 1].text
                firstClass = firstClass ?? current
                let modifiers = words[max(0, i - 3)..<i].map(\.text)
                if publicClass == nil, modifiers.contains("public") { publicClass = current }
            }
            let isMain = word.text == "main" && i > 0 && words[i - 1].text == "void"
            if isMain, depth == 1, mainClass == nil, scan.next(after: position)?.byte == UInt8(ascii: "(") {
                mainClass = current
            }
        }
    }

    /// The name that the file must have.
    var fileName: String { (publicClass ?? mainClass ?? firstClass ?? "Main") + ".java" }

    /// The class to start, with its package.
    var qualifiedMain: String {
        let name = mainClass ?? publicClass ?? firstClass ?? "Main"
        return package.map { "\($0).\(name)" } ?? name
    }
}
