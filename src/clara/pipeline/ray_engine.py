"""Reading and offline drafting on Ray Data. The driver alone orders, journals and writes: the bytes are the local ones.

With an endpoint the requests are sent by the driver, so that its bound on requests in flight, its budget and its one
journal hold whatever the number of workers.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clara.errors import MissingExtraError
from clara.extraction.pool import Job, Outcome, run_jobs
from clara.pipeline.settings import PipelineSettings
from clara.schema import Document, Passage
from clara.synthesis.drafting import ExtractiveDrafter
from clara.synthesis.drafts import Draft, Drafter

FILES_AT_ONCE, DOCUMENTS_AT_ONCE = 4, 8


def require_ray() -> Any:
    """The module, told not to call home. Raises MissingExtraError."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
        import ray.data
    except ImportError:
        raise MissingExtraError("ray", extra="ray") from None
    return ray


@contextlib.contextmanager
def _cluster(workers: int | None) -> Iterator[Any]:
    """The cluster this process is connected to, that of RAY_ADDRESS, or a local one that ends with the block."""
    ray = require_ray()
    own = not ray.is_initialized()
    if own:
        paths = os.pathsep.join(path for path in (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")) if path)
        environment = {"env_vars": {"PYTHONPATH": paths}}
        local = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers or os.cpu_count() or 1}
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR", runtime_env=environment, **local)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    try:
        yield ray
    finally:
        if own:
            ray.shutdown()


def run_jobs_on_ray(
    jobs: Sequence[Job],
    *,
    workers: int,
    timeout_seconds: float,
    memory_mb: int,
    request: Mapping[str, Any] | None = None,
) -> Iterator[Outcome]:
    """run_jobs on Ray: every task has its own limited child process. The files must be readable on every machine."""
    if not jobs:
        return
    read = functools.partial(
        _read_files, timeout_seconds=timeout_seconds, memory_mb=memory_mb, request=dict(request or {})
    )
    with _cluster(workers) as ray:
        rows = [{"path": str(job.path.absolute()), "document_id": job.document_id} for job in jobs]
        blocks = max(1, -(-len(rows) // FILES_AT_ONCE))
        data = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(read, batch_size=None)
        for row in data.iter_rows():
            told = json.loads(row["outcome"])
            job = Job(path=Path(told["job"]["path"]), document_id=told["job"]["document_id"])
            yield Outcome(**{**told, "job": job})


def _read_files(batch: Mapping[str, Any], **limits: Any) -> dict[str, list[str]]:
    pairs = zip(batch["path"], batch["document_id"], strict=True)
    jobs = [Job(path=Path(str(path)), document_id=str(name)) for path, name in pairs]
    outcomes = run_jobs(jobs, workers=1, **limits)
    return {"outcome": [json.dumps(asdict(outcome), default=str) for outcome in outcomes]}


class PreparedDrafter(ExtractiveDrafter):
    """The offline drafter with what Ray's workers have drafted already; anything else it drafts itself."""

    def __init__(self, known: Mapping[str, tuple[list[Draft], str | None]], *, seed: int) -> None:
        super().__init__(seed=seed)
        self.known = known

    def draft_now(self, passage: Passage) -> list[Draft]:
        known = self.known.get(passage.id or "")
        return super().draft_now(passage) if known is None else known[0]

    async def paraphrase(self, passage: Passage, *, rejected: Sequence[str] = ()) -> str | None:
        known = self.known.get(passage.id or "")
        return await super().paraphrase(passage, rejected=rejected) if known is None or rejected else known[1]


def drafts_on_ray(raw_knowledge: Path, settings: PipelineSettings) -> Callable[[Drafter], Drafter]:
    """Cut and draft all documents on Ray; what is returned puts the drafts in front of the offline drafter."""
    lines = raw_knowledge.read_text(encoding="utf-8").splitlines()
    draft = functools.partial(
        _draft_documents, base_model=settings.base_model, max_tokens=settings.max_tokens, seed=settings.seed
    )
    known: dict[str, tuple[list[Draft], str | None]] = {}
    with _cluster(settings.workers) as ray:
        blocks = max(1, -(-len(lines) // DOCUMENTS_AT_ONCE))
        data = ray.data.from_items([{"line": line} for line in lines], override_num_blocks=blocks)
        for row in data.map_batches(draft, batch_size=None).iter_rows():
            told = json.loads(row["drafts"])
            drafts = [Draft(**{**one, "questions": tuple(one["questions"])}) for one in told["drafts"]]
            known[told["id"]] = (drafts, told["paraphrase"])
    return lambda drafter: PreparedDrafter(known, seed=settings.seed)


def _draft_documents(batch: Mapping[str, Any], *, base_model: str, max_tokens: int, seed: int) -> dict[str, list[str]]:
    import asyncio

    from clara.chunking import chunk_document, load_token_counter

    tokenizer, drafter = load_token_counter(base_model), ExtractiveDrafter(seed=seed)
    found = []
    for line in batch["line"]:
        document = Document.model_validate_json(str(line))
        for passage in chunk_document(document, tokenizer=tokenizer, max_tokens=max_tokens):
            drafts = [asdict(one) for one in drafter.draft_now(passage)]
            restated = asyncio.run(drafter.paraphrase(passage))
            found.append(json.dumps({"id": passage.id, "drafts": drafts, "paraphrase": restated}))
    return {"drafts": found}
