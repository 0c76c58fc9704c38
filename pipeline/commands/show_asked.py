"""What may be typed after `doit show SUBJECT`, and the question it makes."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence

from pipeline.model.errors import UserError
from pipeline.model.library import TargetAlias
from pipeline.model.measures import QUANTITIES
from pipeline.rules.conditions import Condition, condition, conditions_of
from pipeline.rules.question_words import kinds, known, span, stages, states
from pipeline.rules.questions import NO, PARTLY, YES, Question

_NAMED = ("target", "panel", "filter", "rig", "optic", "camera", "site", "exposure", "kind", "stage", "state")
_NIGHTS = ("night", "from", "to", "year")
_OF_SETS = frozenset((*_NAMED, *_NIGHTS, "where", "calibrated", "master", "backed_up"))
_TAKES: Mapping[str, frozenset[str]] = {
    "frames": _OF_SETS,
    "sets": _OF_SETS,
    "sessions": _OF_SETS,
    "targets": _OF_SETS,
    "stats": _OF_SETS | {"by"},
    "masters": frozenset((*_NAMED, *_NIGHTS, "master", "where", "backed_up")) - {"panel", "stage", "state"},
    "equipment": _OF_SETS | {"what"},
    "sites": _OF_SETS,
    "projects": _OF_SETS,
}
"""Which filters a subject can answer; the others are refused rather than left out."""
SUBJECTS = tuple(_TAKES)
_EQUIPMENT = ("rig", "optic", "camera", "filter")


def add_filters(parser: argparse.ArgumentParser) -> None:
    """The filters. Each may be given several times: any of the words will do."""
    add = parser.add_argument_group("which ones").add_argument
    add(
        "--target",
        "--object",
        action="append",
        default=[],
        metavar="NAME",
        help="in any catalogue spelling; * fits",
    )
    add("--panel", action="append", default=[], metavar="N")
    add("--filter", action="append", default=[], metavar="NAME")
    add("--night", default="", metavar="DATE", help="the evening's date, or FIRST..LAST")
    add("--from", dest="from_", default="", metavar="DATE", help="this night and later ones")
    add("--to", default="", metavar="DATE", help="this night and earlier ones")
    add("--year", default="", metavar="YEAR", help="or FIRST..LAST")
    for name in ("rig", "optic", "camera", "site"):
        add(f"--{name}", action="append", default=[], metavar="NAME", help="the name, or a part of it")
    add("--exposure", action="append", default=[], metavar="S", help="seconds, or a range: 120..300")
    add("--kind", action="append", default=[], metavar="KIND", help="light, flat, dark, bias ...")
    add(
        "--stage",
        action="append",
        default=[],
        metavar="STAGE",
        help="10_Blink to 70_Abandon, _Reject; or blink ...",
    )
    add(
        "--state",
        "--verdict",
        action="append",
        default=[],
        metavar="STATE",
        help="accepted, culled, blinked-away ...",
    )
    add("--where", action="append", default=[], metavar="'hfr<2.5'", help="any quantity or number, in quotes")
    add("--calibrated", choices=(YES, NO, PARTLY), default="")
    add(
        "--master",
        default="",
        metavar="NAME",
        help="calibrated with this master: its path, or a part of its name",
    )
    add("--backed-up", choices=(YES, NO), default="", help="the bucket has it; of a set: all of its frames")
    add("--what", choices=_EQUIPMENT, default="", help="with equipment: only these")
    add(
        "--by",
        default="",
        metavar="KEY[,KEY]",
        help="with stats: object, filter, camera, rig, month, year ...",
    )
    for name, quantity in QUANTITIES.items():
        about = f"{quantity.words} ({quantity.witness}): a range, ..2.5 at most, 1.5.. at least"
        add(f"--{name.replace('_', '-')}", dest=f"of_{name}", default="", metavar="RANGE", help=about)


def question_of(arguments: argparse.Namespace, aliases: Iterable[TargetAlias]) -> Question:
    """What was asked.

    Raises:
        UserError: A word can never be right, or the subject cannot be asked so.
    """
    refuse_strangers(arguments)
    first, last = span(arguments.night, arguments.from_, arguments.to, arguments.year)
    return Question(
        targets=tuple(arguments.target),
        panels=tuple(arguments.panel),
        filters=tuple(arguments.filter),
        first=first,
        last=last,
        rigs=tuple(arguments.rig),
        optics=tuple(arguments.optic),
        cameras=tuple(arguments.camera),
        sites=tuple(arguments.site),
        exposures=tuple(
            condition("exposure_s", typed, f"--exposure {typed}") for typed in arguments.exposure
        ),
        kinds=kinds(arguments.kind),
        stages=stages(arguments.stage),
        states=states(arguments.state),
        where=(*map(conditions_of, arguments.where), *_measured(arguments)),
        calibrated=arguments.calibrated,
        master=arguments.master,
        backed_up=arguments.backed_up,
        aliases=tuple(aliases),
    )


def _measured(arguments: argparse.Namespace) -> list[Condition]:
    typed = {name: getattr(arguments, f"of_{name}") for name in QUANTITIES}
    return [
        condition(name, limits, f"--{name.replace('_', '-')} {limits}")
        for name, limits in typed.items()
        if limits
    ]


def subject_of(typed: str) -> str:
    """The subject that is meant; one of it will do: `frame`, `target`."""
    names = {name.removesuffix("s"): name for name in SUBJECTS} | {name: name for name in SUBJECTS}
    return names[known("doit show", typed, names)]


def refuse_strangers(arguments: argparse.Namespace) -> None:
    """Say which filter a subject cannot be asked by, instead of answering as if it were not there."""
    given: Sequence[str] = [
        name
        for name in (*_NAMED, *_NIGHTS, "where", "calibrated", "master", "backed_up", "what", "by")
        if getattr(arguments, "from_" if name == "from" else name)
    ]
    for name in given:
        if name not in _TAKES[arguments.subject]:
            raise UserError(
                f"--{name.replace('_', '-')} says nothing of {arguments.subject}: "
                f"it is asked of {', '.join(one for one, takes in _TAKES.items() if name in takes)}."
            )
