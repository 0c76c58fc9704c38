"""Which rig or camera of a library a word on a command line means."""

from __future__ import annotations

from pipeline.rules import rig_words
from pipeline.world.library import OpenLibrary
from pipeline.world.summaries import read_outline


def rig_called(library: OpenLibrary, word: str) -> str:
    """Its name; the word itself where nothing here is called so, and then whoever asked has the sentence for it.

    Raises:
        UserError: Several may be meant.
    """
    if not word:
        return ""
    outline = read_outline(library.root, library.state, remember=False)
    rigs = library.configuration.rigs
    files = {rig.name for rig in rigs} | {rig.camera.name for rig in rigs}
    return rig_words.rig_called(word, {owner for owner, _ in outline.nights}, files)
