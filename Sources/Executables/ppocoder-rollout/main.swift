import RolloutWorker

await runRolloutWorkerCommand()
