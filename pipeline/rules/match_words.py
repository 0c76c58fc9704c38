"""What is said of a match: the choice and why, what is wanting and how to shoot it, what to be warned of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.model.frames import Kind
from pipeline.model.masters import Master
from pipeline.rules.flat_nights import SHOWN_NIGHTS, distance_words, offer
from pipeline.rules.master_keys import degrees, plain
from pipeline.rules.master_looks import Looked, Need
from pipeline.rules.match_exposures import has_other_exposure
from pipeline.rules.phrases import listed

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MANY = {Kind.DARK: "darks", Kind.BIAS: "bias", Kind.FLAT: "flats", Kind.FLATDARK: "flat-darks"}
_LOST_ON = {
    "readout_mode": "readout mode",
    "focal_length": "focal length",
    "rotation": "the rotator's angle",
    "night": "the night they were shot",
    "change": "a change of the rig",
}


def kind_word(kind: Kind) -> str:
    """`dark`, `bias`, `flat`, `flat-dark`."""
    return str(kind.raw).lower().replace("flatdark", "flat-dark")


def master_label(master: Master) -> str:
    """What it is, as a person says it: `dark 300 s, −10.0 °C`, `flat L of 2026-01-14`."""
    frame = master.frame
    kind = frame.kind.raw if frame.kind is not None else Kind.DARK
    words = [kind_word(kind)]
    if kind is Kind.FLAT:
        return " ".join(filter(None, (*words, frame.filter, f"of {frame.night}" if frame.night else "")))
    if kind is not Kind.BIAS and frame.exposure_s is not None:
        words.append(f"{plain(frame.exposure_s)} s")
    temperature = frame.set_temp_c if frame.set_temp_c is not None else frame.sensor_temp_c
    return ", ".join([" ".join(words), *([degrees(temperature)] if temperature is not None else [])])


def file_name(master: Master) -> str:
    """The name it has in its library."""
    return master.path.rpartition("/")[2]


def reasons_of(one: Looked, *, is_chosen: bool = False) -> tuple[str, ...]:
    """A candidate's verdict in halves of sentences; what asks is chosen only where a person pinned it."""
    if one.wrong:
        return tuple(each.text for each in one.wrong)
    said = [each.text for each in one.unknown]
    if one.scale != 1.0:
        said.append(f"scaled by {one.scale:.4g}")
    if one.days is not None:
        said.append(distance_words(one.days))
    if one.over_age is not None:
        said.append(f"its rig allows {_days(one.over_age)}")
    if one.gap_c >= 0.05:
        said.append(f"{one.gap_c:.1f} °C apart")
    if one.master.superseded:
        said.append("superseded")
    if one.asks:
        said.append(f"of another night: {'you pinned it' if is_chosen else 'asks you'}")
    return tuple(said)


def choice_words(need: Need, chosen: Looked, looks: Sequence[Looked], *, pinned: bool) -> str:
    """`dark 300 s, −10.0 °C, 12 days older; two others ruled out by temperature`."""
    said = [master_label(chosen.master)]
    if _is_as_it_is(need, chosen):
        said.append(
            f"for {kind_word(need.frame.kind or need.kind)}s of {plain(need.frame.exposure_s or 0)} s"
        )
    if chosen.scale != 1.0:
        said.append(f"scaled by {chosen.scale:.4g}")
    if chosen.days is not None:
        said.append(distance_words(chosen.days))
    return "; ".join(filter(None, (("pinned: " if pinned else "") + ", ".join(said), lost_words(looks))))


def lost_words(looks: Iterable[Looked]) -> str:
    """`two others ruled out by temperature, one by gain`; empty where none was."""
    lost = Counter(one.wrong[0].what for one in looks if one.wrong)
    held, bad = lost.pop("held", 0), lost.pop("trouble", 0)
    on = [f"{_spelled(number)} by {_LOST_ON.get(what, what)}" for what, number in lost.most_common()]
    if on:
        others = "other" if lost.most_common(1)[0][1] == 1 else "others"
        on[0] = on[0].replace(" by ", f" {others} ruled out by ", 1)
    on += [f"{_spelled(held)} held" if held else "", f"{_spelled(bad)} not sound" if bad else ""]
    return ", ".join(filter(None, on))


