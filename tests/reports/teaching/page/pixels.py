"""Reads the pictures that a browser takes: PNG with 8 bits a channel, not interlaced."""

import struct
import zlib
from collections import Counter

import numpy as np
from numpy.typing import NDArray


def pixels(png: bytes) -> NDArray[np.uint8]:
    """Rows, columns, red green blue."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data, head = 8, b"", b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        head = body if kind == b"IHDR" else head
        data += body if kind == b"IDAT" else b""
        at += length + 12
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    assert (depth, interlaced) == (8, 0)
    assert colour in (2, 6)
    channels = 3 if colour == 2 else 4
    raw = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + width * channels)
    rows = np.zeros((height + 1, width + 1, channels), np.int32)  # with an empty row above and column to the left
    for y in range(height):
        line = raw[y, 1:].reshape(width, channels).astype(np.int32)
        unfiltered(int(raw[y, 0]), line, rows[y], rows[y + 1])
    return rows[1:, 1:, :3].astype(np.uint8)


def unfiltered(kind: int, line: NDArray[np.int32], above: NDArray[np.int32], row: NDArray[np.int32]) -> None:
    """Undo a filter of PNG (section 9.2 of its specification) on one row."""
    if kind == 0:
        row[1:] = line
    elif kind == 1:
        row[1:] = np.cumsum(line, axis=0) % 256
    elif kind == 2:
        row[1:] = (line + above[1:]) % 256
    else:
        for x in range(1, len(row)):
            left, up, corner = row[x - 1], above[x], above[x - 1]
            if kind == 3:
                guess = (left + up) // 2
            else:
                a, b, c = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
                guess = np.where((a <= b) & (a <= c), left, np.where(b <= c, up, corner))
            row[x] = (line[x - 1] + guess) % 256


def commonest(picture: NDArray[np.uint8]) -> str:
    """The colour of most pixels, as stylesheets write it."""
    (found, _), *_ = Counter(map(bytes, picture.reshape(-1, 3))).most_common(1)
    return f"#{found.hex()}"


def share(picture: NDArray[np.uint8], colour: str) -> float:
    """How much of a picture has just this colour."""
    wanted = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
    return float(np.mean(np.all(picture == wanted, axis=-1)))
