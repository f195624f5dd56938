"""Pictures of text to text, by the program tesseract where it is on PATH. Runs inside the limited child.

Measured in shared benchmarks: 300 dpi and `--psm 3` are best; a page that lies on its side is found by its low
confidence and turned as tesseract's orientation detection says. One thread, and a time limit for every run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from clara.errors import ExtractionError, UsageError
from clara.extraction.prose import join_lines, one_line
from clara.extraction.settings import MoreTime, ReadSettings
from clara.schema import Block

if TYPE_CHECKING:
    from PIL.Image import Image

DPI = 300
RUN_SECONDS = 90  # one run of tesseract on one page
MAX_PAGES = 2000  # of one document; the rest is reported as not recognised
MAX_SIDE = 10_000  # pixels: tesseract refuses 32,767, and posters are read as well when smaller
SMALL_SIDE = 1000  # pixels: a smaller picture was made for a screen, at about a third of 300 dpi
INSTALL = "install tesseract (apt install tesseract-ocr, brew install tesseract) and run again"
GOOD = 75.0  # mean confidence of words that need no second look
NOISE = 35.0  # mean confidence below which a paragraph is texture that looked like letters
_WORD = re.compile(r"\w")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What tesseract read on a page: paragraphs in its reading order, and how sure it was (0 to 100)."""

    blocks: list[Block] = field(default_factory=list)
    confidence: float = 0.0
    turned: int = 0  # degrees clockwise, to stand upright
    characters: int = 0

    @property
    def weight(self) -> float:
        return self.confidence * self.characters


@cache
def tesseract_version() -> str:
    """The installed version, e.g. '5.3.0', or '' when there is no tesseract on PATH."""
    found = _tool("--version")
    match = re.search(r"tesseract\s+v?(\S+)", found)
    return match[1] if match else ""


@cache
def installed_languages() -> tuple[str, ...]:
    return tuple(line.strip() for line in _tool("--list-langs").splitlines()[1:] if line.strip())


def ocr_stamp(settings: ReadSettings) -> str:
    """What recognises pages under these settings, e.g. 'tesseract 5.3.0 eng'; '' when nothing does.

    Raises UsageError when a language is not installed, or --ocr force is asked for without tesseract.
    """
    if settings.ocr == "off":
        return ""
    version = tesseract_version()
    if not version:
        if settings.ocr == "force":
            raise UsageError(f"--ocr force needs tesseract on PATH; {INSTALL}")
        return ""
    missing = [name for name in settings.ocr_languages.split("+") if name not in installed_languages()]
    if missing:
        known = ", ".join(name for name in installed_languages() if name != "osd")
        raise UsageError(
            f"--ocr-languages: tesseract has no {', '.join(missing)} (it has {known or 'none'}); "
            f"install tesseract-ocr-{missing[0]}, name another, or give --ocr off"
        )
    return f"tesseract {version} {settings.ocr_languages}"


def with_recogniser(stamp: str, settings: ReadSettings) -> str:
    """The stamp of a document whose result depends on what recognises pages."""
    pages = "every page" if settings.ocr == "force" else "scanned pages"
    return f"{stamp}; {pages}: {ocr_stamp(settings) or 'not recognised'}"


def recognise(image: Image, *, languages: str, more_time: MoreTime) -> Recognised:
    """The text of one page or picture. Raises ExtractionError 'ocr' when tesseract fails or takes too long."""
    page = _prepare(image)
    best = _read(page, languages, turned=0, more_time=more_time)
    if best.confidence >= GOOD and best.characters >= 10:
        return best
    turns = _turns(page, more_time=more_time)
    for degrees in turns:
        turned = page.rotate(-degrees, expand=True, fillcolor=255)
        found = _read(turned, languages, turned=degrees, more_time=more_time)
        best = max(best, found, key=lambda one: one.weight)
        if best.confidence >= GOOD and best.characters >= 10:
            break
    return best


def _prepare(image: Image) -> Image:
    """Grey on white, neither tiny nor huge."""
    from PIL import Image as Images

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Images.new("RGBA", image.size, "white")
        image = Images.alpha_composite(ground, image)
    image = image.convert("L")
    longest = max(image.size)
    factor = MAX_SIDE / longest if longest > MAX_SIDE else 3.0 if longest < SMALL_SIDE else 1.0
    if factor != 1.0:
        size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
        image = image.resize(size, Images.Resampling.LANCZOS)
    return image


def _read(image: Image, languages: str, *, turned: int, more_time: MoreTime) -> Recognised:
    table = _run(image, "--psm", "3", "-l", languages, "tsv", more_time=more_time)
    paragraphs: dict[tuple[str, str], dict[str, list[tuple[str, float]]]] = {}
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) == 12 and cells[0] == "5" and cells[11].strip():
            lines = paragraphs.setdefault((cells[2], cells[3]), {})
            lines.setdefault(cells[4], []).append((cells[11], float(cells[10])))
    blocks, weighed, characters = [], 0.0, 0
    for lines in paragraphs.values():
        words = [word for line in lines.values() for word in line if _WORD.search(word[0])]
        length = sum(len(text) for text, _ in words)
        if not length:
            continue
        sure = sum(confidence * len(text) for text, confidence in words)
        if sure / length < NOISE:
            continue
        weighed, characters = weighed + sure, characters + length
        text = join_lines([" ".join(text for text, _ in line) for line in lines.values()])
        blocks.append(Block(kind="paragraph", text=one_line(text)))
    confidence = round(weighed / characters, 1) if characters else 0.0
    return Recognised(blocks=blocks, confidence=confidence, turned=turned, characters=characters)


def _turns(image: Image, *, more_time: MoreTime) -> tuple[int, ...]:
    """Degrees clockwise worth trying: what orientation detection says, or all when it cannot tell."""
    if "osd" in installed_languages():
        try:
            said = _run(image, "--psm", "0", more_time=more_time)
        except ExtractionError:  # too few characters to tell
            said = ""
        if match := re.search(r"Rotate:\s*(\d+)", said):
            return (int(match[1]) % 360,) if int(match[1]) % 360 else ()
    return (90, 270, 180)


def _run(image: Image, *arguments: str, more_time: MoreTime) -> str:
    stream = BytesIO()
    image.save(stream, "PPM")  # leptonica reads it, and nothing is spent on compression
    more_time(RUN_SECONDS + 10)
    command = ["tesseract", "stdin", "stdout", "--dpi", str(DPI), *arguments]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(
            command,
            input=stream.getvalue(),
            capture_output=True,
            timeout=RUN_SECONDS,
            env=environment,
            preexec_fn=_die_with_parent if sys.platform.startswith("linux") else None,
        )
    except subprocess.TimeoutExpired as error:
        raise ExtractionError(f"tesseract took more than {RUN_SECONDS} s for a page", reason="ocr") from error
    except OSError as error:
        raise ExtractionError(f"tesseract cannot be run: {error.strerror or error}", reason="ocr") from error
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ExtractionError(
            f"tesseract failed: {words[-1][:200] if words else f'exit code {done.returncode}'}", reason="ocr"
        )
    return done.stdout.decode("utf-8", "replace")


def _die_with_parent() -> None:
    """A worker that is killed at its limit takes the program it started with it (Linux)."""
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _tool(argument: str) -> str:
    path = shutil.which("tesseract")
    if path is None:
        return ""
    try:
        done = subprocess.run([path, argument], capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout + done.stderr).decode("utf-8", "replace")
