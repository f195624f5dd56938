"""Every record that crosses a boundary on disk, defined once. Leaves files to jsonl.py, other formats to dialects.py.

record   = any JSONL line
example  = a training row: PretrainExample, InstructionExample, EndToEndExample
Document = one source file after extraction (a line of raw_knowledge.jsonl)
Passage  = what the compressor reads: a piece of one page of one document, within a token budget
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

MAX_PASSAGES = 5  # a row holds 1-5 passages (DESIGN §5); EndToEnd rows may hold more candidates
Text = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, pattern=r"\S")]  # never blank


class Record(BaseModel):
    """Strict base: an unknown key is an error, never dropped."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


def _wrong(field: str, message: str) -> PydanticCustomError:
    """An error that spans fields, filed under the one the user should look at first (jsonl.py shows it as `field`)."""
    return PydanticCustomError("row", "{message}", {"field": field, "message": message})


class Source(Record):
    """Where a passage of a row came from: `start`/`end` are character offsets into that page's text."""

    document: Text
    page: int | None = Field(default=None, ge=1)
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _start_before_end(self) -> Source:
        if self.start is not None and self.end is not None and self.start > self.end:
            raise _wrong("end", f"{self.end} lies before start {self.start}")
        return self


class Example(Record):
    """What every training row may carry; kept by every command."""

    id: Text | None = None
    """Your own name for the row."""
    sources: list[Source] | None = None
    """Where the passages came from."""
    metadata: dict[str, Any] | None = None
    """Anything else you want to keep with the row."""


class PretrainExample(Example):
    """Stage 1. question[i] pairs with answers[i]; a paraphrase row has no question and its target in answers[0]."""

    data_type: Literal["qa", "paraphrase"]
    """'qa': write questions and answers from the passages; 'paraphrase': restate them."""
    question: list[str]
    """The questions; an empty list in a paraphrase row."""
    answers: Annotated[list[Text], Field(min_length=1)]
    """answers[i] answers question[i]; in a paraphrase row answers[0] restates the passages."""
    docs: Annotated[list[Text], Field(min_length=1, max_length=MAX_PASSAGES)]
    """The passages that support the answers."""

    @model_validator(mode="after")
    def _pairs(self) -> PretrainExample:
        if self.data_type == "paraphrase":
            if any(question.strip() for question in self.question):
                raise _wrong("question", "a paraphrase row has no question (leave 'question' an empty list)")
            return self
        for index, question in enumerate(self.question):
            if not question.strip():
                raise _wrong(f"question[{index}]", "blank (write the question, or remove it and its answer)")
        if len(self.question) != len(self.answers):
            counts = f"{len(self.question)} questions but {len(self.answers)} answers"
            raise _wrong("question", f"{counts} (question i pairs with answer i: make both lists equally long)")
        return self


class InstructionExample(Example):
    """Stage 2. As a prompt: instruction, plus a newline and the input when there is one; the answer is `output`."""

    data_type: Literal["instruction"]
    """Always 'instruction'."""
    instruction: Text
    """The task."""
    input: str = ""
    """What the task is applied to; may be empty."""
    output: Text
    """The response to learn."""
    docs: Annotated[list[Text], Field(min_length=1, max_length=MAX_PASSAGES)]
    """The passages that support the output."""

    @property
    def prompt(self) -> str:
        return f"{self.instruction}\n{self.input}" if self.input else self.instruction


class EndToEndExample(Example):
    """Stage 3. Several questions are phrasings of one need; pos_index are the positions of the positives in context."""

    data_type: Literal["end_to_end"]
    """Always 'end_to_end'."""
    question: Annotated[list[Text], Field(min_length=1)]
    """One need, in one or more phrasings."""
    context: Annotated[list[Text], Field(min_length=1)]
    """The candidate passages, positives among them."""
    answer: Text
    """The answer to learn."""
    pos_index: list[Annotated[int, Field(ge=0)]] | None = None
    """Positions in context (from 0) of the passages that hold the answer."""

    @model_validator(mode="after")
    def _positives_exist(self) -> EndToEndExample:
        last = len(self.context) - 1
        for index, position in enumerate(self.pos_index or []):
            if position > last:
                raise _wrong(f"pos_index[{index}]", f"{position} is outside context (positions 0 to {last})")
        if self.pos_index and len(set(self.pos_index)) != len(self.pos_index):
            raise _wrong("pos_index", "names a passage twice (list each position once)")
        return self


EXAMPLE_TYPES: dict[str, type[Example]] = {
    "qa": PretrainExample,
    "paraphrase": PretrainExample,
    "instruction": InstructionExample,
    "end_to_end": EndToEndExample,
}
Stage = Literal["pretrain", "instruction", "end_to_end"]
STAGES: tuple[Stage, ...] = ("pretrain", "instruction", "end_to_end")


class Block(Record):
    """One piece of a page in reading order. `text` is Markdown for tables, plain text otherwise.

    `image` names a picture's file below the folder of raw_knowledge.jsonl; `text` is then what is known of it, or ''.
    """

    kind: Literal["heading", "paragraph", "list_item", "table", "note", "image"]
    text: str
    level: int | None = Field(default=None, ge=1, le=9)
    image: str | None = Field(default=None, pattern=r"^images/[0-9a-f]{64}\.(png|jpg)$")


class Page(Record):
    """One page, slide or sheet, numbered from 1."""

    number: int = Field(ge=1)
    blocks: list[Block]

    @property
    def text(self) -> str:
        """The page as Markdown; `Source.start/end` and `Passage.start/end` are offsets into this string."""
        return "\n\n".join(render_block(block) for block in self.blocks if not is_silent(block))


def is_silent(block: Block) -> bool:
    """A picture that nobody has described: it has no place in the page's text."""
    return block.kind == "image" and not block.text


def render_block(block: Block) -> str:
    """Markdown of one block.

    >>> render_block(Block(kind="heading", text="Range", level=2))
    '## Range'
    """
    if block.kind == "heading":
        return f"{'#' * min(block.level or 1, 6)} {block.text}"
    if block.kind == "list_item":
        return f"{'  ' * ((block.level or 1) - 1)}- {block.text}"
    return block.text


class Document(Record):
    """One source file after extraction: a line of raw_knowledge.jsonl."""

    id: Text  # path relative to the extracted folder, '/' as separator
    sha256: Text  # of the source file's bytes
    media_type: Text  # 'pdf', 'docx', 'pptx', …
    title: str
    pages: Annotated[list[Page], Field(min_length=1)]
    backend: str = ""
    metadata: dict[str, Any] | None = None


class Passage(Record):
    """A piece of one page that the compressor reads whole.

    `text` may open with context that is not at start:end (the document's title, the headings above, a repeated table
    header); `page_text[start:end]` is the part that was cut from the page.
    """

    id: Text
    document: Text
    page: int = Field(ge=1)
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: Text
    title: str = ""

    @property
    def source(self) -> Source:
        return Source(document=self.document, page=self.page, start=self.start, end=self.end)
