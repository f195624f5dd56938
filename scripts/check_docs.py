#!/usr/bin/env python
"""Are the pages true? Links, commands, map, configurations, examples, no machine path. Runs nothing, loads no torch.

python scripts/check_docs.py            file:line messages, and exit code 1, when something is wrong
python scripts/check_docs.py --write    write docs/cli.md from the command table first
"""

from __future__ import annotations

import enum
import importlib.util
import inspect
import json
import re
import shlex
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from clara.cli import app
from clara.errors import ClaraError

ROOT = Path(__file__).resolve().parent.parent
CLI_PAGE = ROOT / "docs" / "cli.md"
MAP_PAGE = ROOT / "docs" / "architecture.md"
FOLDERS = ("benchmarks", "configs", "docs", "example", "examples", "scripts", "src", "tests")
SHELL_FILES = (".ci/run", "scripts/check")  # their `clara …` lines are checked like those in the pages
SHELL_LANGUAGES = ("bash", "sh", "shell", "console")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|Users|root|work|mnt)/\w|\b[A-Z]:\\\w")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
TEXT_SUFFIXES = (".md", ".py", ".yaml", ".yml", ".toml", ".txt", ".json", ".jsonl", ".jinja", ".example")


def main() -> int:
    if sys.argv[1:] not in ([], ["--write"]):
        print(__doc__, file=sys.stderr)
        return 2
    if sys.argv[1:]:
        CLI_PAGE.write_text(cli_page(), encoding="utf-8")
    problems = check_everything()
    print("\n".join(problems) if problems else f"docs are true: {len(pages())} pages checked")
    return 1 if problems else 0


def check_everything() -> list[str]:
    """All problems of all checks, as `file:line: what is wrong`."""
    checks = (
        check_links,
        check_commands,
        check_inline_commands,
        check_cli_page,
        check_map,
        check_configs,
        check_examples,
        check_env_example,
        check_machine_paths,
    )
    return [problem for check in checks for problem in check()]


def pages() -> list[Path]:
    """Every Markdown file of the project."""
    inner = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))
    return sorted([*ROOT.glob("*.md"), *inner])


# ---------------------------------------------------------------------------------------------------------------- links


def check_links() -> Iterator[str]:
    """Every relative link leads to a file, and every #anchor to a heading."""
    for page in pages():
        for number, line in prose_lines(page.read_text(encoding="utf-8")):
            for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                if re.match(r"[a-z]+:", target):
                    continue
                name, _, anchor = target.partition("#")
                file = (page.parent / name).resolve() if name else page
                if not file.exists():
                    yield at(page, number, f"link to {name}, which does not exist")
                elif not file.is_relative_to(ROOT):
                    yield at(page, number, f"link to {name}, which is outside the repository")
                elif anchor and file.suffix == ".md" and anchor not in anchors(file):
                    yield at(page, number, f"link to #{anchor}, and {file.relative_to(ROOT)} has no such heading")


def anchors(page: Path) -> set[str]:
    """The anchors GitHub gives a page's headings."""
    headings = (line.lstrip("#") for _, line in prose_lines(page.read_text(encoding="utf-8")) if re.match("#+ ", line))
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


# ------------------------------------------------------------------------------------------------------------- commands


def check_commands() -> Iterator[str]:
    """`clara …`, `make …` and script lines in shell blocks: command, options and arguments are what they say."""
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page, number, command in shell_commands():
        words = command[next((i for i, word in enumerate(command) if not re.match(r"[A-Z_]+=", word)), 0) :]
        if arguments := clara_arguments(words):
            problem = command_problem(arguments[1:])
        elif words[0] == "make":
            unknown = [word for word in words[1:] if "=" not in word and word not in targets]
            problem = f"make {unknown[0]}: the Makefile has no such target" if unknown else None
        else:
            script = next((word for word in words if re.match(r"(\./)?(scripts|benchmarks)/[\w./-]+$", word)), None)
            problem = f"{script} does not exist" if script and not (ROOT / script).is_file() else None
        if problem:
            yield at(page, number, problem)


