"""A question answered from the small tables of the catalogue: sets, and what is told through them.

    Question + Catalog ─sets_meant─▶ sets ─▶ sessions, targets, sums, the masters and instruments they used

Frames are answered line by line (`question_frames`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.model.catalog import Catalog, MasterRow, ProjectRow, SetRow
from pipeline.model.plans import Progress
from pipeline.rules.question_sums import joiner, sessions, stage_by_set, summed, sums_by, targets
from pipeline.rules.questions import Question, Row, kept_test, set_test, whole_set_test

Rows = Sequence[Row]
_ANY = Question()


def sets_meant(question: Question, catalog: Catalog) -> list[SetRow]:
    """The sets a question is about."""
    is_meant = whole_set_test(question, stage_by_set(catalog.projects))
    return [row for row in catalog.sets if is_meant(row)]


def rows_of(
    subject: str,
    question: Question,
    catalog: Catalog,
    *,
    by: Sequence[str] = (),
    what: str = "",
    progress: Iterable[Progress] = (),
) -> Rows:
    """The rows that answer, unsorted but for sums.

    Args:
        subject: `sets`, `sessions`, `targets`, `stats`, `masters`, `equipment`, `sites` or `projects`.
        question: What was asked, its names settled.
        catalog: All tables but the frames'.
        by: Of stats, what is summed by; empty: all together.
        what: Of equipment, `rig`, `optic`, `camera` or `filter`.
        progress: Of targets, what is wanted.
    """
    if subject == "masters":
        return masters_meant(question, catalog)
    sets = sets_meant(question, catalog)
    joined = joiner(catalog.sets, question.aliases)
    match subject:
        case "sets":
            return sets
        case "sessions":
            return sessions(catalog.sessions, sets)
        case "targets":
            named = replace(question, targets=(), panels=(), filters=(), rigs=(), aliases=()) == _ANY
            return targets(sets, catalog.projects, progress, joined, with_unshot=named)
        case "stats":
            return sums_by(sets, by, joined) if by else [summed(sets)]
        case "projects":
            return _projects(question, catalog, sets)
        case "sites":
            used = _values(sets, "site")
            return [row for row in catalog.sites if _is_any(question) or row["name"] in used]
    return _equipment(question, catalog, sets, what)


def progress_test(question: Question) -> Callable[[Progress], bool]:
    """Whether what is wanted is part of the question: by target, panel, filter, and rig where the wish names one."""
    asked = replace(
        _ANY,
        targets=question.targets,
        panels=question.panels,
        filters=question.filters,
        aliases=question.aliases,
    )
    is_meant, is_rigs = set_test(asked), set_test(replace(_ANY, rigs=question.rigs))
    return lambda one: (
        is_meant({"target": one.target, "panel": one.panel, "filter": one.filter})
        and (not one.rig or is_rigs({"rig": one.rig}))
    )


def masters_meant(question: Question, catalog: Catalog) -> list[MasterRow]:
    """Masters by what they are, and by the sets that chose them."""
    own = replace(
        question,
        kinds=tuple(
            name for kind in question.kinds for name in (kind, f"MASTER {kind.removeprefix('MASTER ')}")
        ),
        targets=(),
        rigs=(),
        sites=(),
        master="",
    )
    is_so, is_kept = set_test(own), kept_test(question)
    through = replace(
        _ANY, targets=question.targets, rigs=question.rigs, sites=question.sites, aliases=question.aliases
    )
    used = _paths_used(through, catalog) if _asks(through) else None
    named = question.master.replace("\\", "/").casefold()
    return [
        row
        for row in catalog.masters
        if is_so(row) and is_kept(row) and all(one.test(row) for one in question.where)
        if (used is None or row["path"] in used) and named in row["path"].casefold()
    ]


def _paths_used(question: Question, catalog: Catalog) -> set[str]:
    return {
        str(chosen.get("path", ""))
        for row in sets_meant(question, catalog)
        for chosen in row.get("masters", {}).values()
    }


def _projects(question: Question, catalog: Catalog, sets: Sequence[SetRow]) -> list[ProjectRow]:
    """Projects by their sets; one without sets (its frames lie in its folder alone) by what it says itself."""
    if _is_any(question):
        return list(catalog.projects)
    ids = {row["id"] for row in sets}
    is_so = set_test(replace(_ANY, targets=question.targets, rigs=question.rigs, aliases=question.aliases))
    only_named = replace(question, targets=(), rigs=(), stages=(), aliases=()) == _ANY
    stages = frozenset(question.stages)
    return [
        row
        for row in catalog.projects
        if (ids.intersection(row.get("sets", ())) or (only_named and is_so(row)))
        if not stages or row["stage"] in stages
    ]


def _equipment(question: Question, catalog: Catalog, sets: Sequence[SetRow], what: str) -> Rows:
    rows = [row for row in catalog.equipment if what in ("", row["what"])]
    if _is_any(question):
        return rows
    used = {key: _values(sets, key) for key in ("rig", "optic", "camera", "filter")}
    return [row for row in rows if row["name"] in used.get(row["what"], ())]


def _values(sets: Iterable[Mapping[str, Any]], key: str) -> set[str]:
    return {str(row[key]) for row in sets if row.get(key)}


def _is_any(question: Question) -> bool:
    return replace(question, aliases=()) == _ANY


def _asks(question: Question) -> bool:
    return not _is_any(question)
