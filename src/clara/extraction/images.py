"""Pictures inside documents: checked, saved once as images/<sha256>.png or .jpg beside the output, named by a Block.

A reader calls `images.add(bytes, alt=…)` where the picture stands and puts the Block it gets into the page. The block's
`image` is the file's name below the output's folder; its `text` is what a reader without eyes gets: the caption or
alternative text, later a vision model's description. A block without text is rendered as nothing, so that no passage
holds a link or an empty place. Files are named by their content and renamed into place whole: a killed run leaves
nothing torn, and running again writes the same files.
"""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections import Counter
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clara.errors import ExtractionError
from clara.extraction.prose import one_line
from clara.schema import Block

if TYPE_CHECKING:
    from PIL.Image import Image

FOLDER = "images"  # below the folder of the output
MIN_SIDE = 64  # pixels: smaller pictures are bullets, icons and rules
MAX_PIXELS = 64_000_000  # more is a decompression bomb, or a poster nobody trains on
MAX_IMAGES = 2000  # of one document
MAX_ALT = 2000  # characters
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "MPO")  # the only decoders that are ever tried
_SAVED = re.compile(r"^[0-9a-f]{64}\.(png|jpg)$")
_ORIENTATION = 0x0112  # the EXIF tag
# what programs write when nobody described the picture
_NO_DESCRIPTION = re.compile(
    r"(?i)^((picture|image|grafik|bild|imagen|图片|slika|shape|object|content placeholder|google shape;)[\s;:\d]*.{0,4}"
    r"|[\w .()-]+\.(png|jpe?g|gif|tiff?|bmp|webp|emf|wmf|svg))$"
)


class ImageFolder:
    """The pictures of one document. Without a folder they are checked and named, and not written."""

    def __init__(self, folder: Path | None = None, *, min_side: int = MIN_SIDE) -> None:
        self._folder = folder
        self.min_side = min_side
        self._seen: set[str] = set()
        self.skipped: Counter[str] = Counter()  # reason -> how many

    def add(self, data: bytes, *, alt: str = "") -> Block | None:
        """The block that stands for the picture; None when it is skipped (too small, corrupt, …) or was there before.

        `alt` is its caption or alternative text. Why pictures were skipped is counted in `skipped`.
        """
        try:
            return self.add_opened(open_image(data), data=data, alt=alt)
        except ExtractionError as error:
            self.skip(error.reason)
            return None

    def add_opened(self, image: Image, *, data: bytes = b"", alt: str = "") -> Block | None:
        """The same for a picture already decoded; `data` are its bytes where it has a file of its own."""
        if self.is_full:
            self.skip("too_many")
            return None
        if min(image.size) < self.min_side:
            self.skip("too_small")
            return None
        content, suffix = _as_file(image, data)
        name = f"{sha256(content).hexdigest()}.{suffix}"
        if name in self._seen:  # a logo on every page says nothing new
            return None
        self._seen.add(name)
        if self._folder is not None:
            _write(self._folder / name, content)
        return Block(kind="image", text=useful_alt(alt), image=f"{FOLDER}/{name}")

    @property
    def is_full(self) -> bool:
        return len(self._seen) >= MAX_IMAGES

    def skip(self, reason: str) -> None:
        """Count a picture that cannot be kept."""
        self.skipped[reason] += 1

    def as_metadata(self) -> dict[str, Any]:
        """{'images_skipped': {reason: count}}, or nothing."""
        return {"images_skipped": dict(sorted(self.skipped.items()))} if self.skipped else {}


def open_image(data: bytes, *, frame: int = 0) -> Image:
    """The decoded picture (of a file with several, this one), upright.

    Raises ExtractionError: corrupt, unsupported, image_bomb.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd tags and of sizes that are checked here
        try:
            image = Image.open(BytesIO(data), formats=_FORMATS)
            _refuse_bomb(image)
            if frame:
                image.seek(frame)
                _refuse_bomb(image)
            image.load()
            if image.getexif().get(_ORIENTATION, 1) in (None, 1):
                return image  # transposing would copy it and forget its format and its other frames
            return ImageOps.exif_transpose(image)
        except UnidentifiedImageError as error:
            raise ExtractionError("not a picture of a known format, or a damaged one", reason="unsupported") from error
        except Image.DecompressionBombError as error:
            raise ExtractionError(f"a decompression bomb: {error}", reason="image_bomb") from error
        except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, OverflowError) as error:
            raise ExtractionError(f"a damaged picture: {error}", reason="corrupt") from error


def _refuse_bomb(image: Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        message = f"{image.width} x {image.height} pixels are more than {MAX_PIXELS:,}"
        raise ExtractionError(message, reason="image_bomb")


def _as_file(image: Image, data: bytes) -> tuple[bytes, str]:
    """What to save and its suffix: PNG and JPEG as they are, other formats as PNG."""
    for magic, suffix in ((b"\x89PNG", "png"), (b"\xff\xd8", "jpg")):
        if data.startswith(magic):
            return data, suffix
    return encode_png(image), "png"


def encode_png(image: Image) -> bytes:
    """The picture as PNG, without its metadata; unusual colour spaces become RGB."""
    if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
        image = image.convert("RGB")
    image.info.clear()
    stream = BytesIO()
    image.save(stream, "PNG", compress_level=4)
    return stream.getvalue()


def useful_alt(text: str) -> str:
    """A description on one line; '' for what programs fill in: names, 'Picture 3', file names.

    >>> useful_alt("Picture 3"), useful_alt("The pump's outlet\\n seen from above")
    ('', "The pump's outlet seen from above")
    """
    text = re.sub(r"(?i)\s*(description automatically generated|AI-generated content may be incorrect\.?)", "", text)
    text = one_line(text)[:MAX_ALT]
    return "" if _NO_DESCRIPTION.match(text) else text


def saved_images(folder: Path) -> set[Path]:
    """The pictures that runs have saved there: when the output lies among the sources, they are no sources."""
    if not folder.is_dir():
        return set()
    return {path.resolve() for path in folder.iterdir() if _SAVED.match(path.name)}


def remove_leftovers(folder: Path) -> None:
    """Delete what a killed worker left half written. Call it when no worker is running."""
    if folder.is_dir():
        for path in folder.glob(".*.tmp"):
            path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    if path.exists() and path.stat().st_size == len(content):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise ExtractionError(f"{path} cannot be written: {error.strerror or error}", reason="unwritable") from error
