"""The tiny base's tokenizer: byte-level BPE trained on the training worlds, the prompts and the shared word lists."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from tiny_base_rows import CHAT_TEMPLATE, QA_SYSTEM, RESTATE_SYSTEM, RESTATE_USERS, SPECIAL_TOKENS, WRITE_SYSTEM
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from clara.demo import names
from clara.demo.worlds import draw_passages, draw_question, draw_training_world

COMMON_ENGLISH = """
the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one
you were her all she there would their we him been has when who will more no if out so said what up its about into
than them can only other new some could time these two may then do first any my now such like our over man me even
most made after also did many before must through back years where much your way well down should because each just
those people how too little state good very make world still own see men work long get here between both life being
under never day same another know while last might us great old year off come since against go came right used take
three works company group small large high low part parts place number line name open close keep hold carry light dark
water air fire stone wood metal house home road street town city country north south east west left side top bottom
front inside outside early late morning evening night week month hour minute second cost costs price sold sell buy
bought pay weigh weighs weight length width height size colour maker engineer designed built founded assembled
produced model series office team question answer document page text table list item note data report summary overview
details about each per cent kilogram gram metre litre euro dollar available since until during between however
therefore usually often sometimes always never
order orders leave leaves within school schools club clubs lower higher rate run runs running operate operating case
cases quick slow guide guides ask asks asked user users owner owners repair repairs need needs special simple manual
clean soft hard cloth dry wet cool warm hot cold check seal seals spring summer autumn winter partner partners drawing
drawings spare find found easy read please before use uses used send sent recycling question questions answered phone
mail training box both workshop workshops site sites unit units life lasts range lead leader casing material noise
level warranty battery price property value values detail details sold first sale assembly assembled assemble make
makes making manufactured painted specifications technical further glance put together every went date works
instruments instrument labs industries tools tool systems devices device brothers stores mills craft designs metres
metre kilometres centimetres grams tonnes litres watts volts dB kW km cm mm hours days weeks months years minutes
seconds euros dollars pounds crowns percent degrees people pieces pages members visitors speak write writes written
study learn teach live lives run walk walks drive moves moved stands stood lies lay shows shown gives given takes
taken begins began ends ended starts started opens opened closes closed holds held keeps kept knows known named
called belongs comes came goes gone grows grew seen looks looked turns turned brings brought
Works Instruments Labs Industries Tools Systems Devices Brothers The It Its This What Which Who When Where How Name
State Lead Year Weight Price Colour City Maker Material Warranty Battery Range Noise Level Kind
"""


CUT = "\x01"  # in the tokenizer's training text only: no merge crosses it
CUT_AS_BYTES = "ā"  # how byte-level text spells it


def train_tokenizer(*, seed: int, vocab_size: int = 4096, entities: int = 12_000) -> Tokenizer:
    """Byte-level BPE over training-world text, the prompts and the shared word lists.

    Digits come in pairs from the left; the syllables of invented names are tokens of their own.
    """
    tokenizer = Tokenizer(models.BPE(unk_token=None))
    # a word reads the same at the start of an answer or a line, or after a colon, as inside a sentence: a space is put
    # before every segment, after every line break (both are taken away again in decoding) and between colon and letter
    colon = normalizers.Replace(Regex(r":(?=\p{L})"), ": ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace("\n", "\n "), colon])
    splits: list[pre_tokenizers.PreTokenizer] = [
        pre_tokenizers.ByteLevel(add_prefix_space=True),
        pre_tokenizers.Split(Regex("Ġ?[0-9]{1,2}"), behavior="isolated"),  # pairs of digits; Ġ is a byte-level space
    ]
    cut = pre_tokenizers.Split(CUT_AS_BYTES, behavior="removed")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([splits[0], cut, splits[1]])
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteLevel(), decoders.Replace("\n ", "\n"), decoders.Strip(" ", 1, 0)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )

    def texts() -> Iterator[str]:
        rng = random.Random(f"tokenizer-{seed}")
        for _ in range(entities):
            for passage in draw_passages(rng, draw_training_world(rng)):
                question = draw_question(rng, passage.entity, rng.choice(passage.facts))
                yield cut_names(f"{passage.text} {question}")
        prompts = [QA_SYSTEM, WRITE_SYSTEM, RESTATE_SYSTEM, *RESTATE_USERS, "Background:\n\n\nQuestion:\nAnswer:"]
        shared = [names.PRODUCT_KINDS, names.COLOURS, names.MATERIALS, names.CITIES, names.FIRST_NAMES, names.MONTHS]
        shared += [names.COUNTRIES, names.WEEKDAYS]
        numbers = [*(str(n) for n in range(10)), *(f"{n:02d}" for n in range(100))]
        pieces = [*names.STARTS, *(CUT + piece + CUT for piece in (*names.ENDINGS, *names.LAST_NAME_ENDINGS))]
        for _ in range(entities // 10):
            yield from prompts
            yield " ".join(COMMON_ENGLISH.split())
            yield from (" ".join(words) for words in (*shared, numbers, pieces))
            yield CUT.join(numbers)

    tokenizer.train_from_iterator(texts(), trainer)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(splits)
    return tokenizer


def cut_names(text: str) -> str:
    """The text with a cut between the syllables of every invented name."""
    return re.sub(r"[A-Z][a-z]{3,}", lambda word: CUT.join(names.syllables(word[0]) or (word[0],)), text)


def wrap_tokenizer(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        padding_side="left",
        model_max_length=2048,
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = CHAT_TEMPLATE
    return wrapped


def load_tokenizer(folder: Path, *, seed: int) -> Tokenizer:
    """The run's tokenizer, trained first if the folder has none."""
    path = folder / "tokenizer.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        train_tokenizer(seed=seed).save(str(path))
    return Tokenizer.from_file(str(path))
