"""Every record that crosses a boundary on disk, defined once. Knows nothing of files (jsonl.py) or of other formats (dialects.py).

record   = any JSONL line
example  = a training row: PretrainExample, InstructionExample, EndToEndExample
Document = one source file after extraction (a line of raw_knowledge.jsonl)
Passage  = what the compressor reads: a piece of one page of one document, within a token budget
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

MAX_PASSAGES = 5  # a row holds 1-5 passages (DESIGN §5); EndToEnd rows may hold more candidates
Text = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1)]


class Record(BaseModel):
    """Strict base: an unknown key is an error, never dropped."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Source(Record):
    """Where a passage of a row came from: `start`/`end` are character offsets into that page's text."""

    document: Text
    page: int | None = Field(default=None, ge=1)
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=0)


class Example(Record):
    """What every training row may carry; kept by every command."""

    id: str | None = None
    sources: list[Source] | None = None
    metadata: dict[str, Any] | None = None


class PretrainExample(Example):
    """Stage 1. question[i] pairs with answers[i]; a paraphrase row has no question and its target in answers[0]."""

    data_type: Literal["qa", "paraphrase"]
    question: list[str]
    answers: Annotated[list[Text], Field(min_length=1)]
    docs: Annotated[list[Text], Field(min_length=1, max_length=MAX_PASSAGES)]

    @model_validator(mode="after")
    def _pairs(self) -> PretrainExample:
        asked = [question for question in self.question if question.strip()]
        if self.data_type == "paraphrase":
            if asked:
                raise ValueError("a paraphrase row has no question (leave 'question' an empty list)")
        elif len(asked) != len(self.question) or len(self.question) != len(self.answers):
            raise ValueError(
                f"{len(asked)} non-empty questions but {len(self.answers)} answers (question i pairs with answer i)"
            )
        return self


class InstructionExample(Example):
    """Stage 2. As a prompt: instruction, plus a newline and the input when there is one; the answer is `output`."""

    data_type: Literal["instruction"]
    instruction: Text
    input: str = ""
    output: Text
    docs: Annotated[list[Text], Field(min_length=1, max_length=MAX_PASSAGES)]

    @property
    def prompt(self) -> str:
        return f"{self.instruction}\n{self.input}" if self.input else self.instruction


class EndToEndExample(Example):
    """Stage 3. Several questions are phrasings of one need; pos_index are the positions of the positives in context."""

    data_type: Literal["end_to_end"]
    question: Annotated[list[Text], Field(min_length=1)]
    context: Annotated[list[Text], Field(min_length=1)]
    answer: Text
    pos_index: list[Annotated[int, Field(ge=0)]] | None = None

    @model_validator(mode="after")
    def _positives_exist(self) -> EndToEndExample:
        for position in self.pos_index or []:
            if position >= len(self.context):
                raise ValueError(f"pos_index {position} is outside context (it has {len(self.context)} passages)")
        return self


AnyExample = PretrainExample | InstructionExample | EndToEndExample
EXAMPLE_TYPES: dict[str, type[Example]] = {
    "qa": PretrainExample,
    "paraphrase": PretrainExample,
    "instruction": InstructionExample,
    "end_to_end": EndToEndExample,
}
Stage = Literal["pretrain", "instruction", "end_to_end"]
STAGES: tuple[Stage, ...] = ("pretrain", "instruction", "end_to_end")


class Block(Record):
    """One piece of a page in reading order. `text` is Markdown for tables, plain text otherwise."""

    kind: Literal["heading", "paragraph", "list_item", "table", "note", "image"]
    text: str
    level: int | None = Field(default=None, ge=1, le=9)


class Page(Record):
    """One page, slide or sheet, numbered from 1."""

    number: int = Field(ge=1)
    blocks: list[Block]

    @property
    def text(self) -> str:
        """The page as Markdown; `Source.start/end` and `Passage.start/end` are offsets into this string."""
        return "\n\n".join(render_block(block) for block in self.blocks)


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
