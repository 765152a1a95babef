import PPOCoderCommand

await PPOCoderCommand.main()
