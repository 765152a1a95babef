import SandboxRunner

await runSandboxCommand()
