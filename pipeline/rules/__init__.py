"""The rules of the night: pure functions on the model. No files, no clock, no environment."""
