import Learner

await runLearnerCommand()
