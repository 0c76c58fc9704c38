"""What a person types: one file a command, a function from arguments to an Answer. No doit, no print."""
