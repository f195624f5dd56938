"""The fictional world: reproducible, held-out names unseen, every fact really in its file, questions honestly split."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import docx
import pptx
import pypdfium2
import pytest

from clara.demo.corpus import FORMATS, Sheet, World, make_world
from clara.demo.questions import MASK, WORDINGS, heldout_questions, question_forms
from clara.demo.sheets import LABELS, PAGE_BUDGET, SENTENCES, Table
from clara.demo.writers import FACTS_FILE, render_sheet, write_corpus
from clara.errors import UsageError
from clara.extraction.readers import load_reader

COMMON = [template for templates in WORDINGS.values() for template in templates[:3]]


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(7)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    small = make_world(3, num_train=60, num_heldout=30)
    directory = tmp_path_factory.mktemp("corpus")
    write_corpus(small, directory)
    return small, directory


def asked_about(world: World, templates: list[str]) -> Counter[str]:
    """The forms of a training set that asks every template about some train product."""
    names = [sheet.product.name for sheet in world.part("train")]
    questions = [template.format(name=name) for template, name in zip(templates, names, strict=False)]
    return question_forms(questions, names=names)


def file_pages(path: Path) -> list[str]:
    """The words of each page as libraries other than clara's own extraction read them."""
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as pdf:
            pages = [page.get_textpage().get_text_bounded() for page in pdf]
    elif path.suffix == ".docx":
        pages = [""]
        for item in docx.Document(str(path)).iter_inner_content():
            if isinstance(item, docx.table.Table):
                pages[-1] += " ".join(cell.text for row in item.rows for cell in row.cells) + " "
            elif item._p.xpath('.//w:br[@w:type="page"]'):
                pages.append("")
            else:
                pages[-1] += item.text + " "
    else:
        pages = []
        for slide in pptx.Presentation(str(path)).slides:
            words = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
            tables = [shape.table for shape in slide.shapes if shape.has_table]
            pages.append(" ".join(words + [cell.text for table in tables for cell in table.iter_cells()]))
    return [" ".join(page.split()) for page in pages]


def test_a_seed_gives_one_world_and_another_seed_another(world: World) -> None:
    again, other = make_world(7), make_world(8)
    assert again == world
    assert [render_sheet(sheet) for sheet in again.sheets[:6]] == [render_sheet(sheet) for sheet in world.sheets[:6]]
    shared = {sheet.product.name for sheet in other.sheets} & {sheet.product.name for sheet in world.sheets}
    assert len(shared) < 0.05 * len(world.sheets)


def test_heldout_names_stand_nowhere_in_the_train_part(world: World) -> None:
    train_words = re.findall(
        r"\w+", " ".join(page.markdown for sheet in world.part("train") for page in sheet.pages).casefold()
    )
    train_text = f" {' '.join(train_words)} "
    for sheet in world.part("heldout"):
        product, maker = sheet.product.name.split()[0], sheet.product.facts["maker"].split()[0]
        for name in (product, maker, sheet.product.facts["engineer"]):
            assert f" {name.casefold()} " not in train_text, name


def test_names_are_never_ambiguous(world: World) -> None:
    words = [sheet.product.name.split()[0] for sheet in world.sheets]
    engineers = [sheet.product.facts["engineer"] for sheet in world.sheets]
    assert len(set(words)) == len(words)
    assert len(set(engineers)) == len(engineers)


def test_pages_are_short_titled_and_hold_each_fact_once(world: World) -> None:
    for sheet in world.sheets:
        name = sheet.product.name
        assert all(page.markdown.startswith(f"# {name}\n") for page in sheet.pages)
        assert all(len(page.markdown) <= PAGE_BUDGET for page in sheet.pages)
        assert sorted(fact.attribute for fact in sheet.facts) == sorted(sheet.product.facts)


def test_the_world_is_varied(world: World) -> None:
    share = Counter(sheet.format for sheet in world.sheets)
    assert {share[format] for format in FORMATS} <= {399, 400, 401}
    two_pages = sum(len(sheet.pages) == 2 for sheet in world.sheets)
    tables = sum(any(isinstance(part, Table) for page in sheet.pages for part in page.parts) for sheet in world.sheets)
    assert 300 < two_pages < 500
    assert 300 < tables < 500
    text = "\n".join(page.markdown for sheet in world.sheets for page in sheet.pages)
    for label in LABELS.values():
        assert f"\n{label}: " in text
        assert f"\n- {label}: " in text
        assert f"| {label} |" in text
    for template in (template for templates in SENTENCES.values() for template in templates):
        fixed_words = max(re.split(r"\{\w+\}", template), key=len)
        assert fixed_words in text


