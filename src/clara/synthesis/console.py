"""What `clara synthesize` and scripts/synthesize_data.py share: choose a drafter, show progress, print a summary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast, get_args

from clara.errors import UsageError
from clara.llm import BudgetReachedError, LLMConfig, LLMSession, write_receipt
from clara.llm.client import Plan
from clara.llm.endpoint import host_of
from clara.llm.receipt import JOURNAL
from clara.synthesis.drafting import ExtractiveDrafter
from clara.synthesis.drafts import Drafter
from clara.synthesis.embedding import Embedder, EndpointEmbedder, LocalEmbedder
from clara.synthesis.judging import Judge
from clara.synthesis.llm_drafter import LanguageChoice, LLMDrafter
from clara.synthesis.options import TaskOptions, parse_tasks
from clara.synthesis.planning import REDRAFTED, PlannedDrafter
from clara.synthesis.preview import may_go_on, preview_rows, show_preview
from clara.synthesis.report import SynthesisReport
from clara.synthesis.run import synthesize
from clara.synthesis.spending import RunLimits, dry_run, make_plan, spend_line

JUDGE_THRESHOLD = 0.7  # when only the judge's model is named


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
    limits: RunLimits | None = None,
    plan: Plan | None = None,
    language: str = "auto",
) -> Drafter:
    """The offline drafter unless an endpoint is named. Raises UsageError when the options contradict each other."""
    limits = limits or RunLimits()
    budget = limits.check(offline=not base_url)
    if language not in get_args(LanguageChoice):
        raise UsageError(f"--language {language}: choose from {', '.join(get_args(LanguageChoice))}")
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
    host_of(base_url)
    if max_rounds < 1 or concurrency < 1:
        raise UsageError("--max-rounds and --concurrency must be at least 1")
    config = LLMConfig(
        base_url=base_url,
        model=model,
        concurrency=concurrency,
        timeout_seconds=limits.timeout_seconds,
        requests_per_minute=limits.requests_per_minute,
        tokens_per_minute=limits.tokens_per_minute,
    )
    session = LLMSession(config, journal=output_dir / JOURNAL, budget=budget, plan=plan)
    kind = LLMDrafter if plan is None else PlannedDrafter
    return kind(
        config, max_rounds=max_rounds, prompts=prompts, session=session, language=cast("LanguageChoice", language)
    )


def choose_judge(drafter: Drafter, *, threshold: float | None, model: str, prompts: Path | None) -> Judge | None:
    """A second reader at the drafter's endpoint, with the drafter's budget, when a threshold or a model is given."""
    if threshold is None and not model:
        return None
    if not isinstance(drafter, LLMDrafter):
        raise UsageError("--judge-threshold and --judge-model need --base-url: an endpoint's model judges")
    session = drafter.session
    if model and model != session.config.model:
        own = replace(session.config, model=model)
        session = LLMSession(own, journal=session.journal_path, budget=session.budget, plan=session.plan)
    reader = type(drafter)(session.config, prompts=prompts, session=session, language=drafter.language)
    return Judge(reader, threshold=JUDGE_THRESHOLD if threshold is None else threshold)


def choose_embedder(model: str, drafter: Drafter) -> Embedder | None:
    """A folder on this machine, else a model at the drafter's endpoint, with its budget; None when none is named."""
    if not model:
        return None
    if Path(model).is_dir():
        return LocalEmbedder(Path(model))
    if not isinstance(drafter, LLMDrafter):
        raise UsageError(f"--embedding-model {model} is no folder; a model's name needs --base-url, where it is served")
    session = drafter.session
    own = replace(session.config, model=model)
    return EndpointEmbedder(LLMSession(own, journal=session.journal_path, budget=session.budget, plan=session.plan))


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
    limits: RunLimits | None = None,
    tasks: str = "",
    language: str = "auto",
    negatives: str = "",
    embedding_model: str = "",
    unanswerable_share: float = 0.0,
    cross_lingual: str = "",
    judge_threshold: float | None = None,
    judge_model: str = "",
    privacy: str | None = "block",
    privacy_policy: Path | None = None,
    prepare: Callable[[Drafter], Drafter] | None = None,
) -> SynthesisReport | None:
    """`synthesize` with a progress bar on a terminal and a summary table at the end.

    With an endpoint, the text is scanned first as `privacy` says (see quality/gate.py); None: it was scanned before.
    None when a dry run or a preview is all that was wanted. What left the machine is in privacy_receipt.json.
    """
    from rich.console import Console

    from clara.chunking import load_token_counter

    limits = limits or RunLimits()
    choose = partial(
        choose_drafter,
        llm=llm,
        base_url=base_url,
        model=model,
        output_dir=output_dir,
        seed=seed,
        max_rounds=max_rounds,
        concurrency=concurrency,
        prompts=prompts,
        limits=limits,
        language=language,
    )
    drafter = choose()
    if prepare is not None:
        drafter = prepare(drafter)
    options = TaskOptions(
        tasks=parse_tasks(tasks, offline=not base_url),
        unanswerable_share=unanswerable_share,
        cross_lingual=cross_lingual,
        negatives=negatives or ("both" if embedding_model else "bm25"),
        unique_questions=True,
    )
    if options.negatives != "bm25" and not embedding_model:
        raise UsageError(f"--negatives {negatives} needs --embedding-model: a folder, or a model at the endpoint")
    if options.cross_lingual and not base_url:
        raise UsageError("--cross-lingual needs --base-url and --model: the offline drafter cannot translate")
    second_reader = partial(choose_judge, threshold=judge_threshold, model=judge_model, prompts=prompts)
    judge = second_reader(drafter)
    if not raw_knowledge.is_file():
        raise UsageError(f"{raw_knowledge} is not there; `clara extract FOLDER --output {raw_knowledge}` writes it")
    tokenizer = load_token_counter(base_model)
    console = Console()
    if base_url and privacy is not None and not limits.dry_run:
        from clara.quality.gate import pass_gate

        raw_knowledge = pass_gate(
            raw_knowledge,
            output_dir,
            mode=privacy,
            policy_file=privacy_policy,
            prompts=prompts,
            tell=lambda line: console.print(line, highlight=False, soft_wrap=True, markup=False),
        )
    make = partial(
        synthesize,
        raw_knowledge,
        tokenizer=tokenizer,
        max_tokens=max_tokens,
        num_documents=num_documents,
        num_candidates=num_candidates,
        seed=seed,
        eval_fraction=eval_fraction,
        options=options,
    )
    if not base_url:
        console.print("offline drafter: nothing leaves this machine", highlight=False)
        if limits.dry_run:
            console.print("dry run: 0 requests, 0 tokens, no cost", highlight=False)
            return None
    elif limits.dry_run:
        plan = make_plan(output_dir / JOURNAL, model, tokenizer, redrafted=REDRAFTED, max_rounds=max_rounds)
        planned = cast("PlannedDrafter", choose(plan=plan.add))
        planned.judge_of_run = second_reader(planned)
        make = partial(make, judge=planned.judge_of_run, embedder=choose_embedder(embedding_model, planned))
        dry_run(make, planned, plan, limits.check(offline=False))
        return None
    else:
        console.print(
            f"the text of the passages is sent to {base_url} (model {model})", highlight=False, soft_wrap=True
        )
    if base_url:
        write_receipt(output_dir, under_way=True)
    try:
        embedder = choose_embedder(embedding_model, drafter)
        make = partial(make, judge=judge, embedder=embedder)
        if limits.preview:
            show_preview(*preview_rows(partial(make, drafter=drafter), limits.preview, costs=bool(base_url)))
            if not may_go_on(yes=limits.yes):
                return None
        report = with_bar(partial(make, output_dir, drafter=drafter), drafter)
    finally:
        write_receipt(output_dir)
    print_summary(report, output_dir)
    return report


