"""What `clara synthesize` and scripts/synthesize_data.py share: choose a drafter, show progress, print a summary."""

from __future__ import annotations

from pathlib import Path

from clara.errors import UsageError
from clara.llm import LLMConfig
from clara.synthesis.drafting import ExtractiveDrafter
from clara.synthesis.drafts import Drafter
from clara.synthesis.llm_drafter import LLMDrafter
from clara.synthesis.report import SynthesisReport
from clara.synthesis.run import synthesize

JOURNAL = "llm_journal.sqlite"


def choose_drafter(
    *,
    llm: str,
    base_url: str,
    model: str,
    output_dir: Path,
    seed: int = 0,
    max_rounds: int = 3,
    concurrency: int = 8,
    prompts: Path | None = None,
) -> Drafter:
    """The offline drafter unless an endpoint is named. Raises UsageError when the options contradict each other."""
    if llm not in ("", "extractive"):
        raise UsageError(f"--llm {llm}: only 'extractive' is known; for a model give --base-url URL --model NAME")
    if not base_url:
        if model:
            raise UsageError(f"--model {model} needs --base-url: the address of the endpoint that serves it")
        if prompts:
            raise UsageError(f"--prompts {prompts} needs --base-url and --model: the offline drafter has no prompts")
        return ExtractiveDrafter(seed=seed)
    if llm:
        raise UsageError("--llm extractive and --base-url contradict each other: give one of them")
    if not model:
        raise UsageError("--base-url needs --model: the name of the model at that endpoint")
    if not base_url.startswith(("http://", "https://")):
        raise UsageError(f"--base-url {base_url}: the address must start with http:// or https://")
    if max_rounds < 1 or concurrency < 1:
        raise UsageError("--max-rounds and --concurrency must be at least 1")
    config = LLMConfig(base_url=base_url, model=model, concurrency=concurrency)
    return LLMDrafter(config, journal=output_dir / JOURNAL, max_rounds=max_rounds, prompts=prompts)


def synthesize_with_progress(
    raw_knowledge: Path,
    output_dir: Path,
    *,
    llm: str = "",
    base_url: str = "",
    model: str = "",
    base_model: str = "tiny",
    max_tokens: int = 128,
    num_documents: int = 5,
    num_candidates: int = 8,
    seed: int = 0,
    eval_fraction: float = 0.0,
    max_rounds: int = 3,
    concurrency: int = 8,
    prompts: Path | None = None,
    privacy: str = "block",
    privacy_policy: Path | None = None,
) -> SynthesisReport:
    """`synthesize` with a progress bar on a terminal and a summary table at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from clara.chunking import load_token_counter

    drafter = choose_drafter(
        llm=llm,
        base_url=base_url,
        model=model,
        output_dir=output_dir,
        seed=seed,
        max_rounds=max_rounds,
        concurrency=concurrency,
        prompts=prompts,
    )
    if not raw_knowledge.is_file():
        raise UsageError(f"{raw_knowledge} is not there; `clara extract FOLDER --output {raw_knowledge}` writes it")
    tokenizer = load_token_counter(base_model)
    console = Console()
    if base_url:
        from clara.quality.gate import pass_gate

        raw_knowledge = pass_gate(
            raw_knowledge,
            output_dir,
            mode=privacy,
            policy_file=privacy_policy,
            tell=lambda line: console.print(line, highlight=False, soft_wrap=True, markup=False),
        )
        console.print(
            f"the text of the passages is sent to {base_url} (model {model})", highlight=False, soft_wrap=True
        )
    else:
        console.print("offline drafter: nothing leaves this machine", highlight=False)
    columns = (TextColumn("drafting"), BarColumn(), MofNCompleteColumn(), TextColumn("passages"), TimeRemainingColumn())
    errors = Console(stderr=True)
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as bar:
        task = bar.add_task("drafting", total=None)
        report = synthesize(
            raw_knowledge,
            output_dir,
            drafter=drafter,
            tokenizer=tokenizer,
            max_tokens=max_tokens,
            num_documents=num_documents,
            num_candidates=num_candidates,
            seed=seed,
            eval_fraction=eval_fraction,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    print_summary(report, output_dir)
    return report


def print_summary(report: SynthesisReport, output_dir: Path) -> None:
    """The counts as a table: rows by file, then why drafts were refused."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"{report.passages} passages of {report.documents} documents, "
                  f"{report.passages_with_facts} with facts")  # fmt: skip
    table.add_column("written to " + str(output_dir), overflow="fold")
    table.add_column("rows", justify="right")
    for name, rows in report.rows.items():
        table.add_row(f"{name}_data.jsonl", str(rows))
    for name, rows in report.eval_rows.items():
        table.add_row(f"{name}_data_eval.jsonl", str(rows))
    for reason, count in report.rejected_by_reason.items():
        table.add_row(f"refused: {reason}", str(count))
    console.print(table)
    if report.usage:
        usage = report.usage
        console.print(
            f"{usage['requests']} requests to {usage['base_url']} ({usage['from_journal']} answered from the journal), "
            f"{usage['bytes_out']} bytes sent, {usage['prompt_tokens']} + {usage['completion_tokens']} tokens",
            highlight=False,
            soft_wrap=True,
        )