def check_inline_commands() -> Iterator[str]:
    """`clara …` in running text: the command path and the options exist; `a|b` stands for each."""
    for page in pages():
        if page == CLI_PAGE:
            continue
        for number, line in prose_lines(page.read_text(encoding="utf-8")):
            for code in re.findall(r"`clara ([^`]+)`", line):
                command: Any = cli()
                for word in code.split():
                    if hasattr(command, "commands") and re.fullmatch(r"[a-z_|]+", word):
                        unknown = [name for name in word.split("|") if name not in command.commands]
                        if unknown:
                            yield at(page, number, f"clara {code}: no such command: {unknown[0]}")
                            break
                        command = command.commands[word.split("|")[0]]
                    elif option := re.match(r"--[a-z-]+", word):
                        known = {"--help", *(name for param in command.params for name in param.opts)}
                        if option[0] not in known:
                            yield at(page, number, f"clara {code}: no such option: {option[0]}")


def shell_commands() -> Iterator[tuple[Path, int, list[str]]]:
    """(page, line number, words) of every simple command in a shell block of a page or in a shell file."""
    for page in pages():
        for language, first, text in code_blocks(page.read_text(encoding="utf-8")):
            if language in SHELL_LANGUAGES:
                for number, words in split_commands(text):
                    yield page, first + number, words
    for name in SHELL_FILES:
        for number, words in split_commands((ROOT / name).read_text(encoding="utf-8")):
            yield ROOT / name, number + 1, words


