"""What upstream would compute, done again from its description in plain torch, and written in the parity form.

Nothing of clara is used: LoRA weights are added into the base's matrices, inputs are built as strings and padded on the
left to the maximum, no position ids are given, decoding repeats the whole forward pass for every token.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from tests.modeling.bases import ANSWERS, PASSAGES, QUESTIONS, make_base
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

ENCODER, DECODER, QUERY = "encoder_adapter", "decoder_adapter", "query_reasoner_adapter"
PROMPTS = {
    "answer_system": "Answer briefly.",
    "answer_user": "Background:\n{docs}\n\nQuestion:{question}",
    "pretrain_qa_system": "Write questions with their answers.",
    "pretrain_qa_user": "Background:\n{docs}",
    "qa_line": "Question: {question}\nAnswer: {answer}",
    "paraphrase_system": "Restate the background.",
    "paraphrase_instructions": ["Background: {docs} Say this differently.", "Again: {docs}"],
}


class Reference:
    def __init__(self, base: Path, *, shared_token: bool, doc_max_length: int, rate: int, rank: int, head: int) -> None:
        self.doc_max_length, self.n, self.rank, self.head = doc_max_length, doc_max_length // rate, rank, head
        self.model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="eager").eval()
        self.tokenizer = AutoTokenizer.from_pretrained(base, padding_side="left")
        self.mem = ["<MEM>"] * self.n if shared_token else [f"<MEM{i}>" for i in range(self.n)]
        self.added = [*dict.fromkeys(self.mem), "<AE>", "<ENC>", "<SEP>"]
        before = len(self.tokenizer)
        self.tokenizer.add_special_tokens({"additional_special_tokens": self.added}, replace_extra_special_tokens=False)
        self.mem_ids = torch.tensor(self.tokenizer.convert_tokens_to_ids(self.mem))
        self.bos = self.tokenizer.bos_token or "<|im_start|>"
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.bos
        generator = torch.Generator().manual_seed(11)
        weights = self.model.get_input_embeddings().weight.detach()
        fresh = torch.randn(len(self.added), weights.shape[1], generator=generator) * 0.15
        self.table = torch.cat([weights[:before], fresh])
        self.adapters: dict[str, dict[str, Tensor]] = {}
        for name in (DECODER, ENCODER, QUERY):
            state = {}
            for key, module in self.model.named_modules():
                if isinstance(module, torch.nn.Linear) and key != "lm_head":
                    a, b = (rank, module.in_features), (module.out_features, rank)
                    state[f"{key}.lora_A.weight"] = torch.randn(a, generator=generator) * 0.1
                    state[f"{key}.lora_B.weight"] = torch.randn(b, generator=generator) * 0.1
            self.adapters[name] = {key: value.requires_grad_() for key, value in state.items()}

    def forward(self, adapter: str, embeds: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(last hidden state, logits)"""
        weights = {key: value.detach() for key, value in self.model.named_parameters(remove_duplicate=False)}
        weights["lm_head.weight"] = self.model.get_output_embeddings().weight.detach()[: self.head]
        state = self.adapters[adapter]
        for key in state:
            if key.endswith("lora_A.weight"):
                name = key.removesuffix(".lora_A.weight")
                update = state[f"{name}.lora_B.weight"] @ state[key]
                weights[f"{name}.weight"] = weights[f"{name}.weight"] + 2 * update  # alpha = 2 r
        inputs = {"inputs_embeds": embeds, "attention_mask": mask, "output_hidden_states": True, "use_cache": False}
        out = torch.func.functional_call(self.model, weights, (), inputs, tie_weights=False)
        return out.hidden_states[-1], out.logits

    def embed(self, ids: Tensor) -> Tensor:
        return torch.func.functional_call(self.model.get_input_embeddings(), {"weight": self.table}, (ids,))

    def encode(self, adapter: str, texts: list[str]) -> tuple[Tensor, Tensor]:
        """(memory, mse over the batch)"""
        batch = self.tokenizer(
            [f"<ENC>{self.bos}{text}{self.tokenizer.eos_token}" for text in texts],
            return_tensors="pt",
            padding="max_length",
            max_length=self.doc_max_length + 3,
            truncation=True,
            add_special_tokens=False,
        )
        ids = torch.cat([batch["input_ids"], self.mem_ids.expand(len(texts), -1)], dim=1)
        mask = torch.cat([batch["attention_mask"], torch.ones(len(texts), self.n, dtype=torch.long)], dim=1)
        states, _ = self.forward(adapter, self.embed(ids), mask)
        memory = states[torch.isin(ids, self.mem_ids)].reshape(len(texts), self.n, -1)
        rest = torch.stack(
            [s[m.bool() & ~torch.isin(i, self.mem_ids)].mean(0) for s, m, i in zip(states, mask, ids, strict=True)]
        )
        return memory, F.mse_loss(rest, memory.mean(1))

    def chat(self, system: str, user: str, answer: str | None = None) -> tuple[str, str]:
        """(prompt, whole text)"""
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        render = self.tokenizer.apply_chat_template
        try:
            dropped = system not in render(messages, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        except jinja2.TemplateError:
            dropped = True
        if dropped:
            messages = [{"role": "user", "content": f"{system}\n{user}"}]
        prompt = render(messages, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        if answer is None:
            return prompt, prompt
        messages.append({"role": "assistant", "content": answer})
        return prompt, render(messages, tokenize=False, enable_thinking=False)

    def decoder_batch(self, chats: list[tuple[str, str]]) -> tuple[Tensor, Tensor, Tensor]:
        """(ids, mask, labels), left-padded further than the longest needs"""
        rows = [self.tokenizer.encode(text, add_special_tokens=False) for _, text in chats]
        width = max(map(len, rows)) + 7
        ids = torch.full((len(rows), width), self.tokenizer.pad_token_id)
        mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
        for index, (row, (prompt, _)) in enumerate(zip(rows, chats, strict=True)):
            start = len(self.tokenizer.encode(prompt, add_special_tokens=False))
            ids[index, width - len(row) :] = torch.tensor(row)
            mask[index, width - len(row) :] = 1
            labels[index, width - len(row) + start :] = torch.tensor(row[start:])
        return ids, mask, labels

    def with_memory(self, ids: Tensor, memory: Tensor) -> Tensor:
        """memory [rows, documents, n, hidden], placed slot by slot from the first memory token on"""
        embeds = self.embed(ids).clone()
        for row in range(ids.shape[0]):
            start = int((ids[row] == self.mem_ids[0]).nonzero()[0])
            for document in memory[row]:
                embeds[row, start : start + self.n] = document
                start += self.n + 1  # <SEP>
        return embeds

    def loss(self, chats: list[tuple[str, str]], memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        ids, mask, labels = self.decoder_batch(chats)
        _, logits = self.forward(DECODER, self.with_memory(ids, memory), mask)
        flat = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
        return flat, ids, labels

    def choose(self, questions: list[str], memory: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """memory [rows, candidates, n, hidden] -> (indices, chosen memory)"""
        query, _ = self.encode(QUERY, questions)
        cosine = torch.cosine_similarity(query.flatten(1).unsqueeze(1), memory.flatten(2), dim=-1) / 0.02
        best = cosine.topk(k, dim=-1).indices
        taken = torch.zeros_like(cosine)
        chosen = []
        for slot in range(k):
            soft = torch.softmax(cosine + (1 - taken + 1e-8).log(), dim=-1)
            hard = F.one_hot(best[:, slot], cosine.shape[1]).float()
            taken = taken + hard
            chosen.append(torch.einsum("rd,rdnh->rnh", hard + (soft - soft.detach()), memory))
        return best, torch.stack(chosen, dim=1)

    @torch.no_grad()
    def answer(self, question: str, memory: Tensor, count: int) -> str:
        """memory [documents, n, hidden]"""
        docs = ("".join(self.mem) + "<SEP>") * memory.shape[0]
        prompt, _ = self.chat(PROMPTS["answer_system"], f"Background:\n{docs}\n\nQuestion:{question}")  # type: ignore
        ids = torch.tensor([self.tokenizer.encode(prompt, add_special_tokens=False)])
        embeds = self.with_memory(ids, memory.unsqueeze(0))
        written: list[int] = []
        never = self.tokenizer.convert_tokens_to_ids(self.added)
        while len(written) < count:
            _, logits = self.forward(DECODER, embeds, torch.ones(embeds.shape[:2], dtype=torch.long))
            last = logits[0, -1].clone()
            last[[token for token in never if token < self.head]] = -torch.inf
            token = int(last.argmax())
            if token == self.tokenizer.eos_token_id:
                break
            written.append(token)
            embeds = torch.cat([embeds, self.embed(torch.tensor([[token]]))], dim=1)
        return str(self.tokenizer.decode(written, skip_special_tokens=True))

    def gradient_norms(self, loss: Tensor) -> dict[str, float]:
        parameters = [value for state in self.adapters.values() for value in state.values()]
        found = iter(torch.autograd.grad(loss, parameters, allow_unused=True))
        norms = {}
        for name, state in self.adapters.items():
            parts = [next(found) for _ in state]
            norms[name] = sum(float(part.square().sum()) for part in parts if part is not None) ** 0.5
        return norms


def write_fixture(
    folder: Path,
    family: str,
    *,
    shared_token: bool = False,
    hidden: int = 32,
    rate: int = 16,
    head_is_padded: bool = False,
) -> Path:
    """A parity fixture on a tiny `family` base. `head_is_padded`: the loss covers the base's unused rows as well."""
    base = make_base(folder / "base", family, hidden=hidden)
    text_tokens = len(AutoTokenizer.from_pretrained(base))
    rows = json.loads((base / "config.json").read_text())["vocab_size"]
    reference = Reference(
        base,
        shared_token=shared_token,
        doc_max_length=48,
        rate=rate,
        rank=4,
        head=rows if head_is_padded else text_tokens,
    )
    expected: dict[str, Any] = {"base_vocab_size": reference.head, "prompts": PROMPTS, "documents": PASSAGES}
    expected["special_tokens"] = dict(
        zip(reference.added, reference.tokenizer.convert_tokens_to_ids(reference.added), strict=True)
    )
    memory, mse = reference.encode(ENCODER, PASSAGES)
    tensors = {"compress.memory": memory.detach(), "compress.mse_per_batch": mse.detach().reshape(1)}
    tensors["compress.mse_first4"] = reference.encode(ENCODER, PASSAGES[:4])[1].detach().reshape(1)
    expected["cases"] = {}
    for name, rows_of_case, k, stage in _cases():
        case, batch = _case(reference, rows_of_case, k, stage)
        expected["cases"][name] = case
        tensors |= {f"{name}.{key}": value for key, value in batch.items()}
    expected["generate"] = _generate(reference, memory.detach())
    given = reference.answer(QUESTIONS[0], memory[2:4].detach(), 12)
    expected["generate_given_documents"] = {"question": QUESTIONS[0], "documents": PASSAGES[2:4], "answer": given}
    (folder / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "expected.safetensors")
    _write_checkpoint(folder / "upstream_checkpoint", reference, shared_token=shared_token, rate=rate)
    return folder


def _cases() -> list[tuple[str, list[dict[str, Any]], int, str]]:
    qa = {"docs": [PASSAGES[0]], "question": QUESTIONS, "answer": ANSWERS}
    short = {"docs": [PASSAGES[4]], "question": QUESTIONS[:1], "answer": ANSWERS[:1]}
    restated = {"docs": [PASSAGES[1]], "question": [""], "answer": [PASSAGES[1]], "data_type": "paraphrase"}
    answered = [{"docs": PASSAGES[2 * i : 2 * i + 2], "question": QUESTIONS[i], "answer": ANSWERS[i]} for i in range(2)]
    retrieved = [{"docs": PASSAGES, "question": QUESTIONS[i], "answer": ANSWERS[i]} for i in range(2)]
    return [
        ("pretrain_qa", [qa, short], 1, "stage1"),
        ("pretrain_paraphrase", [restated], 1, "stage1"),
        ("instruction", answered, 2, "stage1_2"),
        ("end_to_end", retrieved, 2, "stage2"),
    ]


def _case(
    reference: Reference, rows: list[dict[str, Any]], k: int, stage: str
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    docs = ("".join(reference.mem) + "<SEP>") * k
    chats = [_chat(reference, row, docs, stage) for row in rows]
    memory, mse = reference.encode(ENCODER, [text for row in rows for text in row["docs"]])
    memory = memory.unflatten(0, (len(rows), -1))
    selected = None
    if stage == "stage2":
        selected, memory = reference.choose([row["question"] for row in rows], memory.detach(), k)
    loss, ids, labels = reference.loss(chats, memory)
    case = {"stage": stage, "num_documents": k, "rows": rows, "loss": float(loss.detach()), "mse": float(mse.detach())}
    case["grad_norm"] = reference.gradient_norms(loss)
    if selected is not None:
        case["selected"] = selected.tolist()
    return case, {"decoder_input_ids": ids, "labels": labels}


def _chat(reference: Reference, row: dict[str, Any], docs: str, stage: str) -> tuple[str, str]:
    if row.get("data_type") == "paraphrase":
        return reference.chat("Restate the background.", f"Background: {docs} Say this differently.", row["answer"][0])
    if stage == "stage1":
        pairs = zip(row["question"], row["answer"], strict=True)
        lines = "\n".join(f"Question: {q}\nAnswer: {a}" for q, a in pairs)
        return reference.chat("Write questions with their answers.", f"Background:\n{docs}", lines)
    user = f"Background:\n{docs}\n\nQuestion:{row['question']}"
    return reference.chat("Answer briefly.", user, row["answer"])


@torch.no_grad()
def _generate(reference: Reference, memory: Tensor) -> dict[str, Any]:
    selected, chosen = reference.choose(QUESTIONS, memory.expand(len(QUESTIONS), -1, -1, -1), 2)
    answers = [reference.answer(question, chosen[i], 12) for i, question in enumerate(QUESTIONS)]
    made = {"questions": QUESTIONS, "documents": PASSAGES, "num_documents": 2}
    return {**made, "answers": answers, "selected": selected.tolist()}


def _write_checkpoint(folder: Path, reference: Reference, *, shared_token: bool, rate: int) -> None:
    folder.mkdir()
    config = {
        "model_type": "CLaRa",
        "compr_rate": rate,
        "doc_max_length": reference.doc_max_length,
        "lora_r": reference.rank,
        "different_mem_tokens": not shared_token,
        "sep": True,
        "generation_top_k": 1,
        "training_stage": "stage2",
        "decoder_model_name": "base",
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    whole = {"model.embed_tokens.weight": reference.table, "lm_head.weight": reference.table.clone()}
    states = {name: {k: v.detach() for k, v in state.items()} | whole for name, state in reference.adapters.items()}
    torch.save(states, folder / "adapters.pth")
    torch.save(whole, folder / "decoder_first_last_layers.pth")
