"""How much of a thing the tests try: enough for every commit, and more for who asks for it.

NIGHTBUILD_EXAMPLES=1 pytest           each property as often as it deserves; 10 is ten times that
NIGHTBUILD_SEEDS=50 pytest -m slow     fifty of everything that is tried with many seeds
NIGHTBUILD_FILES=40000 pytest -m slow  a larger folder
"""

from __future__ import annotations

import os

FILES = int(os.environ.get("NIGHTBUILD_FILES", "10000"))
_SHARE = float(os.environ.get("NIGHTBUILD_EXAMPLES", "0.4"))


def examples(deserved: int = 100) -> int:
    """How often a property is tried that deserves so many: every run draws others, so a share will do for each."""
    return max(5, round(deserved * _SHARE))


def seeds(begin: int, usual: int) -> range:
    """So many seeds from the first on, unless the environment asks for another number."""
    return range(begin, begin + int(os.environ.get("NIGHTBUILD_SEEDS", usual)))
