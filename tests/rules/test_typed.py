"""Words as they are to be typed: what a shell makes of them is the word again."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from pipeline.rules.typed import as_typed


def test_plain_words_and_blanks_are_as_every_shell_takes_them() -> None:
    assert as_typed("C8E@f10.0/M31") == "C8E@f10.0/M31"
    assert as_typed("ZWO ASI2600MM Pro") == '"ZWO ASI2600MM Pro"'
    assert as_typed("50 % $HOME") == "'50 % $HOME'"


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this computer")
@pytest.mark.parametrize("word", ["a\nb.fits", "it's\ta \\ name", "\x1b[31mred", "caf\u00e9\u2028x"])
def test_what_cannot_be_printed_is_typed_as_it_is_shown(word: str) -> None:
    typed = as_typed(word)
    assert typed.isprintable()
    said = subprocess.run(["bash", "-c", f"printf %s {typed}"], capture_output=True, check=True)
    assert said.stdout.decode() == word
