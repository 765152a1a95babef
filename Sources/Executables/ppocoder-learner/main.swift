// Placeholder until the command is written.
