import Learner

await LearnerCommand.main()
