"""The only rooms that know doit."""
