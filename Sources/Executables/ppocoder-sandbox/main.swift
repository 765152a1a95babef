import SandboxRunner

await SandboxCommand.main()
