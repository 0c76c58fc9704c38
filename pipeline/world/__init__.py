"""The neighbours: one module each for disk, FITS, XISF, SQLite, a service. They carry, they never decide."""
