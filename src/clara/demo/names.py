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


ONSETS = words(
    "b br c ch cl cr d dr f fl fr g gl gr h j k kl kn l m n p pl pr qu r s sh sk sl sn st str t th tr v w y z zh"
)
INNER_ONSETS = words(
    "b bl br c d dr f g gr k l ld ll lm ln lt m mb mm n nd ng nk nn nt p pr r rd rk rl rm rn rr rt rv s sk sp "
    "ss st t th tr v x z"
)
NUCLEI = words("a a a a a e e e e e i i i i o o o o u u u ai au ea ei ia io oo ou y")
CODAS = words("d f k l m n n n p r r s s t x ck ft ld lk lm ln ls lt mp nd ng nk nt rd rk rl rm rn rs rt sh sk st th")
ENDINGS = words(
    "a o e i us is os an en in on or er ar el al il ia io ium ova ine ane ette ard ert olf und ask esk ock "
    "ick ell ett ith oth ax ex ix ox eau ey ay eth ash orn arn erra illa ona ena ula"
)
LAST_NAME_ENDINGS = words(
    "son sen strom berg mann feld well ton ford ley worth wick man ov ev ova ski sky escu ic ides ini elli "
    "etti otto ano ero ez az es oza ier eau ard aud ois iak enko uk ius aitis ila onen maki oglu ian yan "
    "ashvili adze"
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
    """One capitalised invented word of 4 to 12 letters that belongs to `split`."""
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
    while True:
        word = (rng.choice(ONSETS) if rng.random() < 0.8 else "") + rng.choice(NUCLEI)
        for _ in range(rng.choice((0, 0, 0, 1))):
            word += rng.choice(INNER_ONSETS) + rng.choice(NUCLEI)
        if rng.random() < 0.2:
            word += rng.choice(CODAS)
        else:
            word += rng.choice(INNER_ONSETS) + rng.choice(ENDINGS)
        if 4 <= len(word) <= 9:
            return word.capitalize()


def _last_name(rng: Random) -> str:
    while True:
        word = (rng.choice(ONSETS) if rng.random() < 0.85 else "") + rng.choice(NUCLEI)
        if rng.random() < 0.2:
            word += rng.choice(INNER_ONSETS) + rng.choice(NUCLEI)
        ending = rng.choice(LAST_NAME_ENDINGS)
        word += (rng.choice(INNER_ONSETS) if ending[0] in "aeiouy" else rng.choice(CODAS)) + ending
        if 5 <= len(word) <= 11:
            return word.capitalize()


_CLOSED_WORDS = frozenset(
    word.casefold()
    for words in (FIRST_NAMES, CITIES, COUNTRIES, COLOURS, MATERIALS, MONTHS, WEEKDAYS, PRODUCT_KINDS)
    for word in words
)
