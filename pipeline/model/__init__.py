"""The words of the night: frozen values every other room speaks in. No I/O, no rules."""
