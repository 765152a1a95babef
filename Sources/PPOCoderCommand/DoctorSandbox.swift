import Foundation
import Programs
import SandboxRunner

/// Checks of the sandbox: its walls, the tool chains, and one program per language that must and one that must not pass.
enum DoctorSandbox {
    private struct Canary {
        var language: Language
        /// Debian packages of the tool chain.
        var package: String
        /// Whether nothing works without it.
        var isNeeded: Bool
        var program: String
    }

    private static let canaries = [
        Canary(language: .python, package: "python3", isNeeded: true, program: "print(int(input()) * 2)\n"),
        Canary(
            language: .c,
            package: "gcc libc6-dev",
            isNeeded: false,
            program:
                "#include <stdio.h>\nint main(void) { int x; return scanf(\"%d\", &x) != 1 || printf(\"%d\\n\", 2 * x) < 0; }\n"
        ),
        Canary(
            language: .csharp,
            package: "mono-mcs libmono-system-numerics4.0-cil",
            isNeeded: false,
            program:
                "using System;\nclass A { static void Main() { Console.WriteLine(2 * int.Parse(Console.ReadLine())); } }\n"
        ),
        Canary(
            language: .go,
            package: "golang-go",
            isNeeded: false,
            program:
                "package main\n\nimport \"fmt\"\n\nfunc main() { var x int; fmt.Scan(&x); fmt.Println(2 * x) }\n"
        ),
        Canary(
            language: .cpp,
            package: "g++",
            isNeeded: false,
            program: "#include <iostream>\nint main() { int x; std::cin >> x; std::cout << 2 * x << std::endl; }\n"
        ),
        Canary(
            language: .java,
            package: "openjdk-17-jdk-headless",
            isNeeded: false,
            program: """
                import java.util.Scanner;
                public class Main {
                    public static void main(String[] arguments) {
                        System.out.println(2 * new Scanner(System.in).nextInt());
                    }
                }
                """
        ),
    ]

    static func checks() async -> [DoctorCheck] {
        var configuration = SandboxConfiguration()
        configuration.slots = 1
        configuration.verdictCacheEntries = 0
        // To see what is missing, and to say so.
        configuration.acceptsWeakWalls = true
        let pool: SandboxPool
        do {
            pool = try await SandboxPool(configuration: configuration)
        } catch {
            return [
                .fail(
                    "sandbox",
                    "\(error)",
                    advice: "untrusted programs are not run without walls; see docs/sandbox.md"
                )
            ]
        }
        var checks: [DoctorCheck] = await pool.wallsReport().map { .ok("sandbox", $0) }
        checks += pool.walls.missing.map {
            .fail(
                "sandbox",
                "below the minimum, missing: \($0)",
                advice: "untrusted programs are refused unless --accept-weak-walls is given; see docs/sandbox.md"
            )
        }
        let toolChains = await pool.toolChains
        for canary in canaries {
            guard let version = toolChains[canary.language] else {
                let advice = "install it: apt-get install \(canary.package), or run ./setup"
                let found = "no tool chain: programs in \(canary.language.rawValue) cannot be judged"
                checks.append(
                    canary.isNeeded
                        ? .fail(canary.language.rawValue, found, advice: advice)
                        : .warn(canary.language.rawValue, found, advice: advice)
                )
                continue
            }
            checks.append(await check(canary, version: version, pool: pool))
        }
        await pool.shutdown()
        return checks
    }

    private static func check(_ canary: Canary, version: String, pool: SandboxPool) async -> DoctorCheck {
        let name = canary.language.rawValue
        func verdict(expecting output: String) async -> Verdict {
            await pool.judge(
                ExecutionJob(
                    id: "doctor",
                    language: canary.language,
                    program: canary.program,
                    tests: [.stdio(stdin: "21\n", stdout: output)],
                    limits: limits
                )
            )
        }
        let right = await verdict(expecting: "42\n")
        guard right.outcome == .accepted else {
            return .fail(
                name,
                "\(version): a right program was judged \(right.outcome.rawValue): \(right.diagnostics)",
                advice: "is the tool chain complete? ./setup installs what is needed"
            )
        }
        let wrong = await verdict(expecting: "43\n")
        guard wrong.outcome == .wrongAnswer else {
            return .fail(
                name,
                "\(version): a wrong program was judged \(wrong.outcome.rawValue)",
                advice: "verdicts cannot be trusted here"
            )
        }
        return .ok(name, "\(version); judges right and wrong programs")
    }

    private static var limits: ExecutionLimits {
        var limits = ExecutionLimits()
        // The Java virtual machine reserves far more than it uses.
        limits.memoryBytes = 1 << 30
        return limits
    }
}
