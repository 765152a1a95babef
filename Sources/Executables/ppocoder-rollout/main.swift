import RolloutWorker

await RolloutWorkerCommand.main()
