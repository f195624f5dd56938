"""ClaraConfig: everything a checkpoint must remember to be the same model again."""

# no `from __future__ import annotations`: from_strict_dict checks values against the real types below
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError
from transformers import PreTrainedConfig

from clara.errors import ConfigError, did_you_mean
from clara.modeling.prompts import Prompts

FORMAT_VERSION = 1
COMPRESSOR, GENERATOR, QUERY_REASONER = "compressor", "generator", "query_reasoner"
ADAPTERS = (COMPRESSOR, GENERATOR, QUERY_REASONER)
QUANTIZATIONS = ("4bit", "8bit")


class ClaraConfig(PreTrainedConfig):
    """One causal LM, three LoRA adapters, a few memory tokens.

    Number of memory tokens = doc_max_length // compression_rate. All lengths are tokens of the base's tokenizer.
    """

    model_type = "clara"

    base_model: str = "tiny"
    """Hub name or folder of the base causal LM; 'tiny' is the one clara carries."""
    doc_max_length: int = 256
    """Longest passage the compressor reads, in tokens."""
    compression_rate: int = 32
    """Passage tokens per memory token, at full length."""
    num_documents: int = 5
    """Passages the generator sees."""
    num_candidates: int = 20
    """Passages retrieval chooses from in end_to_end training."""
    shared_memory_token: bool = False
    """One `<MEM>` repeated, in place of `<MEM0>`..`<MEM{n-1}>`."""
    lora_rank: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.1
    temperature: float = 0.02
    """Of the retrieval cosine."""
    alignment_weight: float = 0.1
    """Weight of the mean-squared distance between memory and text states in pretrain and instruction."""
    quantization: str | None = None
    """None, '4bit' or '8bit' (bitsandbytes)."""
    files: list[str] | None = None
    """Every file of this checkpoint beside config.json; filled in on saving, and each must be there on loading."""
    adapters: list[str] | None = None
    """Adapters this checkpoint holds; filled in on saving."""
    stages: list[str] | None = None
    """Training stages this checkpoint went through, in order."""
    prompts: dict[str, Any] | None = None
    """Prompt texts (see Prompts); None = the defaults."""
    special_tokens: dict[str, int] | None = None
    """Ids of the added tokens, recorded so that another tokenizer version cannot move them unnoticed."""
    bos: str | None = None
    """The token in front of a passage; tokenizers without one use `<|im_start|>`."""
    base_vocab_size: int | None = None
    """Rows of the base's output head; added tokens beyond it are read, never predicted."""
    base_fingerprint: str | None = None
    """Digest of the base's weights (see fingerprint.py); a different base is refused."""
    format_version: int = FORMAT_VERSION

    def __post_init__(self, **kwargs: Any) -> None:
        super().__post_init__(**kwargs)
        self.check()

    @property
    def num_memory_tokens(self) -> int:
        return self.doc_max_length // self.compression_rate

    @property
    def prompt_texts(self) -> Prompts:
        return Prompts.from_dict(self.prompts) if self.prompts else Prompts()

    def check(self) -> None:
        """Raise ConfigError, naming the field, when the values contradict each other."""
        positive = ("doc_max_length", "compression_rate", "num_documents", "num_candidates", "lora_rank", "lora_alpha")
        for name in positive:
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.compression_rate > self.doc_max_length:
            raise ConfigError(
                f"compression_rate {self.compression_rate} is larger than doc_max_length {self.doc_max_length}: "
                "no memory token would be left"
            )
        if not 0 <= self.lora_dropout < 1:
            raise ConfigError(f"lora_dropout must be in [0, 1), got {self.lora_dropout}")
        if self.temperature <= 0:
            raise ConfigError(f"temperature must be above 0, got {self.temperature}")
        if self.quantization is not None and self.quantization not in QUANTIZATIONS:
            raise ConfigError(
                f"quantization must be one of {', '.join(QUANTIZATIONS)} or null, got '{self.quantization}'"
            )
        if self.prompts is not None:
            Prompts.from_dict(self.prompts)
        if self.format_version > FORMAT_VERSION:
            raise ConfigError(f"format_version {self.format_version} is newer than this clara reads; upgrade clara-rag")

    @classmethod
    def own_fields(cls) -> list[str]:
        """Names clara defines, without those every transformers configuration carries."""
        inherited = {field.name for field in fields(PreTrainedConfig)}
        return [field.name for field in fields(cls) if field.name not in inherited]

    @classmethod
    def from_strict_dict(cls, values: dict[str, Any], *, where: str) -> "ClaraConfig":
        """Build from JSON; an unknown key is a ConfigError that names `where` it stands."""
        known = cls.own_fields()
        bookkeeping = {field.name for field in fields(PreTrainedConfig)} | {"model_type", "_name_or_path"}
        for key in values:
            if key not in known and key not in bookkeeping:
                raise ConfigError(f"{where}: unknown field '{key}'{did_you_mean(key, known)}")
        hints = cls.__annotations__
        own = {key: value for key, value in values.items() if key in known}
        for key, value in own.items():
            whole_number = isinstance(value, int) and not isinstance(value, bool)  # JSON writes 1 for 1.0
            try:
                TypeAdapter(hints[key]).validate_python(value, strict=not whole_number)
            except ValidationError as error:
                raise ConfigError(f"{where}: {key}: {error.errors()[0]['msg'].lower()}, got {value!r}") from None
        try:
            return cls(**own)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None