def test_every_fact_is_found_in_its_file_on_its_page(corpus: tuple[World, Path]) -> None:
    world, directory = corpus
    records = [json.loads(line) for line in (directory / FACTS_FILE).read_text("utf-8").splitlines()]
    assert len(records) == sum(len(sheet.facts) for sheet in world.sheets)
    read: dict[Path, list[str]] = {}
    for record in records:
        path = directory / record["split"] / record["document"]
        pages = read.setdefault(path, file_pages(path))
        assert record["value"] in pages[record["page"] - 1], record
        assert pages[record["page"] - 1].startswith(record["product"]), record
    assert len(read) == len(world.sheets)


def test_clara_extracts_every_fact_and_title(corpus: tuple[World, Path]) -> None:
    world, directory = corpus
    for sheet in world.sheets:
        data = (directory / sheet.split / sheet.document).read_bytes()
        document = load_reader(sheet.format)(data, document_id=sheet.document)
        assert document.title == sheet.product.name
        assert [page.number for page in document.pages] == list(range(1, len(sheet.pages) + 1))
        for fact in sheet.facts:
            assert fact.value in document.pages[fact.page - 1].text, fact


def test_file_names_tell_nothing(corpus: tuple[World, Path]) -> None:
    _, directory = corpus
    names = [path.name for path in directory.glob("*/*")]
    assert len(names) == 90
    assert all(re.fullmatch(r"sheet-\d{4}\.(pdf|docx|pptx)", name) for name in names)


def test_writing_goes_on_where_it_was(corpus: tuple[World, Path], tmp_path: Path) -> None:
    world, directory = corpus

    def kill_after_40(done: int, _: int) -> None:
        if done == 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_corpus(world, tmp_path, on_progress=kill_after_40)
    kept = tmp_path / "train" / world.sheets[0].document
    kept_at = kept.stat().st_mtime_ns
    write_corpus(world, tmp_path)
    assert kept.stat().st_mtime_ns == kept_at
    files = {path.relative_to(directory): path.read_bytes() for path in directory.rglob("*.*")}
    assert {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.*")} == files


def test_another_world_is_not_mixed_in(corpus: tuple[World, Path]) -> None:
    with pytest.raises(UsageError, match="another demo corpus"):
        write_corpus(make_world(4, num_train=6, num_heldout=3), corpus[1])


def test_a_third_of_the_questions_is_unseen_and_the_forms_never_overlap(world: World) -> None:
    forms = asked_about(world, COMMON)
    questions = heldout_questions(world, seed=7, training_forms=forms)
    assert len(questions) >= 400
    assert sum(question.phrasing == "unseen" for question in questions) * 3 == len(questions)
    names = [sheet.product.name for sheet in world.part("heldout")]
    for question in questions:
        [form] = question_forms([question.question], names=names)
        assert form.count(MASK) == 1, question
        assert (form in forms) == (question.phrasing == "seen"), question
    assert heldout_questions(world, seed=7, training_forms=forms) == questions


def test_every_document_and_attribute_is_asked_about(world: World) -> None:
    questions = heldout_questions(world, seed=7, training_forms=asked_about(world, COMMON))
    per_document = Counter(question.document for question in questions)
    assert len(per_document) == 200
    assert min(per_document.values()) >= 2
    per_attribute = Counter(question.attribute for question in questions)
    assert set(per_attribute) == set(WORDINGS) == set(SENTENCES)
    assert max(per_attribute.values()) <= 1.5 * min(per_attribute.values())


def test_questions_are_answered_by_the_page_they_cite(world: World) -> None:
    sheets: dict[str, Sheet] = {sheet.document: sheet for sheet in world.part("heldout")}
    for question in heldout_questions(world, seed=7, training_forms=asked_about(world, COMMON)):
        sheet = sheets[question.document]
        assert question.answers[0] in sheet.pages[question.page - 1].markdown
        assert sheet.product.name in question.question


def test_a_paraphrase_that_training_asked_is_not_called_unseen(world: World) -> None:
    leaked = "How heavy is {name}?"
    questions = heldout_questions(world, seed=7, training_forms=asked_about(world, [*COMMON, leaked]))
    asked = [question.phrasing for question in questions if question.question.startswith("How heavy is")]
    assert asked
    assert set(asked) == {"seen"}


def test_attributes_training_never_asked_about_are_left_out(world: World) -> None:
    forms = asked_about(world, [WORDINGS[attribute][0] for attribute in ("maker", "city", "year")])
    questions = heldout_questions(world, seed=7, training_forms=forms)
    assert {question.attribute for question in questions} == {"maker", "city", "year"}
    with pytest.raises(UsageError, match="maker only"):
        heldout_questions(world, seed=7, training_forms=asked_about(world, [WORDINGS["maker"][0]]))
