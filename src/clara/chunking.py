"""Documents to passages within the token budget of the model that will read them. Knows tokenizers, never a model.

A passage stays on one page and opens with the document's title and the nearest heading, so that it can be understood,
and found, by itself. What was cut from the page is `page.text[start:end]`; the opening is added to it and counted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clara.assets import TINY_BASE, tiny_base_path
from clara.errors import BaseModelError, MissingExtraError, UsageError
from clara.schema import Block, Document, Page, Passage, is_silent, render_block

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MIN_TOKENS = 32  # below this the opening leaves no room for text
BLOCK_GAP = "\n\n"  # Page.text joins blocks with it
_OPENING_SHARE = 3  # title and heading may take a third of the budget, then they are shortened
_CHARACTERS_PER_TOKEN = 8  # more text than this is never tried at once: a passage of very easy text is a little short
# Where a sentence that does not fit whole may be cut, best first, and how full the part must be: clauses, words.
_INSIDE_A_SENTENCE = (
    (re.compile(r"[,;:](?=\s)|[，、；：]"), 0.5),
    (re.compile(r"\S(?=\s)"), 0.0),
)
_LINE_END = re.compile(r"[^\n](?=\n)")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[。！？…]+[\"'”’」』）】》\]]*")
_TERMINAL = re.compile(r"[.!?…。！？:：|][\"'”’)\]」』）】》]*$")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[\"“])(?:Mr|Mrs|Ms|Dr|Prof|St|Mt|Jr|Sr|Inc|Ltd|Co|Corp|vs|e\.g|i\.e|cf|approx|ca|Fig|Figs|Eq|No|Nos|Vol|pp?|Gen"
    r"|Col|Lt|Sgt|Rev|Hon|al|[A-HJ-UWYZ]|(?:[A-Z]\.)+[A-Z])\.$"
)
_ENOUGH = 0.25  # a part that ends at an earlier line or sentence must be this full, if another end allows it
# what training breaks up when it stands in a document (modeling/tokens.py): it costs more tokens there than here
_MEMORY_NAMES = r"<MEM\d*>|<AE>|<ENC>|<SEP>"
_PROBES = ("Ten", "vesper", "4711")
Count = Callable[[str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A span of the page that stays whole: a block with the headings above it, or a part of one that is too large."""

    start: int
    end: int
    opening: str  # what a passage has in front when it starts with this piece


def chunk_document(document: Document, *, tokenizer: Tokenizer, max_tokens: int) -> list[Passage]:
    """Passages of at most `max_tokens` tokens (special tokens not counted) that together hold all text of the document.

    Blocks are packed whole as long as they fit; a larger one is cut between sentences, a table between rows with its
    header repeated. Raises UsageError when max_tokens is below 32.
    """
    if max_tokens < MIN_TOKENS:
        raise UsageError(f"max_tokens is {max_tokens}; a passage needs at least {MIN_TOKENS}")

    count = token_counter(tokenizer)
    title = " ".join(document.title.split())
    heading = ""
    passages: list[Passage] = []
    for page in document.pages:
        text = page.text
        pieces = list(_pieces(page, title, heading, count=count, max_tokens=max_tokens))
        for start, end, opening in _pack(pieces, text, count=count, max_tokens=max_tokens):
            passages.append(
                Passage(
                    id=f"{document.id}#p{page.number}-{start}",
                    document=document.id,
                    page=page.number,
                    start=start,
                    end=end,
                    text=opening + text[start:end],
                    title=document.title,
                )
            )
        heading = next((block.text for block in reversed(page.blocks) if block.kind == "heading"), heading)
    return passages


