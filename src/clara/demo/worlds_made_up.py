"""Worlds made up on the spot: any noun can be an attribute, so that matching words is learned, not single worlds."""

from __future__ import annotations

from random import Random

from clara.demo.names import words

NOUNS = words(
    """
    owner keeper age rank motto symbol guard entrance garden roof door window tower bell gate wall floor road
    border capital anthem flag currency climate harvest crop animal bird tree flower stone metal drink meal
    song dance game tool hat coat ring chain key lock box basket cup plate candle map letter stamp coin seal
    crown judge doctor nurse teacher writer singer actor dancer sculptor printer editor reporter driver guide
    porter baker farmer gardener hunter miller smith weaver tailor carpenter mason engineer inventor chemist
    sailor soldier officer king queen prince minister president secretary treasurer chairman founder patron
    supplier dealer seller buyer tenant neighbour partner rival friend ancestor heir length width height depth
    weight volume area speed range power pressure temperature capacity yield output cost fee rent tax prize
    debt budget income size score grade level class series model number code version edition chapter shelf
    room street square district region province country ocean shore harbour station office branch workshop
    factory warehouse store market hotel school date day month year season hour period deadline start end
    material fabric colour shade pattern shape style finish cover handle frame base wheel engine battery
    screen filter name nickname title brand maker designer producer manager leader director inspector witness
    origin source target purpose function use method rule law treaty language religion dialect script alphabet
    signal frequency channel
    """
)
QUALIFIERS = words("main second old new first last present former chief usual official local daily best total")
KINDS = words(
    """
    place person thing group family object record project plan event system unit house company team tribe
    order device building document collection estate colony league union market channel valley garden machine
    """
)
VALUES = (
    "person", "person", "city", "country", "colour", "material", "month", "weekday", "year:1700-2020", "date",
    "monthyear", "time", "code", "qty:2-980:kg,g,tonnes", "qty:2-980:m,cm,km,metres",
    "qty:2-9800:euros,dollars,pounds,crowns",
    "qty:2-98:hours,days,minutes,years", "qty:2-990:pieces,people,units", "dec:1-90:kg,m,litres,watts",
    "named:{x}", "named:{x} Works,{x} Company,{x} & Co,{x} Group", "named:{x} Street,{x} Hall,{x} Bay,{x} House",
    "choice:high,low,round,square,narrow,wide,soft,hard,sweet,sour,early,late,north,south,east,west",
)  # fmt: skip
STATEMENTS = (
    "the {label} is {v}", "its {label} is {v}", "the {label} of {s} is {v}", "{s} has the {label} {v}",
    "{v} is the {label} of {s}", "{s} lists {v} as its {label}", "under {label} one reads {v}",
    "as {label} the papers give {v}", "{v} serves as {label}", "the {label} was given as {v}",
    "{s} names {v} as {label}",
    "those who ask for the {label} of {s} hear {v}",
)  # fmt: skip
QUESTIONS = (
    "Which {label} belongs to {n}?", "What is given as {label} of {n}?", "What serves as {label} of {n}?",
    "What do the papers on {n} give as {label}?", "{n}: what is the {label}?", "As for {n}, what is its {label}?",
    "Do you know the {label} of {n}?", "Please give the {label} of {n}.",
)  # fmt: skip


def made_up_table(rng: Random) -> str:
    """A table in the form of worlds_travel.py with a random kind and eight random attributes."""
    lines = [
        f"{rng.choice(KINDS)} | {rng.choice(('{x}', '{x}', '{x} {d}', '{x} House', 'New {x}'))} | nothing else is known"
    ]
    only = rng.choice(VALUES) if rng.random() < 0.5 else None  # all values alike: the kind of value gives nothing away
    for noun in rng.sample(NOUNS, 8):
        label = f"{rng.choice(QUALIFIERS)} {noun}" if rng.random() < 0.3 else noun
        cells = [
            label,
            only or rng.choice(VALUES),
            ";".join(text.replace("{label}", label) for text in STATEMENTS),
            ";".join(text.replace("{label}", label) for text in QUESTIONS),
        ]
        lines.append(" | ".join(cells))
    return "\n".join(lines)
