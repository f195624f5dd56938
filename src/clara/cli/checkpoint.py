"""`clara checkpoint`: bring upstream's checkpoints in, and show what a checkpoint holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clara.cli import app

if TYPE_CHECKING:
    from clara.modeling import ClaraConfig
    from clara.modeling.checkpoint import AdapterInfo

checkpoint = typer.Typer(help="Import upstream checkpoints; show what a checkpoint holds.", no_args_is_help=True)
app.add_typer(checkpoint, name="checkpoint")


@checkpoint.command("import")
def import_(
    upstream: Annotated[Path, typer.Argument(metavar="UPSTREAM_DIR", help="Folder with adapters.pth and config.json.")],
    base: Annotated[str, typer.Option(help="The base it was trained on: a folder, or a hub name.")],
    prompts: Annotated[Path, typer.Option(help="JSON file with the prompt texts it was trained with.")],
    output: Annotated[Path, typer.Option(help="Folder to write; an older checkpoint there is replaced.")],
) -> None:
    """Turn an upstream checkpoint into one of clara's: every weight finds its place, or nothing is written."""
    from clara.modeling.checkpoint import refuse_foreign_folder
    from clara.modeling.upstream import import_upstream, read_prompts

    texts = read_prompts(prompts)
    refuse_foreign_folder(output)
    model = import_upstream(upstream, base_model=base, prompts=texts, device="cpu", dtype="bfloat16")
    model.save_pretrained(output)
    typer.echo(f"{output}: {', '.join(model.adapter_names)} imported from {upstream}, on {model.config.base_model}")


@checkpoint.command()
def info(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A checkpoint folder, or tiny-demo.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Show base, compression, adapters, stages, special tokens and prompts. The base itself is not loaded."""
    import json

    from clara.assets import checkpoint_path
    from clara.modeling.checkpoint import describe

    config, adapters = describe(checkpoint_path(folder))
    facts = _facts(config, adapters)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    for name, value in facts.items():
        typer.echo(f"{name.replace('_', ' '):22}{_shown(name, value)}")


def _facts(config: ClaraConfig, adapters: list[AdapterInfo]) -> dict[str, Any]:
    return {
        "base_model": config.base_model,
        "quantization": config.quantization,
        "compression_rate": config.compression_rate,
        "memory_tokens": config.num_memory_tokens,
        "doc_max_length": config.doc_max_length,
        "num_documents": config.num_documents,
        "num_candidates": config.num_candidates,
        "lora_rank": config.lora_rank,
        "lora_alpha": config.lora_alpha,
        "stages": config.stages or [],
        "adapters": [
            {"name": adapter.name, "parameters": adapter.parameters, "trained": adapter.trained} for adapter in adapters
        ],
        "special_tokens": config.special_tokens or {},
        "bos": config.bos,
        "base_fingerprint": config.base_fingerprint,
        "prompts": config.prompt_texts.to_dict(),
    }


def _shown(name: str, value: Any) -> str:
    if name == "adapters":
        lines = [
            f"{adapter['name']:18}{adapter['parameters']:>14,} parameters  "
            f"{'trained' if adapter['trained'] else 'untrained'}"
            for adapter in value
        ]
    elif name == "prompts":
        lines = [f"{key}: {text!r}" for key, text in value.items()]
    elif isinstance(value, dict):
        lines = [", ".join(f"{key}={item}" for key, item in value.items())]
    elif isinstance(value, list):
        lines = [", ".join(value)]
    else:
        lines = [f"{value:,}" if isinstance(value, int) else str(value or "")]
    return ("\n" + 22 * " ").join(line or "none" for line in lines)
