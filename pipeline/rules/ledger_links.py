"""What the ledger's lines make of a place that was given to a frame: delivered, and what became of it since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.model.records import LinkFact

Record = Mapping[str, Any]
Links = dict[str, LinkFact]
Step = Callable[[Links, Record], None]


def _delivered(links: Links, record: Record) -> None:
    link = links.get(record["link"])
    if link is not None and link.state == "delivered" and link.stored == record["stored"]:
        return  # said twice: a marker speaks for what was delivered before it, so the first time counts
    when = record.get("when", "")
    links[record["link"]] = LinkFact(record["link"], record["stored"], "delivered", when, when)


def _state(state: str, *only_from: str) -> Step:
    """A step that brings a link from certain states into another, keeping since when, and where it was last seen."""

    def step(links: Links, record: Record) -> None:
        link, to = links[record["link"]], record.get("to", "")
        if link.state in only_from or (link.state == state and link.to != to):
            at = link.to if state == "absent" else record.get("at", "")
            links[link.link] = link._replace(state=state, since=record.get("when", ""), to=to, at=at)

    return step


LINK_STEPS: Mapping[str, Step] = {
    "delivered": _delivered,
    "withdrawn": _state("withdrawn", "delivered", "absent", "moved_on"),
    "seen_absent": _state("absent", "delivered", "moved_on"),
    "seen_again": _state("delivered", "absent", "moved_on"),
    "moved_on": _state("moved_on", "delivered", "absent"),
    "accepted": _state("accepted", "delivered", "absent", "moved_on", "withdrawn"),
}
