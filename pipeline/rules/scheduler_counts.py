"""What NINA's counts are to become: the plugin's own rule, one frame at a time, so that purged history stays counted.

    frame culled or blinked away   image accepted ─▶ rejected   the plan's `accepted` one less, so that it is shot again
    frame accepted, or restored    image rejected ─▶ accepted   one more

A project that NINA does not grade is planned by `acquired`: there the frame leaves that count too, and the image's
reason says so, since only then may it be given back. What is done already is read from the image's grade: a second
look changes nothing. An image that is no frame of this library, or one nobody judged yet, keeps what NINA says of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model.scheduler import AcquiredImage, Change, ExposurePlan, Grade, SchedulerRows, SeenFrame
from pipeline.model.verdicts import State
from pipeline.rules.scheduler_names import exposures_word, part_title
from pipeline.rules.spoken import counted
from pipeline.rules.targets import target_key

GOOD = frozenset({State.ACCEPTED.value, State.MOVED_ON.value})
BAD = frozenset(
    {State.CULLED.value, State.REJECTED.value, State.GIVEN_UP.value, State.TAKEN_OUT.value}
)  # every other state is not judged yet
MANUAL = "Manual"
"""The plugin's own word for an image that was rejected by hand."""
MANUAL_ACQUIRED = "Manual (acquired too)"
"""The same, and the image was taken out of `acquired`."""
_TABLE = "acquiredimage"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """One image as it is and as it is to be."""

    image: AcquiredImage
    frame: SeenFrame
    grade: int
    reason: str

    @property
    def is_news(self) -> bool:
        return (self.grade, self.reason) != (self.image.grade, self.image.reason)

    @property
    def was_away(self) -> bool:
        """True when it was taken out of `acquired`."""
        return self.image.reason == MANUAL_ACQUIRED

    @property
    def is_away(self) -> bool:
        return self.reason == MANUAL_ACQUIRED


def count_changes(rows: SchedulerRows, frames: Mapping[int, SeenFrame]) -> tuple[list[Change], list[str]]:
    """Every change the judged frames ask for, and a sentence for what cannot be counted."""
    linked, lost = _by_plan(rows)
    changes: list[Change] = []
    for plan in sorted(linked):
        changes += _plan_changes(rows, rows.plans[plan], linked[plan], frames)
    judged = [image for image in lost if (f := frames.get(image.id)) is not None and _would_change(image, f)]
    left = [f"{counted(len(judged), 'image')} whose exposure plan is gone: left as NINA has it"]
    return changes, left if judged else []


def _plan_changes(
    rows: SchedulerRows,
    plan: ExposurePlan,
    images: Sequence[AcquiredImage],
    frames: Mapping[int, SeenFrame],
) -> Iterator[Change]:
    """The changes of one plan and its images."""
    current = _counted_now(plan, images)
    graded = _is_graded(rows, plan)
    judged = [
        _judge(image, frames[image.id], is_graded=graded, is_current=image.id in current)
        for image in images
        if image.id in frames and frames[image.id].state in GOOD | BAD
    ]
    news = [one for one in judged if one.is_news]
    if not news:
        return
    for one in news:
        yield from _image_changes(one)
    about, why = part_title(rows, plan), _why(news)
    accepted = _accepted(plan, images, news, current)
    acquired = plan.acquired + sum(one.was_away - one.is_away for one in news if one.image.id in current)
    for column, before, after in (
        ("accepted", plan.accepted, accepted),
        ("acquired", plan.acquired, max(0, acquired)),
    ):
        if before != after:
            yield Change(
                table="exposureplan",
                id=plan.id,
                column=column,
                before=before,
                after=after,
                about=about,
                why=why,
            )


def _judge(image: AcquiredImage, frame: SeenFrame, *, is_graded: bool, is_current: bool) -> _Verdict:
    if frame.state in GOOD:
        reason = image.reason if image.grade == Grade.ACCEPTED else ""
        return _Verdict(image=image, frame=frame, grade=Grade.ACCEPTED, reason=reason)
    if image.grade == Grade.REJECTED and image.reason not in {MANUAL, MANUAL_ACQUIRED} and is_graded:
        reason = image.reason  # NINA's own grader saw it too
    else:
        reason = MANUAL if is_graded or not is_current else MANUAL_ACQUIRED
    return _Verdict(image=image, frame=frame, grade=Grade.REJECTED, reason=reason)


