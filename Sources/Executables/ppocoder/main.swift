import PPOCoderCommand

await FrontEnd.main()
