"""`clara data scan`, `guard` and `audit-repo`: private data is found, redacted, and kept out of commits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clara.cli.data import AsJson, data

if TYPE_CHECKING:
    from clara.quality.policy import Policy

PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE.yaml", help="Block, warn, ignore, allow and names lists in a file."),
]
Block = Annotated[
    list[str] | None, typer.Option(help="A category (secret, pii) or kind (token, email, …) that blocks. Repeatable.")
]
Warn = Annotated[list[str] | None, typer.Option(help="A category or kind that is only reported. Repeatable.")]
Ignore = Annotated[list[str] | None, typer.Option(help="A category or kind that is not looked for. Repeatable.")]
Allow = Annotated[
    list[str] | None, typer.Option(help="A value that is fine, or re:PATTERN for all that match it whole. Repeatable.")
]


@data.command()
def scan(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Text or JSONL files, or folders of them.")],
    redact: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Write a copy with placeholders such as [EMAIL_1] to this file or folder."),
    ] = None,
    names: Annotated[Path | None, typer.Option(help="A file with one name a line to look for as well.")] = None,
    policy: PolicyFile = None,
    block: Block = None,
    warn: Warn = None,
    ignore: Ignore = None,
    allow: Allow = None,
    as_json: AsJson = False,
) -> None:
    """Find e-mails, phones, cards, IBANs, identity numbers, IPs, keys and tokens, and listed names.

    Secrets block and personal data warns, unless a policy says otherwise. Findings say where and what kind; what was
    found is never shown. Exits with 1 when a finding blocks. With --redact the copy's exit code is 0.
    """
    import json

    from clara.quality.redact import redact_paths
    from clara.quality.scan import finding_lines, scan_paths

    chosen = _policy(policy, block, warn, ignore, allow, names)
    replaced: dict[str, int] = {}
    if redact is None:
        report = scan_paths(paths, chosen)
    else:
        report, replaced = redact_paths(paths, redact, chosen)
    if as_json:
        shown = report.as_json()
        if redact is not None:
            shown["redacted"] = {"output": str(redact), "replaced": replaced}
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        for line in finding_lines(report, chosen):
            typer.echo(line)
        for file, reason in report.skipped:
            typer.echo(f"not scanned: {file}: {reason}", err=True)
        size = f"{report.files:,} file{'s' * (report.files != 1)}, {report.characters:,} characters"
        typer.echo(f"{report.summary} in {size}")
        if redact is not None:
            typer.echo(f"{sum(replaced.values()):,} replaced by placeholders, written to {redact}")
    if report.blocked and redact is None:
        raise typer.Exit(1)


@data.command()
def guard(
    install: Annotated[bool, typer.Option("--install", help="Install as this repository's pre-commit hook.")] = False,
    force: Annotated[bool, typer.Option("--force", help="With --install: replace another program's hook.")] = False,
    policy: PolicyFile = None,
    block: Block = None,
    warn: Warn = None,
    ignore: Ignore = None,
    allow: Allow = None,
) -> None:
    """Refuse what must not be committed: private folders, .env and key files, and secrets in any other staged file.

    Exits with 1 when the staged files hold any. A line that says `pragma: allowlist secret` is accepted.
    """
    from clara.errors import UsageError
    from clara.quality.guard import check_staged, install_hook
    from clara.quality.scan import finding_lines

    if force and not install:
        raise UsageError("--force needs --install")
    if install:
        typer.echo(f"installed: {install_hook(Path(), force=force)} runs `clara data guard` before every commit")
        return
    chosen = _policy(policy, block, warn, ignore, allow, None)
    report = check_staged(Path(), chosen)
    for path, what in report.private_files:
        typer.echo(f"block: {path}: {what} (take it out: git restore --staged -- {path})", err=True)
    for line in finding_lines(report.scan, chosen):
        typer.echo(line, err=True)
    if report.refused:
        count = len(report.private_files) + report.scan.blocked
        typer.echo(f"refused: {count} thing{'s' * (count != 1)} that must not be committed", err=True)
        raise typer.Exit(1)
    typer.echo(f"{report.files} staged file{'s' * (report.files != 1)}: nothing that must not be committed")


@data.command("audit-repo")
def audit_repo(
    repository: Annotated[Path, typer.Argument(metavar="[PATH]", help="A git repository.")] = Path(),
    replacements: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write git filter-repo's list here: the secrets in clear. Outside the repository."
        ),
    ] = None,
    policy: PolicyFile = None,
    block: Block = None,
    warn: Warn = None,
    ignore: Ignore = None,
    allow: Allow = None,
    as_json: AsJson = False,
) -> None:
    """Look for private data and secrets in every commit, branch, tag and message, and say how to take them out.

    Exits with 1 when a private file or a blocking finding is anywhere in the history.
    """
    import json

    from clara.quality.history import audit, clean_up_steps, write_replacements

    chosen = _policy(policy, block, warn, ignore, allow, None)
    report = audit(repository, chosen)
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        for path, what in sorted(report.private_files.items())[:50]:
            typer.echo(f"block: {path}: {what}")
        order = sorted(report.found, key=lambda found: chosen.action(found["kind"]) != "block")
        for found in order[:50]:
            where = f"{found['commit'][:12] or 'history'}: {found['file']}:{found['line']}"
            typer.echo(f"{chosen.action(found['kind'])}: {where}: {found['label']}: {found['excerpt']}")
        if len(order) > 50:
            typer.echo(f"… and {len(order) - 50:,} more (--json lists them)")
        size = f"{report.objects:,} objects of {report.commits:,} commits"
        typer.echo(f"{size}: {len(report.private_files)} private files; in the rest: {report.scan.summary}")
        for line in clean_up_steps(report, f" --policy {policy}" if policy else ""):
            typer.echo(line)
    if replacements is not None:
        count = write_replacements(repository, chosen, replacements)
        typer.echo(f"{replacements}: {count} values in clear; delete it when git filter-repo is done", err=True)
    if not report.clean:
        raise typer.Exit(1)


def _policy(
    file: Path | None,
    block: list[str] | None,
    warn: list[str] | None,
    ignore: list[str] | None,
    allow: list[str] | None,
    names: Path | None,
) -> Policy:
    from clara.quality.policy import make_policy, read_policy

    base = read_policy(file) if file else None
    return make_policy(block=block, warn=warn, ignore=ignore or (), allow=allow or (), names=names, base=base)