def _accepted(
    plan: ExposurePlan, images: Iterable[AcquiredImage], news: Iterable[_Verdict], current: frozenset[int]
) -> int:
    """The plan's `accepted`: what NINA counts beyond its images is kept, and no image is taken off twice.

    Where it says less than there are accepted images, somebody lowered it by hand for some of them: then it is only
    held down to what is left of them.
    """
    before = sum(image.grade == Grade.ACCEPTED for image in images if image.id in current)
    here = [one for one in news if one.image.id in current]
    gained = sum((one.grade == Grade.ACCEPTED) - (one.image.grade == Grade.ACCEPTED) for one in here)
    beyond = plan.accepted - before
    after = before + gained
    return max(0, after + beyond if beyond >= 0 else min(plan.accepted, after))


def _counted_now(plan: ExposurePlan, images: Sequence[AcquiredImage]) -> frozenset[int]:
    """The images that are part of the plan's counts: the newest, as many as it acquired since it was last reset."""
    newest = sorted(images, key=lambda one: (one.taken_unix_s or 0.0, one.id), reverse=True)
    found, counted_here = set(), 0
    for image in newest:
        if counted_here >= plan.acquired and image.reason != MANUAL_ACQUIRED:
            break
        counted_here += image.reason != MANUAL_ACQUIRED
        found.add(image.id)
    return frozenset(found)


def _by_plan(rows: SchedulerRows) -> tuple[dict[int, list[AcquiredImage]], list[AcquiredImage]]:
    """The images of each plan, and those whose plan is gone."""
    of_target: dict[int, list[ExposurePlan]] = defaultdict(list)
    for plan in rows.plans.values():
        of_target[plan.target].append(plan)
    linked: dict[int, list[AcquiredImage]] = defaultdict(list)
    lost: list[AcquiredImage] = []
    for image in rows.images:
        found = _plan_of(image, rows, of_target.get(image.target, ()))
        if found is None:
            lost.append(image)
        else:
            linked[found.id].append(image)
    return linked, lost


def _plan_of(
    image: AcquiredImage, rows: SchedulerRows, of_target: Sequence[ExposurePlan]
) -> ExposurePlan | None:
    """The plan it was shot for; numbers are given anew once a plan is deleted, so target and filter must agree."""
    plan = rows.plans.get(image.plan)
    if image.plan:
        return plan if plan is not None and plan.target == image.target and _is_through(image, plan) else None
    alike = [one for one in of_target if _is_through(image, one)]
    if len(alike) > 1 and image.exposure_s is not None:
        alike = [one for one in alike if abs(one.exposure_s - image.exposure_s) <= 0.01 * image.exposure_s]
    return alike[0] if len(alike) == 1 else None


def _is_through(image: AcquiredImage, plan: ExposurePlan) -> bool:
    return target_key(image.filter) == target_key(plan.filter)


def _is_graded(rows: SchedulerRows, plan: ExposurePlan) -> bool:
    target = rows.targets.get(plan.target)
    project = rows.projects.get(target.project) if target is not None else None
    return project is None or project.is_graded


def _would_change(image: AcquiredImage, frame: SeenFrame) -> bool:
    return (frame.state in BAD and image.grade != Grade.REJECTED) or (
        frame.state in GOOD and image.grade != Grade.ACCEPTED
    )


def _image_changes(one: _Verdict) -> Iterator[Change]:
    why = _verdict_word(one.frame)
    for column, before, after in (
        ("gradingStatus", one.image.grade, one.grade),
        ("rejectreason", one.image.reason, one.reason),
    ):
        if before != after:
            yield Change(
                table=_TABLE,
                id=one.image.id,
                column=column,
                before=before,
                after=after,
                about=one.frame.file or one.frame.stored,
                why=why,
            )


def _verdict_word(frame: SeenFrame) -> str:
    return f"{frame.state}: {frame.why}" if frame.why else frame.state


def _why(news: Iterable[_Verdict]) -> str:
    """`3 culled, 1 blinked away`."""
    states: dict[str, int] = defaultdict(int)
    for one in news:
        states[one.frame.state] += 1
    return exposures_word(states)
