import Foundation
import Programs
import SandboxRunner

/// Checks of the sandbox: its walls, the tool chains, and one program per language that must and one that must not pass.
enum DoctorSandbox {
    /// Debian packages of the tool chain.
    private static func packages(_ language: Language) -> String {
        switch language {
        case .python: "python3"
        case .c: "gcc libc6-dev"
        case .cpp: "g++"
        case .java: "openjdk-17-jdk-headless"
        case .csharp: "mono-mcs libmono-system-numerics4.0-cil"
        case .php: "php-cli"
        case .javascript: "nodejs"
        case .go: "golang-go"
        case .ruby: "ruby"
        }
    }

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
        for canary in Canary.all {
            guard let version = toolChains[canary.language] else {
                let advice = "install it: apt-get install \(packages(canary.language)), or run ./setup"
                let found = "no tool chain: programs in \(canary.language.rawValue) cannot be judged"
                checks.append(
                    canary.language == .python
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
        guard let complaint = await canary.complaint({ await pool.judge($0) }) else {
            return .ok(name, "\(version); judges right and wrong programs")
        }
        return .fail(
            name,
            "\(version): \(complaint)",
            advice: "verdicts cannot be trusted here; is the tool chain complete? ./setup installs what is needed"
        )
    }
}