def none_words(need: Need, looks: Sequence[Looked], strange: int) -> str:
    """Why nothing was chosen."""
    word = kind_word(need.kind)
    asking = [one for one in looks if one.asks]
    if asking:
        said = f"no {word} of the same night, {_spelled(len(asking))} of other nights"
    elif looks:
        said = f"no {word} fits"
    else:
        others = f", {strange:,} of other cameras" if strange else ""
        return f"there is no {word} of this camera{others}"
    return "; ".join(filter(None, (said, lost_words(looks))))


def wanted_words(need: Need, looks: Sequence[Looked]) -> str:
    """What to shoot: `darks of 300 s at −10 °C, gain 100, offset 50, binning 1`; else, nights to choose from."""
    frame, listed_ = need.frame, need.properties
    parts = [_MANY[need.kind]]
    if need.kind is Kind.FLAT and frame.filter:
        parts[0] += f" with {frame.filter}"
    if need.kind is Kind.FLAT and "night" in listed_ and frame.night is not None:
        parts[0] += f" of the night of {frame.night}"
    if "exposure" in listed_ and frame.exposure_s is not None and need.kind is not Kind.BIAS:
        parts[0] += f" of {plain(frame.exposure_s)} s"
    if "temperature" in listed_ and need.kind is not Kind.FLAT:
        parts[0] += _at(need)
    numbers = {"gain": frame.gain, "offset": frame.offset, "binning": frame.binning}
    parts += [
        f"{what} {plain(value)}" for what, value in numbers.items() if what in listed_ and value is not None
    ]
    if "readout_mode" in listed_ and frame.readout_mode:
        parts.append(f"readout mode {frame.readout_mode}")
    choices = _choices(need, looks)
    return ", ".join(parts) + (f"; or choose among those of {choices}" if choices else "")


def _at(need: Need) -> str:
    frame = need.frame
    if need.cooled and frame.set_temp_c is not None:
        return f" at {plain(frame.set_temp_c)} °C"
    return f" at about {plain(round(frame.sensor_temp_c))} °C" if frame.sensor_temp_c is not None else ""


def _choices(need: Need, looks: Sequence[Looked]) -> str:
    """The nights whose flats would do, up to five either side, with how far they are."""
    night = need.frame.night
    nights = {one.master.frame.night: one.days for one in looks if one.asks and one.days is not None}
    if night is None or not nights:
        return ""
    shown = offer(night, filter(None, nights), SHOWN_NIGHTS)
    named = [f"{each} ({distance_words((each - night).days)})" for each in shown.shown if each is not None]
    hidden = shown.hidden_older + shown.hidden_newer
    return listed([*named, *([f"{hidden} more"] if hidden else [])], last="or")


def warnings_of(need: Need, chosen: Looked, *, pinned: bool) -> tuple[str, ...]:
    """What a person should know of the choice, in sentences."""
    name, word = file_name(chosen.master), kind_word(need.kind)
    said = [f"{name}: {each.text}, and you pinned it" for each in (*chosen.wrong, *chosen.unknown) if pinned]
    if not pinned:
        said = [f"{name}: {each.text}; used because nothing better is there" for each in chosen.unknown]
    if chosen.over_age is not None and chosen.days is not None:
        said.append(
            f"{name} is {distance_words(chosen.days)}; its rig allows {_days(chosen.over_age)} for a {word}"
        )
    if chosen.scale != 1.0:
        said.append(f"{name} is scaled by {chosen.scale:.4g}, since no {word} has the exposure")
    elif _is_as_it_is(need, chosen):
        said.append(
            f"{name} has another exposure than the {plain(need.frame.exposure_s or 0)} s of what it is for"
        )
    return tuple(said)


def _days(number: float) -> str:
    return f"{number:g} day{'' if number == 1 else 's'}"


def _is_as_it_is(need: Need, chosen: Looked) -> bool:
    """True for a dark of another exposure that is used unscaled."""
    other = has_other_exposure(need.frame, chosen.master.frame)
    return other and chosen.scale == 1.0 and bool(chosen.order)


def _spelled(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"