def split_commands(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line from 0, words) of each simple command; lines ended with a backslash are joined, comments dropped.

    >>> list(split_commands("clara demo --yes  # now\\nmake test && clara --help"))
    [(0, ['clara', 'demo', '--yes']), (1, ['make', 'test']), (1, ['clara', '--help'])]
    """
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        start, line = number, lines[number]
        while line.endswith("\\") and number + 1 < len(lines):
            number += 1
            line = line[:-1] + lines[number]
        number += 1
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = "#"
        words: list[str] = []
        try:
            tokens = list(lexer)
        except ValueError:
            continue  # a quote that goes on in the next line: no command of ours is written so
        for token in [*tokens, ";"]:
            if token and set(token) <= set("|&;()<>"):
                if words:
                    yield start, words
                words = []
                if "<" in token or ">" in token:
                    break  # what follows is a file name
            else:
                words.append(token)


def clara_arguments(words: list[str]) -> list[str]:
    """The words from `clara` on (also as .venv/bin/clara, or `-m clara` of python or torchrun); [] for others."""
    if Path(words[0]).name == "clara":
        return words
    for place in range(1, len(words)):
        if words[place - 1 : place + 1] == ["-m", "clara"]:
            return words[place:]
    return []


def command_problem(arguments: list[str]) -> str | None:
    """What is wrong with `clara ARGUMENTS`, parsed by the real command table; nothing is run."""
    command, rest = cli(), list(arguments)
    path = ["clara"]
    while rest and hasattr(command, "commands") and rest[0] in command.commands:
        path.append(rest.pop(0))
        command = command.commands[path[-1]]
    if "--help" in rest or (not rest and hasattr(command, "commands")):
        return None
    if hasattr(command, "commands"):
        return f"{' '.join(path)}: no such command or option: {rest[0]}"
    try:
        command.make_context(" ".join(path), rest)
    except Exception as error:  # click's, which typer carries under a private name
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        return f"{' '.join(path)}: {message}"
    return None


def cli() -> Any:
    return typer.main.get_command(app)


# ---------------------------------------------------------------------------------------------------------- docs/cli.md


def check_cli_page() -> Iterator[str]:
    """docs/cli.md is what the command table says today."""
    now = CLI_PAGE.read_text(encoding="utf-8").split("\n") if CLI_PAGE.exists() else []
    wanted = cli_page().split("\n")
    if now != wanted:
        line = next(
            (i for i, (a, b) in enumerate(zip(now, wanted, strict=False)) if a != b), min(len(now), len(wanted))
        )
        yield at(CLI_PAGE, line + 1, "differs from the command table; run: python scripts/check_docs.py --write")


def cli_page() -> str:
    """docs/cli.md: every command with its help, arguments and options."""
    lines = ["# Commands", "", "<!-- written by `python scripts/check_docs.py --write`: do not edit -->", ""]
    lines += [str(app.info.help), ""]
    lines += ["`clara COMMAND --help` shows the same on the terminal. Wrong usage exits with 2, a failure with 1.", ""]
    for path, callback, command in sorted(leaves(app, cli(), ()), key=lambda leaf: leaf[0]):
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        options = [param for param in command.params if param.param_type_name == "option" and param.name != "help"]
        names = [argument_name(param) for param in arguments]
        lines += [f"## clara {' '.join(path)}", "", "```text"]
        lines += [" ".join(["clara", *path, *names, "[OPTIONS]" if options else ""]).rstrip(), "```", ""]
        lines += [inspect.cleandoc(command.help or ""), ""]
        hints = typing.get_type_hints(callback)
        rows = [(f"`{argument_name(param)}`", param.help or "", "") for param in arguments]
        rows += [(option_name(param, hints[param.name]), param.help or "", default_text(param)) for param in options]
        lines += ["| | | default |", "|---|---|---|"]
        lines += [f"| {name} | {' '.join(text.split())} | {default} |" for name, text, default in rows]
        lines.append("")
    return "\n".join(lines)


def leaves(table: typer.Typer, group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """(path, function, click command) of every command below a typer table."""
    for info in table.registered_commands:
        assert info.callback is not None
        name = info.name or info.callback.__name__.rstrip("_").replace("_", "-")
        yield (*path, name), info.callback, group.commands[name]
    for inner in table.registered_groups:
        name = str(inner.name)
        assert inner.typer_instance is not None
        yield from leaves(inner.typer_instance, group.commands[name], (*path, name))


def argument_name(param: Any) -> str:
    return str(param.metavar or param.name.upper())


def option_name(param: Any, hint: Any) -> str:
    names = ", ".join(f"`{name}`" for name in param.opts)
    value = "" if hint is bool else f" {param.metavar or value_name(hint)}"
    return f"{names}{value}"


def value_name(hint: Any) -> str:
    """How a value is written: PATH, INT, or the choices of an enum; `X | None` and `list[X]` are X.

    >>> value_name(int | None), value_name(list[str])
    ('INT', 'TEXT')
    """
    if typing.get_origin(hint) in (typing.Union, types.UnionType, list):
        return value_name(next(part for part in typing.get_args(hint) if part is not type(None)))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return ", ".join(str(member.value) for member in hint)
    return {Path: "PATH", int: "INT", float: "NUMBER", str: "TEXT"}[hint]


def default_text(param: Any) -> str:
    if param.required:
        return "required"
    if param.default is None or isinstance(param.default, bool) or param.default == "":
        return ""
    value = param.default.value if isinstance(param.default, enum.Enum) else param.default
    return f"`{value}`"


# ------------------------------------------------------------------------------------------------- docs/architecture.md


def check_map() -> Iterator[str]:
    """The map names every file of the package, in the section of its folder, and no other."""
    mapped: dict[Path, int] = {}
    folder, last = None, 1
    for number, line in prose_lines(MAP_PAGE.read_text(encoding="utf-8")):
        if line.startswith("#"):
            heading = re.match(r"### (src/[\w/]+)", line)
            folder = ROOT / heading[1] if heading else None
        elif folder and line.startswith("- "):
            names = re.findall(r"`(\w+\.py)`", line.partition(": ")[0])
            mapped |= {folder / name: number for name in names}
            last = number
    for path, number in mapped.items():
        if not path.is_file():
            yield at(MAP_PAGE, number, f"{path.relative_to(ROOT)} does not exist")
    for path in sorted((ROOT / "src").rglob("*.py")):
        if path.name != "__init__.py" and path not in mapped:
            yield at(MAP_PAGE, last, f"{path.relative_to(ROOT)} is missing: say in one line what it is for")


# ----------------------------------------------------------------------------------- configurations, examples and paths


def check_configs() -> Iterator[str]:
    """Every YAML in configs/ parses."""
    config = load_training_config_module()
    for path in sorted((ROOT / "configs").glob("*.y*ml")):
        try:
            config.load_config(path)
        except ClaraError as error:
            yield at(path, 1, str(error))


def load_training_config_module() -> types.ModuleType:
    """clara.training.config without its package, whose import costs seconds of torch."""
    name = "clara_training_config"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "src" / "clara" / "training" / "config.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # pydantic looks annotations up in here
        spec.loader.exec_module(module)
    return sys.modules[name]


def check_examples() -> Iterator[str]:
    """Every JSON block of a page is JSON, and a valid row when it has a data_type."""
    from pydantic import ValidationError

    from clara.schema import EXAMPLE_TYPES

    for page in pages():
        for language, first, text in code_blocks(page.read_text(encoding="utf-8")):
            if language != "json":
                continue
            try:
                value = json.loads(text)
                if isinstance(value, dict) and "data_type" in value:
                    EXAMPLE_TYPES[value["data_type"]].model_validate(value)
            except json.JSONDecodeError as error:
                yield at(page, first + error.lineno - 1, f"not JSON: {error.msg}")
            except (KeyError, ValidationError) as error:
                yield at(page, first, f"not a valid row: {' '.join(str(error).split())}")


def check_env_example() -> Iterator[str]:
    """.env.example names only settings that scripts/run_data_pipeline.sh reads."""
    script = (ROOT / "scripts" / "run_data_pipeline.sh").read_text(encoding="utf-8")
    path = ROOT / ".env.example"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        setting = re.match(r"#? ?([A-Z_]+)=", line)
        if setting and not re.search(rf"\b{setting[1]}\b", script):
            yield at(path, number, f"{setting[1]} is read by nothing")


def check_machine_paths() -> Iterator[str]:
    """No file names a path of somebody's machine."""
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in TEXT_SUFFIXES]
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*.toml"), ROOT / "Makefile", ROOT / ".env.example", *sorted(files)]:
        if not path.is_file() or path.stat().st_size > 2**20:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if found := MACHINE_PATH.search(line):
                yield at(path, number, f"a path of one machine: {line[found.start() : found.start() + 40]}")


# ----------------------------------------------------------------------------------------------------- reading Markdown


def code_blocks(text: str) -> Iterator[tuple[str, int, str]]:
    """(language, number of the first line, text) of every fenced block, also of indented ones.

    >>> list(code_blocks("see\\n```bash\\nmake test\\n```\\n"))
    [('bash', 3, 'make test')]
    """
    language, first, indent = None, 0, ""
    body: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        fence = re.match(r"(\s*)```\s*([\w-]*)", line)
        if fence and language is None:
            indent, language, first, body = fence[1], fence[2], number + 1, []
        elif fence:
            assert language is not None
            yield language, first, "\n".join(body)
            language = None
        elif language is not None:
            body.append(line.removeprefix(indent))


def prose_lines(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) of everything outside fenced blocks."""
    inside = False
    for number, line in enumerate(text.split("\n"), start=1):
        if re.match(r"\s*```", line):
            inside = not inside
        elif not inside:
            yield number, line


def at(path: Path, line: int, message: str) -> str:
    return f"{path.relative_to(ROOT)}:{line}: {message}"


if __name__ == "__main__":
    sys.exit(main())
