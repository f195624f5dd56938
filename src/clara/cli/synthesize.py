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
    model: str = typer.Option("", help="Model name at that endpoint. The key is read from OPENAI_API_KEY."),
    base_model: str = typer.Option("tiny", help="Model whose tokenizer measures the passages."),
    max_tokens: int = typer.Option(128, help="Most tokens in a passage (the training's doc_max_length)."),
    num_documents: int = typer.Option(5, help="Most passages in an instruction row."),
    num_candidates: int = typer.Option(8, help="Most passages in an end_to_end row, the right one included."),
    seed: int = typer.Option(0, help="Decides phrasings, order and distractors."),
    eval_fraction: float = typer.Option(0.0, help="Share of the documents kept apart in *_eval.jsonl files."),
    max_rounds: int = typer.Option(3, help="How often an LLM may redraft what verification refused."),
    concurrency: int = typer.Option(8, help="Most requests in flight at once."),
    prompts: Path | None = typer.Option(None, help="Folder with edited prompt files, in place of the shipped ones."),
    privacy: str = typer.Option(
        "block",
        help="What the privacy scan before --base-url does: block (secrets stop the run, personal data warns), warn, "
        "redact (send a copy with placeholders) or off.",
    ),
    privacy_policy: Path | None = typer.Option(None, help="YAML file with block, warn, ignore, allow and names lists."),
) -> None:
    """Make pretrain, instruction and end_to_end data from extracted documents.

    Every row names its source document, page and characters. Refused drafts go to rejects.jsonl with the reason.
    Nothing leaves the machine unless --base-url is given; answered requests are kept in llm_journal.sqlite and never
    paid twice.
    """
    from clara.cli.locking import only_writer
    from clara.synthesis.console import synthesize_with_progress

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
            privacy=privacy,
            privacy_policy=privacy_policy,
        )
