"""Is our model the same model? Recompute an upstream fixture and print each difference.

    python benchmarks/parity.py FIXTURE_DIR

FIXTURE_DIR holds base/, upstream_checkpoint/, expected.json and expected.safetensors. Exit status 0 only if memory,
losses and mse agree to 1e-4, gradient norms to 0.1 %, selected passages and generated text exactly. The checkpoint is
imported, saved and loaded again before anything is computed, so that the whole path is measured. fp32, CPU, no dropout.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from clara.modeling import ADAPTERS, ClaraModel
from clara.modeling.adapters import adapter_parameters
from clara.modeling.config import COMPRESSOR
from clara.modeling.model import Output, PaddedIds
from clara.modeling.tokens import Encoded
from clara.modeling.upstream import ADAPTER_NAMES, import_upstream, read_prompts

VALUE_TOLERANCE, GRADIENT_TOLERANCE = 1e-4, 1e-3


class Report:
    """Prints one line per case and remembers whether all agreed."""

    def __init__(self) -> None:
        self.failed = 0

    def number(self, name: str, difference: float, tolerance: float) -> None:
        self._line(name, difference <= tolerance, f"difference {difference:.2e} (limit {tolerance:.0e})")

    def exact(self, name: str, ours: object, theirs: object) -> None:
        self._line(name, ours == theirs, "identical" if ours == theirs else f"ours {ours!r}, expected {theirs!r}")

    def _line(self, name: str, good: bool, text: str) -> None:
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'}  {name:<44} {text}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fixture", type=Path)
    fixture: Path = parser.parse_args().fixture
    expected = json.loads((fixture / "expected.json").read_text(encoding="utf-8"))
    tensors = load_file(fixture / "expected.safetensors")
    torch.manual_seed(0)
    imported = import_upstream(
        fixture / "upstream_checkpoint",
        base_model=str((fixture / "base").resolve()),
        prompts=read_prompts(fixture / "expected.json"),
        device="cpu",
        dtype="float32",
    )
    with tempfile.TemporaryDirectory() as folder:
        imported.save_pretrained(Path(folder) / "checkpoint")
        model = ClaraModel.from_pretrained(Path(folder) / "checkpoint", device="cpu", dtype="float32")
    model.config.base_vocab_size = expected["base_vocab_size"]
    report = Report()
    report.exact("special tokens", model.tokenizer.special_ids, expected["special_tokens"])
    check_compression(model, expected, tensors, report)
    for name, case in expected["cases"].items():
        check_case(model, name, case, tensors, report)
    check_generation(model, expected, report)
    print(f"{report.failed} case(s) differ" if report.failed else "parity: all cases agree")
    return 1 if report.failed else 0


def check_compression(model: ClaraModel, expected: dict[str, Any], tensors: dict[str, Tensor], report: Report) -> None:
    documents = expected["documents"]
    memory = model.compress(documents)
    report.number("compress.memory", float((memory - tensors["compress.memory"]).abs().max()), VALUE_TOLERANCE)
    for key, count in (("compress.mse_per_batch", len(documents)), ("compress.mse_first4", 4)):
        if key in tensors:
            with torch.no_grad():
                _, distance = model.encode(
                    COMPRESSOR, padded(model, [model.tokenizer.passage_ids(t) for t in documents[:count]])
                )
            report.number(key, abs(float(distance.mean()) - float(tensors[key])), VALUE_TOLERANCE)


def check_case(model: ClaraModel, name: str, case: dict[str, Any], tensors: dict[str, Tensor], report: Report) -> None:
    encoded = [encode_row(model, row, case) for row in case["rows"]]
    if f"{name}.decoder_input_ids" in tensors:
        theirs = tensors[f"{name}.decoder_input_ids"]
        report.exact(f"{name}.decoder_input_ids", [row.input_ids for row in encoded], unpadded(theirs, encoded))
    model.zero_grad()
    trained = [name for name in model.adapter_names if not (case["stage"] == "stage2" and name == COMPRESSOR)]
    for adapter in ADAPTERS:
        for parameter in adapter_parameters(model.lm, adapter).values():
            parameter.requires_grad_(adapter in trained)
    output, mse = run_case(model, case, encoded)
    output.answer_loss.backward()
    report.number(f"{name}.loss", abs(float(output.answer_loss.detach()) - case["loss"]), VALUE_TOLERANCE)
    report.number(f"{name}.mse", abs(mse - case["mse"]), VALUE_TOLERANCE)
    for their_name, norm in case["grad_norm"].items():
        ours = gradient_norm(model, ADAPTER_NAMES[their_name])
        report.number(
            f"{name}.grad_norm.{their_name}", abs(ours - norm) / max(norm, 1e-12) if norm else ours, GRADIENT_TOLERANCE
        )
    if "selected" in case:
        assert output.selected is not None
        report.exact(f"{name}.selected", output.selected.tolist(), case["selected"])


def run_case(model: ClaraModel, case: dict[str, Any], encoded: list[Encoded]) -> tuple[Output, float]:
    """Answer loss with its graph, and the mse of all the case's passages."""
    rows = case["rows"]
    prompt = padded(model, [row.input_ids for row in encoded])
    labels = PaddedIds.of([row.labels for row in encoded], -100).ids
    passages = [text for row in rows for text in row["docs"]]
    frozen = case["stage"] == "stage2"
    with torch.set_grad_enabled(not frozen):
        memory, distance = model.encode(
            COMPRESSOR, padded(model, [model.tokenizer.passage_ids(text) for text in passages])
        )
    scores = selected = None
    if frozen:
        candidates = memory.detach().unflatten(0, (len(rows), -1))
        queries = padded(model, [model.tokenizer.passage_ids(first(row["question"])) for row in rows])
        model.config.num_documents = case["num_documents"]
        scores, selected, chosen = model.select(queries, candidates, torch.ones(candidates.shape[:2], dtype=torch.bool))
        memory = chosen.flatten(0, 1)
    loss = model.answer_loss(prompt, labels, memory)
    return Output(loss, loss, scores=scores, selected=selected), float(distance.detach().mean())


