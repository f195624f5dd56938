"""`clara synthesize`: extracted documents to the three training files."""

from __future__ import annotations

from pathlib import Path

import typer

from clara.cli import app


@app.command()
def synthesize(
    raw_knowledge: Path = typer.Argument(help="raw_knowledge.jsonl, as `clara extract` writes it."),
    output_dir: Path = typer.Option(Path("data/internal"), "--output-dir", "-o", help="Folder for the three files."),
    llm: str = typer.Option("", "--llm", help="'extractive': the offline rules (the default without --base-url)."),
    base_url: str = typer.Option(
        "", help="OpenAI-compatible endpoint; the passages' text is sent there and only there."
    ),
    model: str = typer.Option(
        "", help="Model name at that endpoint. The key is read from OPENAI_API_KEY, or from .env in this folder."
    ),
    base_model: str = typer.Option("tiny", help="Model whose tokenizer measures the passages."),
    max_tokens: int = typer.Option(128, help="Most tokens in a passage (the training's doc_max_length)."),
    num_documents: int = typer.Option(5, help="Most passages in an instruction row."),
    num_candidates: int = typer.Option(8, help="Most passages in an end_to_end row, the right one included."),
    seed: int = typer.Option(0, help="Decides phrasings, order and distractors."),
    eval_fraction: float = typer.Option(0.0, help="Share of the documents kept apart in *_eval.jsonl files."),
    max_rounds: int = typer.Option(3, help="How often an LLM may redraft what verification refused."),
    concurrency: int = typer.Option(8, help="Most requests in flight at once."),
    prompts: Path | None = typer.Option(
        None, help="Folder with edited prompt files; those it lacks are the shipped ones (see `clara prompts`)."
    ),
    tasks: str = typer.Option(
        "",
        help="Some of qa, complex, paraphrase, instruction, assignment, end_to_end. Default: with a model all, "
        "offline all but complex.",
    ),
    language: str = typer.Option("auto", help="Language of the prompts: en, zh, or auto (by passage)."),
    cross_lingual: str = typer.Option("", help="Ask every fact in this language too, such as zh or en."),
    unanswerable_share: float = typer.Option(
        0.0, help="Instruction rows without the right passage, as a share of the facts; they teach to say so."
    ),
    negatives: str = typer.Option("", help="bm25 (default), embedding, or both (default with --embedding-model)."),
    embedding_model: str = typer.Option(
        "", help="Folder of a sentence-embedding model, or a model's name at the endpoint's /embeddings."
    ),
    judge_threshold: float | None = typer.Option(
        None, help="Let a model score each draft from 0 to 1 and refuse those below this (0.7 is a good start)."
    ),
    judge_model: str = typer.Option("", help="Model that judges, at the same endpoint (default: --model)."),
    max_requests: int | None = typer.Option(None, help="Stop after so many requests of this run (exit code 3)."),
    max_cost: float | None = typer.Option(
        None, help="Stop before this run costs more (exit code 3); needs --price-in and --price-out."
    ),
    price_in: float | None = typer.Option(None, help="What a million prompt tokens cost at the endpoint."),
    price_out: float | None = typer.Option(None, help="What a million reply tokens cost at the endpoint."),
    requests_per_minute: float | None = typer.Option(None, help="The endpoint's limit; requests are spread under it."),
    tokens_per_minute: float | None = typer.Option(
        None, help="The endpoint's limit, prompt and reply tokens together."
    ),
    timeout_seconds: float = typer.Option(120.0, help="Total time for one request."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Estimate requests, tokens and cost; send nothing."),
    preview: int = typer.Option(0, help="Show so many rows, and refused drafts, before the rest is made."),
    yes: bool = typer.Option(False, "--yes", help="After a preview, make the rest without asking."),
) -> None:
    """Make pretrain, instruction and end_to_end data from extracted documents.

    Every row names its source document, page and characters. Refused drafts go to rejects.jsonl with the reason.
    Nothing leaves the machine unless --base-url is given; answered requests are kept in llm_journal.sqlite and never
    paid twice. privacy_receipt.json says what left.
    """
    from clara.cli.locking import only_writer
    from clara.synthesis.console import synthesize_with_progress
    from clara.synthesis.spending import RunLimits

    with only_writer(output_dir):
        synthesize_with_progress(
            raw_knowledge,
            output_dir,
            llm=llm,
            base_url=base_url,
            model=model,
            base_model=base_model,
            max_tokens=max_tokens,
            num_documents=num_documents,
            num_candidates=num_candidates,
            seed=seed,
            eval_fraction=eval_fraction,
            max_rounds=max_rounds,
            concurrency=concurrency,
            prompts=prompts,
            tasks=tasks,
            language=language,
            cross_lingual=cross_lingual,
            unanswerable_share=unanswerable_share,
            negatives=negatives,
            embedding_model=embedding_model,
            judge_threshold=judge_threshold,
            judge_model=judge_model,
            limits=RunLimits(
                max_requests=max_requests,
                max_cost=max_cost,
                price_in=price_in,
                price_out=price_out,
                requests_per_minute=requests_per_minute,
                tokens_per_minute=tokens_per_minute,
                timeout_seconds=timeout_seconds,
                dry_run=dry_run,
                preview=preview,
                yes=yes,
            ),
        )
