"""ClaraModel: one base LM in three roles (compressor, generator, query reasoner) around memory tokens.

Shapes: p = distinct passages, s = slots (a passage used by a row), b = rows, d = candidates of a row, k = chosen ones,
n = memory tokens, h = hidden size, t = tokens. All padding is on the left, and position ids come from the mask, so the
last position is always a real token and padding changes no number.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import GenerationConfig, PreTrainedModel

from clara.errors import CheckpointError, UsageError
from clara.modeling import adapters, base, checkpoint, fingerprint
from clara.modeling.config import COMPRESSOR, GENERATOR, QUERY_REASONER, ClaraConfig
from clara.modeling.embeddings import SpecialEmbeddings
from clara.modeling.selection import contrastive_loss, score_passages, straight_through_top_k
from clara.modeling.tokens import IGNORED, ClaraTokenizer

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class PaddedIds:
    """Left-padded ids and their mask, [rows, tokens] each."""

    ids: Tensor
    mask: Tensor

    @classmethod
    def of(cls, rows: Sequence[list[int]], pad_id: int, *, multiple: int = 1) -> PaddedIds:
        """As wide as the longest row, rounded up to a multiple: fewer different shapes for the kernels' caches."""
        width = -(-max(len(row) for row in rows) // multiple) * multiple
        ids = torch.full((len(rows), width), pad_id)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        for index, row in enumerate(rows):
            ids[index, width - len(row) :] = torch.tensor(row)
            mask[index, width - len(row) :] = 1
        return cls(ids, mask)

    def to(self, device: torch.device) -> PaddedIds:
        return PaddedIds(self.ids.to(device), self.mask.to(device))


@dataclass(slots=True)
class Output:
    """What one training step gives. `loss` is what is minimised."""

    loss: Tensor
    answer_loss: Tensor
    alignment_loss: Tensor | None = None
    contrastive_loss: Tensor | None = None
    scores: Tensor | None = None  # [b, d] cosine
    selected: Tensor | None = None  # [b, k] candidate indices, best first


class ClaraModel(nn.Module):
    """A base causal LM with a compressor, a generator and (from end_to_end on) a query reasoner adapter.

    model = ClaraModel.from_pretrained("checkpoint")
    memory = model.compress(["The casing is amber."])  # [1, n, h]
    model.generate(["What colour is the casing?"], [memory])
    """

    config_class = ClaraConfig

    def __init__(self, config: ClaraConfig, lm: PreTrainedModel, tokenizer: Any) -> None:
        super().__init__()
        config = copy.deepcopy(config)  # what follows is this model's own; the caller's stays as it was
        config.base_model = base.portable_name(config.base_model)
        self.config = config
        self.tokenizer = ClaraTokenizer(tokenizer, config)
        self.lm = lm
        if self.tokenizer.pad_id >= self._embedding_weight.shape[0]:  # a padding token the base has no row for
            self.tokenizer.pad_id = self.tokenizer.bos_id
        self.embeddings = SpecialEmbeddings(list(self.tokenizer.special_ids.values()), self.hidden_size)
        self.embeddings.to(self.device)
        config.special_tokens = self.tokenizer.special_ids
        config.bos = self.tokenizer.bos
        config.base_vocab_size = int(lm.get_output_embeddings().weight.shape[0])
        config.adapters = []  # add_adapter fills it
        config.stages = list(config.stages or [])
        self.switch = adapters.AdapterSwitch(lm)

    # -- making, loading, saving ------------------------------------------------------------------------------------

    @classmethod
    def from_base(
        cls,
        config: ClaraConfig,
        *,
        device: str | torch.device | None = None,
        dtype: str | torch.dtype | None = None,
        seed: int = 0,
    ) -> ClaraModel:
        """A model with untrained compressor and generator adapters on `config.base_model`. Raises BaseModelError."""
        chosen = base.pick_device(device)
        source = base.resolve_base(config.base_model)
        tokenizer = base.load_tokenizer(source, base_model=config.base_model)
        lm = base.load_base(
            config.base_model, device=chosen, dtype=base.pick_dtype(dtype, chosen), quantization=config.quantization
        )
        model = cls(config, lm, tokenizer)
        model.config.base_fingerprint = fingerprint.base_fingerprint(lm.state_dict())
        rows = model._embedding_weight.shape[0]
        known = {
            row: token_id
            for row, (name, token_id) in enumerate(model.tokenizer.special_ids.items())
            if name in model.tokenizer.in_base and token_id < rows
        }
        text_tokens = len(tokenizer) - len(model.tokenizer.special_ids)
        model.embeddings.start_from_base(lm.get_input_embeddings(), known, seed=seed, vocab_size=min(text_tokens, rows))
        for offset, name in enumerate((COMPRESSOR, GENERATOR)):
            model.add_adapter(name, seed=seed + offset)
        return model.eval()

    @classmethod
    def from_pretrained(
        cls,
        folder: str | Path,
        *,
        base_model: str | None = None,
        device: str | torch.device | None = None,
        dtype: str | torch.dtype | None = None,
        allow_untrained: bool = False,
        **passed_by_auto_model: Any,
    ) -> ClaraModel:
        """Load a checkpoint folder for inference or further training.

        base_model: where the base lies on this machine, when not where the checkpoint says.
        passed_by_auto_model: `AutoModel.from_pretrained` adds these; the folder's own config.json is what counts.
        Raises CheckpointError on any missing or unexpected key, on another base than the one trained on, and on an
        adapter that was never trained unless `allow_untrained`.
        """
        known = {"config", "trust_remote_code", "adapter_kwargs"}
        unknown = [key for key, value in passed_by_auto_model.items() if value is not None and key not in known]
        if unknown:
            raise TypeError(f"from_pretrained() got an unexpected keyword argument '{min(unknown)}'")
        model: ClaraModel = checkpoint.load(cls, Path(folder), base_model=base_model, device=device, dtype=dtype)
        if not allow_untrained:
            model.refuse_untrained()
        return model.eval()

    def save_pretrained(self, folder: str | Path) -> None:
        """Write config.json, one standard peft folder per adapter, the small table and the tokenizer, atomically."""
        checkpoint.save(self, Path(folder))

    def add_adapter(self, name: str, *, seed: int = 0) -> None:
        adapters.add_adapter(self.lm, self.config, name, seed=seed)
        self.switch.refresh(self.lm)
        self.adapter_names.append(name)
        self.lm.train(self.training)

    def start_query_reasoner(self) -> None:
        """end_to_end starts the query reasoner as a copy of the compressor; one that exists is kept."""
        if QUERY_REASONER not in self.adapter_names:
            self.add_adapter(QUERY_REASONER)
            adapters.copy_adapter(self.lm, COMPRESSOR, QUERY_REASONER)

    def refuse_untrained(self) -> None:
        """Raise CheckpointError if an adapter changes nothing: its answers would be the bare base's."""
        for name in self.adapter_names:
            if adapters.adapter_is_untrained(self.lm, name):
                raise CheckpointError(
                    f"the {name} adapter of this checkpoint is untrained; train it first "
                    "(`clara train pretrain …`), or pass allow_untrained=True to measure the untrained model"
                )

    # -- facts ------------------------------------------------------------------------------------------------------

    @property
    def adapter_names(self) -> list[str]:
        assert self.config.adapters is not None
        return self.config.adapters

    @property
    def hidden_size(self) -> int:
        return int(self.lm.config.get_text_config().hidden_size)

    @property
    def device(self) -> torch.device:
        device: torch.device = self._embedding_weight.device
        return device

    @property
    def dtype(self) -> torch.dtype:
        """Compute dtype: the base's."""
        return self._embedding_weight.dtype

    @property
    def _embedding_weight(self) -> Tensor:
        weight = self.lm.get_input_embeddings().weight
        assert isinstance(weight, Tensor)
        return weight

    def fingerprint(self) -> str:
        """What a stored memory depends on and no more: base, compressor, small table, lengths, dtype."""
        tensors = adapters.adapter_state(self.lm, COMPRESSOR)
        tensors["embeddings"] = self.embeddings.weight
        facts: dict[str, object] = {
            "doc_max_length": self.config.doc_max_length,
            "compression_rate": self.config.compression_rate,
            "lora_alpha": self.config.lora_alpha,
            "bos": self.config.bos,
            "quantization": self.config.quantization,
            "dtype": str(self.dtype),
        }
        assert self.config.base_fingerprint is not None
        return fingerprint.memory_fingerprint(self.config.base_fingerprint, tensors, facts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, no special tokens counted."""
        return [self.tokenizer.count(text) for text in texts]

    # -- inference --------------------------------------------------------------------------------------------------

    def compress(self, texts: Sequence[str], *, batch_tokens: int = 16384, progress: Progress | None = None) -> Tensor:
        """Memory of each text, [texts, n, h], in the compute dtype, on CPU. Eval mode, no gradients."""
        return self._encode_all(COMPRESSOR, texts, batch_tokens=batch_tokens, progress=progress)

    def encode_query(self, questions: Sequence[str], *, batch_tokens: int = 16384) -> Tensor:
        """The query reasoner's reading of each question, [questions, n, h], on CPU.

        Raises CheckpointError when the checkpoint has no query reasoner (before end_to_end training).
        """
        self._need_query_reasoner()
        return self._encode_all(QUERY_REASONER, questions, batch_tokens=batch_tokens)

    def score_passages(self, query: Tensor, memory: Tensor) -> Tensor:
        """Cosine of flattened memories: query [q, n, h], memory [q, d, n, h] -> [q, d], fp32."""
        return score_passages(query, memory)

    def generate(
        self, questions: Sequence[str], memory: Sequence[Tensor], *, max_new_tokens: int = 32, batch_size: int = 32
    ) -> list[str]:
        """Greedy answers; memory[i] is [documents, n, h] for questions[i]."""
        if len(questions) != len(memory):
            raise ValueError(f"{len(questions)} questions but {len(memory)} memories")
        slots = [self.tokenizer.slots(len(documents)) for documents in memory]
        return self._generate(questions, slots, memory, GENERATOR, max_new_tokens, batch_size)

    def generate_from_text(
        self,
        questions: Sequence[str],
        passages: Sequence[Sequence[str]],
        *,
        max_new_tokens: int = 32,
        batch_size: int = 32,
        adapter: bool = False,
    ) -> list[str]:
        """Greedy answers from the passages' plain text (none = closed book), by the bare base or the generator."""
        texts = ["\n\n".join(self.tokenizer.plain(passage) for passage in documents) for documents in passages]
        return self._generate(questions, texts, None, GENERATOR if adapter else None, max_new_tokens, batch_size)

    # -- training ---------------------------------------------------------------------------------------------------

    def forward(
        self,
        *,
        input_ids: Tensor,
        attention_mask: Tensor,
        labels: Tensor,
        passage_ids: Tensor | None = None,
        passage_mask: Tensor | None = None,
        slots: Tensor | None = None,
        query_ids: Tensor | None = None,
        query_mask: Tensor | None = None,
        candidates: Tensor | None = None,
        candidate_mask: Tensor | None = None,
        positives: Tensor | None = None,
        num_items_in_batch: Tensor | int | None = None,
        share: float = 1.0,
        contrastive_weight: float = 0.0,
    ) -> Output:
        """One training step's loss; everything it does happens in here, so DDP and FSDP see it.

        pretrain, instruction: passage_ids [p, t] are the batch's distinct passages, slots [s] says which of them fills
        each slot of each row, in reading order. end_to_end: query_ids [b, t], candidates [b, d, n, h] from the memory
        store, candidate_mask [b, d], positives [b, d] (which candidates hold the answer; used with contrastive_weight
        only). input_ids and labels [b, t] are the generator's, its memory places still empty. share: this micro-batch's
        share of the terms that are no mean over answer tokens (1 / micro-batches of the step, all processes).
        """
        if candidates is not None:
            assert query_ids is not None
            assert query_mask is not None
            assert candidate_mask is not None
            scores, selected, memory = self.select(PaddedIds(query_ids, query_mask), candidates, candidate_mask)
            loss = self.answer_loss(
                PaddedIds(input_ids, attention_mask), labels, memory.flatten(0, 1), num_items_in_batch
            )
            total, contrast = loss, None
            if contrastive_weight and positives is not None:
                contrast = contrastive_loss(scores, positives.bool(), candidate_mask.bool())
                total = loss + contrastive_weight * share * contrast
                contrast = contrast.detach()
            return Output(total, loss.detach(), contrastive_loss=contrast, scores=scores.detach(), selected=selected)
        assert passage_ids is not None
        assert passage_mask is not None
        assert slots is not None
        memory, distance = self.encode(COMPRESSOR, PaddedIds(passage_ids, passage_mask))
        loss = self.answer_loss(PaddedIds(input_ids, attention_mask), labels, memory[slots], num_items_in_batch)
        alignment = distance[slots].mean()
        total = loss + self.config.alignment_weight * share * alignment
        return Output(total, loss.detach(), alignment_loss=alignment.detach())

    def encode(self, adapter: str, passages: PaddedIds) -> tuple[Tensor, Tensor]:
        """Memory [p, n, h] through one adapter, and per passage the MSE [p] between the mean memory and text states."""
        n = self.config.num_memory_tokens
        with self.switch.use(adapter):
            states = base.decoder_of(self.lm)(
                inputs_embeds=self._embed(passages.ids),
                attention_mask=passages.mask,
                position_ids=_positions(passages.mask),
                use_cache=False,
            ).last_hidden_state  # [p, t, h]
        memory = states[:, -n:]
        text_mask = passages.mask[:, :-n].unsqueeze(-1)
        text = (states[:, :-n].float() * text_mask).sum(1) / text_mask.sum(1)
        distance = (memory.float().mean(1) - text).pow(2).mean(-1)
        return memory, distance

    def select(self, queries: PaddedIds, candidates: Tensor, candidate_mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Cosine scores [b, d], chosen indices [b, k] best first, and their memory [b, k, n, h] (differentiable)."""
        self._need_query_reasoner()
        query, _ = self.encode(QUERY_REASONER, queries)
        scores = score_passages(query, candidates)
        logits = (scores / self.config.temperature).masked_fill(~candidate_mask.bool(), float("-inf"))
        indices, weights = straight_through_top_k(logits, self.config.num_documents)
        chosen = torch.einsum("bkd,bdnh->bknh", weights, candidates.float()).to(candidates.dtype)
        return scores, indices, chosen

    def answer_loss(
        self,
        prompt: PaddedIds,
        labels: Tensor,
        memory: Tensor,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """Cross-entropy on the answer's tokens; memory [s, n, h] fills the memory places in reading order.

        Mean over the batch's answer tokens, or their sum over `num_items_in_batch` (answer tokens of the global batch).
        """
        with self.switch.use(GENERATOR):
            # left padding: every answer ends at the last position, so logits are needed for a short tail only
            first_label = int((labels != IGNORED).int().argmax(dim=1).min())
            keep = labels.shape[1] - first_label + 1
            logits = self.lm(
                inputs_embeds=self._with_memory(prompt.ids, memory),
                attention_mask=prompt.mask,
                position_ids=_positions(prompt.mask),
                use_cache=False,
                logits_to_keep=keep,
            ).logits  # [b, keep, vocabulary]
        targets = labels[:, -keep:][:, 1:]
        used = targets != IGNORED
        logits = logits[:, :-1, : self.config.base_vocab_size]
        total = F.cross_entropy(logits[used].float(), targets[used], reduction="sum")
        return total / (used.sum() if num_items_in_batch is None else num_items_in_batch)

    def enable_gradient_checkpointing(self) -> None:
        """Recompute activations in backward, through the adapter that was active in the forward pass."""
        options: dict[str, Any] = {"use_reentrant": False, "context_fn": self.switch.checkpoint_contexts}
        if hasattr(self.lm, "activation_checkpointing_enable"):  # its name in newer transformers
            self.lm.activation_checkpointing_enable(activation_checkpointing_kwargs=options)
        else:
            self.lm.gradient_checkpointing_enable(gradient_checkpointing_kwargs=options)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _embed(self, ids: Tensor) -> Tensor:
        embeds: Tensor = self.embeddings(ids, self.lm.get_input_embeddings())
        return embeds

    def _with_memory(self, ids: Tensor, memory: Tensor) -> Tensor:
        """Embeddings [b, t, h] of a generator input whose memory places hold `memory` [s, n, h]."""
        embeds = self._embed(ids)
        places = torch.isin(ids, torch.tensor(sorted(set(self.tokenizer.memory_ids)), device=ids.device))
        expected = memory.shape[0] * memory.shape[1]
        if int(places.sum()) != expected:
            raise ValueError(f"the prompt has {int(places.sum())} memory places, the memory {expected} tokens")
        return embeds.masked_scatter(places.unsqueeze(-1), memory.to(embeds.dtype))

    def _need_query_reasoner(self) -> None:
        if QUERY_REASONER not in self.adapter_names:
            raise CheckpointError(
                "this checkpoint has no query reasoner: it cannot retrieve; train end_to_end, or give the documents"
            )

    @contextlib.contextmanager
    def _inference(self) -> Iterator[None]:
        training = self.training
        self.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.train(training)

    def _encode_all(
        self, adapter: str, texts: Sequence[str], *, batch_tokens: int, progress: Progress | None = None
    ) -> Tensor:
        memory = torch.empty(len(texts), self.config.num_memory_tokens, self.hidden_size, dtype=self.dtype)
        rows = [self.tokenizer.passage_ids(text) for text in texts]
        done = 0
        with self._inference():
            for batch in batches_by_length([len(row) for row in rows], batch_tokens):
                padded = PaddedIds.of([rows[index] for index in batch], self.tokenizer.pad_id)
                memory[batch] = self.encode(adapter, padded.to(self.device))[0].cpu()
                done += len(batch)
                if progress is not None:
                    progress(done, len(rows))
        return memory

    def _generate(
        self,
        questions: Sequence[str],
        docs: Sequence[str],
        memory: Sequence[Tensor] | None,
        adapter: str | None,
        max_new_tokens: int,
        batch_size: int,
    ) -> list[str]:
        rows = [self.tokenizer.question(q, docs=d).input_ids for q, d in zip(questions, docs, strict=True)]
        self._refuse_longer_than_the_base_reads(max(map(len, rows), default=0))
        answers = [""] * len(rows)
        order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
        settings = self._generation_config(max_new_tokens)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            padded = PaddedIds.of([rows[index] for index in batch], self.tokenizer.pad_id).to(self.device)
            with self._inference(), self.switch.use(adapter):
                if memory is None:
                    embeds = self._embed(padded.ids)
                else:
                    filled = torch.cat([memory[index].to(self.device) for index in batch])
                    embeds = self._with_memory(padded.ids, filled)
                generate: Any = self.lm.generate  # the stubs lose its type behind nn.Module
                tokens = generate(inputs_embeds=embeds, attention_mask=padded.mask, generation_config=settings)
            for index, ids in zip(batch, tokens.tolist(), strict=True):
                answers[index] = self.tokenizer.decode(ids)
        return answers

    def _refuse_longer_than_the_base_reads(self, length: int) -> None:
        limit = getattr(self.lm.config.get_text_config(), "max_position_embeddings", None)
        if limit is not None and length >= limit:
            raise UsageError(
                f"a question with its passages has {length} tokens, and '{self.config.base_model}' reads fewer than "
                f"{limit} (shorten the question, or give fewer passages)"
            )

    def _generation_config(self, max_new_tokens: int) -> GenerationConfig:
        stored = self.lm.generation_config.eos_token_id if self.lm.generation_config is not None else None
        stop = {self.tokenizer.hf.eos_token_id, *(stored if isinstance(stored, list) else [stored])} - {None}
        rows = int(self.lm.get_output_embeddings().weight.shape[0])
        vocabulary = self.config.base_vocab_size or rows
        never = {*range(vocabulary, rows), *(token for token in self.tokenizer.special_ids.values() if token < rows)}
        return GenerationConfig(
            max_new_tokens=max_new_tokens,
            do_sample=False,
            eos_token_id=sorted(stop),
            pad_token_id=self.tokenizer.pad_id,
            suppress_tokens=sorted(never) or None,
        )


def batches_by_length(lengths: Sequence[int], batch_tokens: int) -> Iterator[list[int]]:
    """Indices in batches of similar length, each at most `batch_tokens` padded tokens (or a single row).

    >>> list(batches_by_length([5, 1, 4, 2], batch_tokens=6))
    [[1, 3], [2], [0]]
    """
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: (lengths[index], index)):
        if batch and lengths[index] * (len(batch) + 1) > batch_tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _positions(mask: Tensor) -> Tensor:
    """Position ids [b, t] from the mask: real tokens count from 0, padding gets 0."""
    return (mask.cumsum(dim=1) - 1).clamp(min=0)
