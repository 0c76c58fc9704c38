"""Arithmetic on arrays: no files, no headers."""
