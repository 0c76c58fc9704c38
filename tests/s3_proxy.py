"""A line between us and the S3 server that can be told to fail: cut or reset inside a body, a storm of 503, a refusal."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_STATUS = {"SlowDown": "503 Slow Down", "ExpiredToken": "400 Bad Request", "InternalError": "500 Internal"}
_AT_ONCE = struct.pack("ii", 1, 0)
"""Closed like this a connection is reset, not ended."""


@dataclass(kw_only=True)
class Weather:
    """What the line does to the connections that come next."""

    cut_after: list[int] = field(default_factory=list)
    """Bytes after which a connection is cut, one entry a connection."""
    by_reset: bool = False
    """A cut is a reset."""
    busy: int = 0
    """How many requests are answered with 503."""
    says: str = "SlowDown"
    """What they are told."""
    busy_after_cut: int = 0
    """How many are, once a connection was cut."""
    cuts: int = 0
    refused: int = 0
    carried: int = 0
    """Bytes that went up."""


@dataclass(kw_only=True)
class Proxy:
    """The line, and its weather."""

    url: str
    weather: Weather


@contextmanager
def line_to(url: str) -> Iterator[Proxy]:
    """A proxy on a port of its own."""
    host, _, port = url.removeprefix("http://").partition(":")
    weather, listener = Weather(), socket.create_server(("127.0.0.1", 0))
    answer = threading.Thread(target=_serve, args=(listener, (host, int(port)), weather), daemon=True)
    answer.start()
    try:
        yield Proxy(url=f"http://127.0.0.1:{listener.getsockname()[1]}", weather=weather)
    finally:
        listener.close()


def _serve(listener: socket.socket, there: tuple[str, int], weather: Weather) -> None:
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_carry, args=(near, there, weather), daemon=True).start()


def _carry(near: socket.socket, there: tuple[str, int], weather: Weather) -> None:
    if weather.busy > 0:
        weather.busy -= 1
        weather.refused += 1
        _refuse(near, weather.says)
        return
    budget = weather.cut_after.pop(0) if weather.cut_after else None
    with near, socket.create_connection(there) as far:
        back = threading.Thread(target=_pour, args=(far, near), daemon=True)
        back.start()
        with suppress(OSError):
            while data := near.recv(1 << 16):
                weather.carried += len(data)
                if budget is not None and (budget := budget - len(data)) < 0:
                    weather.cuts += 1
                    weather.busy, weather.busy_after_cut = weather.busy + weather.busy_after_cut, 0
                    _cut(near, by_reset=weather.by_reset)
                    break
                far.sendall(data)
        with suppress(OSError):
            far.shutdown(socket.SHUT_RDWR)
        back.join(timeout=5)


def _cut(near: socket.socket, *, by_reset: bool) -> None:
    if by_reset:
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        near.close()
    else:
        near.shutdown(socket.SHUT_RDWR)


def _refuse(near: socket.socket, code: str) -> None:
    with near, suppress(OSError):
        near.settimeout(5)
        said = near.recv(1 << 16)
        head, _, body = said.partition(b"\r\n\r\n")
        length = next(
            (
                int(one.split(b":")[1])
                for one in head.split(b"\r\n")
                if one.lower().startswith(b"content-length")
            ),
            0,
        )
        if b"100-continue" in head.lower():
            near.sendall(_answer(code))
            return
        left = length - len(body)
        while left > 0 and (data := near.recv(1 << 16)):
            left -= len(data)
        near.sendall(_answer(code))


def _answer(code: str) -> bytes:
    said = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>Not now.</Message></Error>"
    head = f"HTTP/1.1 {_STATUS[code]}\r\nContent-Type: application/xml\r\nContent-Length: {len(said)}\r\n"
    return f"{head}Connection: close\r\n\r\n{said}".encode()


def _pour(far: socket.socket, near: socket.socket) -> None:
    with suppress(OSError):
        while data := far.recv(1 << 16):
            near.sendall(data)
    with suppress(OSError):
        near.shutdown(socket.SHUT_WR)
