"""A picture file to a Document: its text by OCR, and the picture itself for a vision model."""

from __future__ import annotations

from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from clara.errors import ExtractionError
from clara.extraction.images import ImageFolder, open_image
from clara.extraction.ocr import INSTALL, ocr_stamp, recognise, with_recogniser
from clara.extraction.settings import MoreTime, ReadSettings
from clara.schema import Block, Document, Page

MAX_FRAMES = 500  # pages of a fax or a scan kept as TIFF


def read_picture(
    data: bytes,
    *,
    document_id: str,
    backend: str = "",
    images: ImageFolder,
    settings: ReadSettings,
    more_time: MoreTime,
) -> Document:
    """The document in `data`, a page for every frame of a TIFF.

    Raises ExtractionError: too_small, corrupt, unsupported, image_bomb, no_text.
    """
    image = open_image(data)
    if min(image.size) < settings.min_image_side:
        size = f"{image.width} x {image.height} pixels"
        raise ExtractionError(
            f"{size}: a side is below {settings.min_image_side} (--min-image-side)", reason="too_small"
        )
    recogniser = ocr_stamp(settings)
    if not recogniser and not settings.keep_textless:
        cure = INSTALL if settings.ocr != "off" else "--ocr is off"
        raise ExtractionError(
            f"its text is not recognised: {cure}; --vision-model describes pictures", reason="no_text"
        )
    frames = min(getattr(image, "n_frames", 1), MAX_FRAMES) if image.format == "TIFF" else 1
    pages: list[Page] = []
    metadata: dict[str, Any] = {}
    for index in range(frames):
        frame = image if frames == 1 else open_image(data, frame=index)
        blocks: list[Block] = []
        if recogniser:
            found = recognise(frame, languages=settings.ocr_languages, more_time=more_time)
            if found.blocks:
                metadata.setdefault("ocr_pages", []).append(index + 1)
                metadata.setdefault("ocr_confidence", []).append(found.confidence)
            blocks = found.blocks
        picture = images.add_opened(frame, data=data if frames == 1 else b"")
        pages.append(Page(number=index + 1, blocks=[*([picture] if picture else []), *blocks]))
    if not settings.keep_textless and not any(block.text for page in pages for block in page.blocks):
        raise ExtractionError("no text was found in the picture; --vision-model describes pictures", reason="no_text")
    return Document(
        id=document_id,
        sha256=sha256(data).hexdigest(),
        media_type="image",
        title=PurePosixPath(document_id).stem,
        pages=pages,
        backend=with_recogniser(backend, settings),
        metadata={**metadata, **images.as_metadata()} or None,
    )