def with_bar(make: partial[SynthesisReport], drafter: Any) -> SynthesisReport:
    """Run `make` with passages done, time left and, live, what an endpoint has cost so far."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft
    from rich.text import Text

    class Spent(ProgressColumn):
        def render(self, task: Task) -> Text:
            said = spend_line(drafter.usage()) if hasattr(drafter, "usage") else ""
            return Text(said, no_wrap=True, overflow="ellipsis")

    columns = (TextColumn("passages"), BarColumn(10), MofNCompleteColumn(), TimeLeft(), Spent())
    errors = Console(stderr=True)
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as bar:
        task = bar.add_task("drafting", total=None)
        try:
            return make(progress=lambda done, total: bar.update(task, completed=done, total=total))
        except BudgetReachedError:
            errors.print(f"this run: {spend_line(drafter.usage())}", highlight=False, soft_wrap=True)
            raise


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
    for task, reasons in report.rejected_by_task.items():
        for reason, count in reasons.items():
            table.add_row(f"refused: {reason}" + ("" if reason == task else f" ({task})"), str(count))
    console.print(table)
    if report.eval_rows and not any(report.eval_rows.values()):
        console.print(
            "the evaluation files are empty: no row of a document in that share; with few documents, "
            "a larger --eval-fraction or another --seed",
            highlight=False,
            soft_wrap=True,
        )
    end = report.coverage.get("at_the_end", {})
    if len(end) > 1:
        first = report.coverage["after_first_round"]["share"]
        gained = f" ({first:.0%} after the first round)" if first != end["share"] else ""
        counts = ", ".join(f"{v['covered']}/{v['facts']} {kind}s" for kind, v in end.items() if kind != "share")
        console.print(
            f"covered by a kept question: {end['share']:.0%}{gained}: {counts}", highlight=False, soft_wrap=True
        )
    if report.usage:
        usage = report.usage
        console.print(
            f"{usage['requests']} requests to {usage['base_url']} ({usage['from_journal']} answered from the journal), "
            f"{usage['bytes_out']} bytes sent, {usage['prompt_tokens']} + {usage['completion_tokens']} tokens"
            + (f", cost {usage['cost']:.4f}" if "cost" in usage else ""),
            highlight=False,
            soft_wrap=True,
        )
