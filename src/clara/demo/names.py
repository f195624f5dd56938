"""Invented names, and the closed word lists that the training worlds and the demo corpus share. Knows no template.

Every invented word belongs to exactly one split, decided by a hash of its spelling: `base` names may occur in text the
embedded base model was trained on, `demo` names only in the demo corpus. So the two can never share a name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from random import Random
from typing import Literal

Split = Literal["base", "demo"]


def words(text: str) -> tuple[str, ...]:
    """The words of a string, for long word lists.

    >>> words("red blue")
    ('red', 'blue')
    """
    return tuple(text.split())


STARTS = words(  # an invented word is one of these and an ending: two syllables or three
    "Bal Bam Ban Bar Bas Bel Ben Ber Bes Bil Bin Bol Bor Bos Bran Brel Brim Bron Bur Cal Cam Cas Cel Cor Cran Dal "
    "Dam Dar Del Dem Den Der Dil Dol Dor Dran Drel Dur Fal Fan Far Fel Fen Fer Fil Fin Fol For Fran Fren Gal Gam Gar "
    "Gel Gen Gil Gol Gor Gran Gul Hal Ham Har Hel Hem Hes Hil Hol Hor Hul Jal Jan Jas Jel Jes Jol Jor Kal Kam Kas "
    "Kel Ken Kes Kil Kin Kol Kor Kran Kul Lam Lan Lar Lel Len Les Lin Lis Lom Lor Lum Mal Mam Mar Mel Mes Mil Mir Mol "
    "Mor Mul Nal Nar Nel Nes Nil Nol Nor Nur Pal Pam Par Pel Pen Pes Pil Pol Pran Pul Ral Ram Ras Rel Ren Ril Rin Rol "
    "Ros Rul Sal San Sar Sel Sen Sil Sim Sol Sor Stan Stel Sul Tal Tam Tar Tel Ten Til Tol Tor Tran Trel Tul Val Van "
    "Var Vel Ven Vil Vin Vol Vor Wal Wan Wel Wes Wil Wol Yal Yar Yel Yol Zan Zar Zel Zen Zil Zol Zor"
)
ENDINGS = words(
    "bax bec bello bera bex bimo bona bra bus cado cera cina cona cor cus dax deck dera dimo dina dona dora dra dus "
    "fax fera fina fix fona fora fus gado gax gella gera gina gola gon gora gus kado kara kel kena kimo kira kola kon "
    "kora kus lax leck lena lera lica lima lix lona lora lus max meck mena mera mica mina mix mona mora mus nax neck "
    "nella nera nica nimo nix nola nora nus pado pax pella pera pico pina pix pola pona pora pus quin quo rax reck "
    "rella rica rimo rix rola rona rus sado sax sella sera sica sina six sola sona sora sus tado tax teck tella tera "
    "tica tina tix tola tona tora tus vado vax vella vera vica vina vix vola vona vora vus wick win xa xera xo xus "
    "zado zax zella zera zica zimo zina zix zola zona zora zus"
)
LAST_NAME_ENDINGS = words(
    "bach beck berg bert bury by dahl dorf field ford gard gate ham hardt heim holm kamp land ley lund man mann mark "
    "meyer quist rup sen shaw ski skog sky son stad stein strand strom thal ton vall vik ville vist wald ward wede "
    "well wold wood worth"
)

FIRST_NAMES = words(
    "Ada Agnes Alma Amir Anders Anita Arjun Asta Bela Berta Bruno Carla Carmen Chidi Clara Daria David Edith "
    "Elena Elif Emil Emma Enzo Erik Esther Farid Fatima Felix Fiona Frida Georg Greta Hana Hassan Hugo Ida "
    "Igor Ines Ingrid Irena Ivan Jakob Jana Jonas Julia Kamal Karin Kenji Klara Kofi Lars Laura Leila Lena "
    "Leo Lina Lucas Lucia Maja Marco Maria Marta Mateo Mehmet Mei Milan Mina Miriam Nadia Nils Nina Noor Olga "
    "Oscar Otto Paula Pavel Pedro Petra Priya Rafael Rana Ravi Rosa Ruth Samir Sara Selma Sofia Stefan Sven "
    "Tamar Tariq Teresa Thea Tomas Vera Viktor Wanda Yara Yusuf Zara Zofia"
)
CITIES = words(
    "Aarhus Accra Ankara Antwerp Athens Basel Bergen Berlin Bologna Bordeaux Boston Bremen Brno Cairo Cardiff "
    "Chennai Chicago Cork Dakar Delft Denver Dublin Durban Ghent Glasgow Graz Hanoi Havana Helsinki Istanbul "
    "Izmir Kobe Krakow Kyoto Lagos Leeds Leipzig Lima Lisbon Ljubljana Lyon Madrid Malmo Manila Milan "
    "Montreal Mumbai Munich Nairobi Nantes Naples Oslo Osaka Ottawa Oxford Porto Prague Quito Riga Rome "
    "Rotterdam Seoul Seville Sofia Split Tallinn Tampere Tbilisi Toronto Toulouse Trieste Tunis Turin Utrecht "
    "Vienna Vilnius Warsaw York Zagreb Zurich"
)  # one word each: an answer is compared word by word
COUNTRIES = words(
    "Albania Argentina Austria Belgium Bolivia Brazil Bulgaria Canada Chile China Colombia Croatia Cuba "
    "Denmark Egypt Estonia Ethiopia Finland France Georgia Germany Ghana Greece Hungary Iceland India Ireland "
    "Italy Japan Kenya Latvia Malta Mexico Morocco Nepal Norway Peru Poland Portugal Romania Senegal Serbia "
    "Spain Sweden Tunisia Turkey Ukraine Uruguay Vietnam Zambia"
)
COLOURS = words(
    "red blue green yellow black white grey brown orange purple pink silver gold beige turquoise crimson "
    "olive navy ivory violet"
)
MATERIALS = words(
    "steel copper brass bronze iron tin aluminium titanium oak pine birch walnut bamboo glass marble granite "
    "slate clay leather linen wool cotton silk rubber concrete limestone sandstone ceramic wax paper"
)
MONTHS = words("January February March April May June July August September October November December")
WEEKDAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
PRODUCT_KINDS = words(
    "lamp kettle radio camera bicycle tent stove drill printer scanner heater fan clock scale pump mixer "
    "toaster speaker telescope microscope keyboard backpack helmet drone sensor thermometer projector blender "
    "compass lantern"
)


def split_of(name: str) -> Split:
    """The split a name belongs to: three quarters 'base', one quarter 'demo', whatever its letter case.

    >>> split_of("Velmora") == split_of("VELMORA")
    True
    """
    digest = hashlib.blake2b(name.casefold().encode("utf-8"), digest_size=2).digest()
    return "demo" if int.from_bytes(digest, "big") % 4 == 0 else "base"


def invented_name(rng: Random, *, split: Split) -> str:
    """One capitalised invented word of two syllables or three that belongs to `split`."""
    return _draw(rng, split, _word)


def invented_last_name(rng: Random, *, split: Split) -> str:
    """One invented family name that belongs to `split`."""
    return _draw(rng, split, _last_name)


def person_name(rng: Random, *, split: Split) -> str:
    """A common first name and an invented last name; the *last* name belongs to `split` (so the whole is new too)."""
    return f"{rng.choice(FIRST_NAMES)} {invented_last_name(rng, split=split)}"


def _draw(rng: Random, split: Split, build: Callable[[Random], str]) -> str:
    while True:
        name = build(rng)
        if split_of(name) == split and name.casefold() not in _CLOSED_WORDS:
            return name


def _word(rng: Random) -> str:
    return rng.choice(STARTS) + rng.choice(ENDINGS)


def _last_name(rng: Random) -> str:
    return rng.choice(STARTS) + rng.choice(LAST_NAME_ENDINGS)


def syllables(name: str) -> tuple[str, str] | None:
    """An invented word's start and ending; None for any other word.

    >>> syllables("Velmora"), syllables("Monday")
    (('Vel', 'mora'), None)
    """
    return next(((name[:cut], name[cut:]) for cut in (4, 3) if name[:cut] in _STARTS and name[cut:] in _ENDINGS), None)


_STARTS, _ENDINGS = frozenset(STARTS), frozenset((*ENDINGS, *LAST_NAME_ENDINGS))
_CLOSED_WORDS = frozenset(
    word.casefold()
    for words in (FIRST_NAMES, CITIES, COUNTRIES, COLOURS, MATERIALS, MONTHS, WEEKDAYS, PRODUCT_KINDS)
    for word in words
)