def encode_row(model: ClaraModel, row: dict[str, Any], case: dict[str, Any]) -> Encoded:
    tokenizer = model.tokenizer
    slots = tokenizer.slots(case["num_documents"])
    if case["stage"] != "stage1":
        return tokenizer.answer(first(row["question"]), first(row["answer"]), docs=slots)
    if row.get("data_type") == "paraphrase":
        return tokenizer.paraphrase(first(row["answer"]), docs=slots, draw=row.get("instruction_index", 0))
    return tokenizer.pretrain_qa(row["question"], row["answer"], docs=slots)


def check_generation(model: ClaraModel, expected: dict[str, Any], report: Report) -> None:
    if case := expected.get("generate"):
        memory = model.compress(case["documents"])
        model.config.num_documents = case["num_documents"]
        queries = padded(model, [model.tokenizer.passage_ids(question) for question in case["questions"]])
        count = len(case["questions"])
        candidates = memory.unsqueeze(0).expand(count, -1, -1, -1)
        with torch.no_grad():
            _, selected, chosen = model.select(queries, candidates, torch.ones(candidates.shape[:2], dtype=torch.bool))
        report.exact("generate.selected", selected.tolist(), case["selected"])
        limit = case.get("max_new_tokens", 12)
        ours = model.generate(case["questions"], list(chosen), max_new_tokens=limit)
        report.exact("generate.answers", [text.strip() for text in ours], [text.strip() for text in case["answers"]])
    if case := expected.get("generate_given_documents"):
        memory = model.compress(case["documents"])
        ours = model.generate([case["question"]], [memory], max_new_tokens=case.get("max_new_tokens", 12))
        report.exact("generate_given_documents.answer", ours[0].strip(), case["answer"].strip())


def padded(model: ClaraModel, rows: list[list[int]]) -> PaddedIds:
    return PaddedIds.of(rows, model.tokenizer.pad_id)


def unpadded(rows: Tensor, ours: list[Encoded]) -> list[list[int]]:
    """Their left-padded rows, cut to the length of ours."""
    return [row[-len(encoded.input_ids) :].tolist() for row, encoded in zip(rows, ours, strict=True)]


def gradient_norm(model: ClaraModel, adapter: str) -> float:
    gradients = [p.grad for p in adapter_parameters(model.lm, adapter).values() if p.grad is not None]
    return float(torch.stack([gradient.norm() for gradient in gradients]).norm()) if gradients else 0.0


def first(value: str | list[str]) -> str:
    return value if isinstance(value, str) else value[0]


if __name__ == "__main__":
    sys.exit(main())
