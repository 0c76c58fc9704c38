"""Words for what was expected and what was found, in texts about a person's settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pipeline.rules.keys import Form

_ONE: Mapping[object, str] = {
    str: "a text in quotes",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    date: "a date such as 2025-11-23 (no quotes)",
}
_MANY: Mapping[object, str] = {
    str: "texts in quotes",
    bool: "true or false",
    int: "whole numbers",
    float: "numbers",
    date: "dates",
}


def kind_words(form: Form, *, many: bool = False) -> str:
    """What is asked for, in words: `a number`, `a list of texts in quotes`."""
    if form.arms:
        return " or ".join(kind_words(arm, many=many) for arm in form.arms)
    if form.item:
        return f"a list of {kind_words(form.item, many=True)}"
    if form.words is not None:
        return listed(form.words, last="or", quoted=True)
    if form.table:
        return "tables" if many else "a table"
    return (_MANY if many else _ONE)[form.hint]


def found(value: object) -> str:
    """What stands there instead, short enough for one line."""
    if isinstance(value, str):
        return f'the text "{_cut(value)}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return _cut(str(value))


def listed(words: Iterable[object], *, last: str = "and", quoted: bool = False) -> str:
    """`a, b and c`."""
    texts = [f'"{word}"' if quoted else str(word) for word in words]
    return f" {last} ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word a person most likely meant."""
    from difflib import get_close_matches  # only a mistake needs it

    by_fold = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


def meant(word: str, known: Iterable[str]) -> str:
    """`did you mean "C8E@f10.0+ZWO"?`, where a name begins so or is near; else `there are ...`, all of them."""
    names = sorted(set(known))
    begun = [name for name in names if word and name.casefold().startswith(word.casefold())]
    close = nearest(word, names)
    likely = begun or ([close] if close else [])
    if likely:
        return f"did you mean {listed(likely, last='or', quoted=True)}?"
    return f"there are {listed(names)}." if names else "there are none."


def _cut(text: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= 60 else plain[:59] + "…"