def token_counter(tokenizer: Tokenizer) -> Count:
    """How many tokens a text costs in training: between special tokens, and with those it quotes broken up."""
    added = tokenizer.get_added_tokens_decoder().values()
    specials = sorted((token.content for token in added if token.special), key=len, reverse=True)
    reserved = re.compile("|".join([*map(re.escape, specials), _MEMORY_NAMES]))

    def length(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    def plain_length(text: str) -> int:
        return length(reserved.sub(lambda found: f"{found.group()[0]} {found.group()[1:]}", text))

    def length_between(text: str) -> int:  # as plain_length, where the first word is not the first of the input
        plain = reserved.sub(lambda found: f"{found.group()[0]} {found.group()[1:]}", text)
        return length(f"{specials[-1]}{plain}{specials[-1]}") - 2

    # a tokenizer that marks the first word of an input (SentencePiece) may need another number of tokens inside it
    if specials and _marks_the_start(tokenizer, specials[-1]):
        return lambda text: max(plain_length(text), length_between(text))
    return plain_length


def _marks_the_start(tokenizer: Tokenizer, special: str) -> bool:
    """Whether the first word of an input gets other tokens than the first word after a special token."""

    def tokens(text: str) -> list[str]:
        return [token for token in tokenizer.encode(text, add_special_tokens=False).tokens if token != special]

    return any(tokens(probe) != tokens(f"{special}{probe}") for probe in _PROBES)


def load_token_counter(base_model: str) -> Tokenizer:
    """The tokenizer of a base model: 'tiny' for the embedded one, a folder with tokenizer.json, or a hub name.

    Only a hub name that is not in the local cache is looked up on the network. Truncation and padding are off.
    Raises BaseModelError when there is none, MissingExtraError without the tokenizers package.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtraError("tokenizers", extra="data") from error
    path = _tokenizer_file(base_model)
    try:
        tokenizer: Tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the binding raises plain Exception
        raise BaseModelError(f"the tokenizer of {base_model!r} cannot be read: {path}: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _tokenizer_file(base_model: str) -> Path:
    folder = tiny_base_path() if base_model == TINY_BASE else Path(base_model).expanduser()
    if folder.is_dir():
        if not (folder / "tokenizer.json").is_file():
            raise BaseModelError(f"{folder} has no tokenizer.json; save the base model's fast tokenizer there")
        return folder / "tokenizer.json"
    if base_model == TINY_BASE:
        raise BaseModelError(f"the embedded tiny base is missing from this installation ({folder})")
    if base_model.startswith((".", "/", "~")) or base_model.count("/") != 1 or "\\" in base_model:
        hint = f"'{TINY_BASE}', a folder, or a hub name such as Qwen/Qwen3-4B-Instruct-2507"
        raise BaseModelError(f"no base model at {base_model!r}; name {hint}")
    return _hub_tokenizer_file(base_model)


def _hub_tokenizer_file(name: str) -> Path:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise BaseModelError(f"no folder {name!r}, and huggingface_hub is not installed to look it up") from error
    try:
        return Path(hf_hub_download(name, "tokenizer.json", local_files_only=True))
    except (LocalEntryNotFoundError, EntryNotFoundError, ValueError):
        pass
    try:
        return Path(hf_hub_download(name, "tokenizer.json"))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BaseModelError(f"no tokenizer.json for {name!r}, neither a folder nor on the hub: {reason}") from error


def _pieces(page: Page, title: str, heading: str, *, count: Count, max_tokens: int) -> Iterator[_Piece]:
    """The page's blocks in order, headings joined to what follows them, and what does not fit into a passage cut up.

    `heading` is the one above the page.
    """
    text = page.text
    unit_start: int | None = None
    spans = list(_spans(page))
    for block, start, end in spans:
        if unit_start is None:
            unit_start = start
            repeats_title = block.kind == "heading" and _same(block.text, title)
            above = "" if block.kind == "heading" else heading
            opening = "" if repeats_title else _opening(title, above, count=count, max_tokens=max_tokens)
        if block.kind == "heading":
            heading = block.text
            if end < spans[-1][2]:
                continue
        if count(opening + text[unit_start:end]) <= max_tokens:
            yield _Piece(start=unit_start, end=end, opening=opening)
        else:
            later = _opening(title, heading, count=count, max_tokens=max_tokens)
            if block.kind == "table":
                cut = _table_pieces(text, unit_start, start, end, opening, later, count=count, max_tokens=max_tokens)
            else:
                cut = _cut(text, unit_start, start, end, opening, later, count=count, max_tokens=max_tokens)
            yield from cut
        unit_start = None


def _spans(page: Page) -> Iterator[tuple[Block, int, int]]:
    """Every visible block with its place in the page's text."""
    position = 0
    for block in page.blocks:
        if is_silent(block):
            continue
        end = position + len(render_block(block))
        if block.text.strip():
            yield block, position, end
        position = end + len(BLOCK_GAP)


def _table_pieces(
    text: str, unit_start: int, start: int, end: int, opening: str, later: str, *, count: Count, max_tokens: int
) -> Iterator[_Piece]:
    """The header with the first row (and the headings above), then row by row, with the header in the opening.

    A row that does not fit under title, heading and header stays whole under the header alone; only a row that does not
    fit there either is cut.
    """
    lines = text[start:end].split("\n")
    header = "\n".join(lines[:2]) + "\n"
    openings = [later + header, header] if count(later + header) <= max_tokens * 2 // 3 else [header]
    if len(lines) < 3 or count(header) > max_tokens // 2:  # the header itself fills a passage: plain text
        yield from _cut(text, unit_start, start, end, opening, later, count=count, max_tokens=max_tokens)
        return
    row_start, row_end = unit_start, start + len(header) + len(lines[2])
    fronts = [opening]
    for line in [*lines[3:], None]:
        row = text[row_start:row_end]
        front = next((front for front in fronts if count(front + row) <= max_tokens), None)
        if front is not None:
            yield _Piece(start=row_start, end=row_end, opening=front)
        else:
            yield from _cut(
                text, row_start, row_start, row_end, fronts[0], openings[0], count=count, max_tokens=max_tokens
            )
        fronts = openings
        row_start, row_end = row_end + 1, row_end + 1 + len(line or "")


def _cut(
    text: str, unit_start: int, start: int, end: int, opening: str, later: str, *, count: Count, max_tokens: int
) -> Iterator[_Piece]:
    """text[start:end] cut at the largest boundaries that fit: lines, sentences, words, at worst characters.

    The headings above it, text[unit_start:start], stay with the first part.
    """
    head = text[unit_start:start]
    if head and count(opening + head) > max_tokens // 2:
        yield from _cut(text, unit_start, unit_start, start, opening, later, count=count, max_tokens=max_tokens)
        head, opening, unit_start = "", later, start
    first = True
    while start < end:
        in_front = opening + head if first else later
        cut = _largest_cut(text, start, end, in_front, count=count, max_tokens=max_tokens)
        if text[start:cut].strip():
            part_start = unit_start if first and head else start
            yield _Piece(start=part_start, end=cut, opening=opening if first else later)
            first = False
        while cut < end and text[cut].isspace():
            cut += 1
        start = cut


def _largest_cut(text: str, start: int, end: int, in_front: str, *, count: Count, max_tokens: int) -> int:
    """Where to end a part that begins at `start` so that it fits: as late as the text's own boundaries allow."""

    def fits(cut: int) -> bool:
        return count(in_front + text[start:cut]) <= max_tokens

    low, high = start, min(end, start + max_tokens * _CHARACTERS_PER_TOKEN)
    if fits(high):
        low = high
    while high - low > 1:  # the count hardly ever falls when text is added; what is chosen is checked again below
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    if low == end:
        return end
    following = _SENTENCE_END.search(text, low, end)  # a longer text may have fewer tokens: one whole sentence more?
    if following and not _goes_on(text, start, following.end()) and fits(following.end()):
        low = following.end()
    lines = [cut for cut in _ends(_LINE_END, text, start, low) if not _is_wrapped(text, cut)]
    sentences = [cut for cut in _ends(_SENTENCE_END, text, start, low) if not _goes_on(text, start, cut)]
    inside = [(list(_ends(boundary, text, start, low)), least) for boundary, least in _INSIDE_A_SENTENCE]
    whole = sorted({*lines, *sentences})
    for cuts, least in ((lines, _ENOUGH), (sentences, _ENOUGH), (whole, 0.0), *inside):
        for cut in reversed(cuts):
            if start + least * (low - start) < cut <= low and fits(cut):
                return cut
    for cut in range(max(low, start + 1), start, -1):
        if fits(cut):
            return cut
    raise UsageError(f"the character {text[start]!r} alone does not fit into {max_tokens} tokens; raise the budget")


def _ends(boundary: re.Pattern[str], text: str, start: int, stop: int) -> list[int]:
    """Where the boundary is passed in text[start:stop], as places in the text."""
    return [end for match in boundary.finditer(text, start, stop + 1) if (end := match.end()) <= stop]


def _is_wrapped(text: str, cut: int) -> bool:
    """Whether the line that ends at `cut` goes on in the next one: no end of a sentence, and a small letter follows."""
    following = text[cut : cut + 64].lstrip()[:1]
    return following.islower() and _TERMINAL.search(text[max(0, cut - 8) : cut]) is None


def _goes_on(text: str, start: int, cut: int) -> bool:
    """Whether what looks like the end of a sentence is the point of 'Dr.' or 'J. Smith', or a small letter follows."""
    if text[cut - 1] != ".":
        return False
    following = text[cut : cut + 64].lstrip()[:1]
    return following.islower() or _ABBREVIATION.search(text[max(start, cut - 16) : cut]) is not None


def _pack(pieces: list[_Piece], text: str, *, count: Count, max_tokens: int) -> Iterator[tuple[int, int, str]]:
    """Neighbouring pieces joined while they fit: start, end and opening of each passage."""
    first = 0
    while first < len(pieces):
        start, opening = pieces[first].start, pieces[first].opening
        after = first + 1
        while after < len(pieces) and count(opening + text[start : pieces[after].end]) <= max_tokens:
            after += 1
        yield start, pieces[after - 1].end, opening
        first = after


def _opening(title: str, heading: str, *, count: Count, max_tokens: int) -> str:
    """Title and heading, a line each, then an empty line; shortened when they would crowd out the text."""
    room = max_tokens // _OPENING_SHARE
    heading = "" if _same(heading, title) or heading in title else " ".join(heading.split())
    words = title.split()
    candidates = [f"{title}\n{heading}\n\n" if title and heading else "", f"{title}\n\n" if title else ""]
    candidates += [f"{' '.join(words[:size])} …\n\n" for size in range(min(len(words) - 1, room), 0, -1)]
    return next((opening for opening in candidates if opening and count(opening) <= room), "")


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()
