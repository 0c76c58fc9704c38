"""How much of a thing the slow tests try: enough for every commit, and more for who asks for it.

NIGHTBUILD_SEEDS=50 pytest -m slow     fifty of everything that is tried with many seeds
NIGHTBUILD_FILES=40000 pytest -m slow  a larger folder
"""

from __future__ import annotations

import os

FILES = int(os.environ.get("NIGHTBUILD_FILES", "10000"))


def seeds(begin: int, usual: int) -> range:
    """So many seeds from the first on, unless the environment asks for another number."""
    return range(begin, begin + int(os.environ.get("NIGHTBUILD_SEEDS", usual)))
