# ruff: noqa: E501
"""Worlds made up on the spot, so that reading is learned and not single worlds.

Of most, an attribute's wording goes with the sort of its value (typed_table); of the others, any noun can be an
attribute with values of any sort (made_up_table), and nothing but the word itself tells which value is asked for.
"""

from __future__ import annotations

from random import Random

from clara.demo.names import PRODUCT_KINDS, words

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


THINGS = words(
    "violin flute harp cello trumpet banjo otter badger heron falcon lizard beetle salmon pony donkey goose tulip fern "
    "thistle poppy willow cactus tower bridge castle windmill chapel barn pier tunnel kite puzzle doll carpet curtain "
    "ladder barrel wagon canoe raft sledge rocket balloon dagger shield lute ballad waltz polka sonnet fable riddle "
    "cheese pudding biscuit sausage pancake dumpling"
)
TRAITS = words(
    "high low round square narrow wide soft hard sweet sour early late rare common heavy light smooth rough bright "
    "dark loud quiet deep flat sharp blunt warm cold dry wet plain striped"
)
# sort of value: values cells | labels | statements | questions; {l} is the label
TYPED: dict[str, tuple[tuple[str, ...], str, str, str]] = {
    "person": (
        ("person",),
        "owner;keeper;judge;trainer;manager;director;founder;president;secretary;curator;chief surgeon;pilot;architect;"
        "head gardener;first cook;librarian;painter;referee;producer;inspector;senior chemist;chief designer",
        "its {l} is {v};{v} is the {l};the {l} of {s} is {v};{v} works as {l};{s} has {v} as {l};{v} acts as its {l};"
        "the post of {l} is held by {v};{v} has been its {l} for years;the {l}, {v}, knows it well",
        "Who is the {l} of {n}?;Who is {n}'s {l}?;Who works as {l} of {n}?;Who acts as {l} for {n}?;"
        "Which person is {l} of {n}?;Who holds the post of {l} at {n}?",
    ),
    "named": (
        ("named:{x} Works,{x} Company,{x} Group,{x} Stores", "named:{x} Mills,{x} Craft,{x} Designs,{x} Union",
         "named:{x} House,{x} Press,{x} Bank,{x} Trust"),
        "supplier;builder;sponsor;publisher;seller;rival;partner;parent group;insurer;dealer;tenant;client",
        "its {l} is {v};{v} is the {l};{s} is supplied by {v};{s} is built by {v};{v} pays for {s};{v} stands behind {s};"
        "{s} belongs to {v};{v} sells {s};the {l} of {s} is {v};{s} comes from {v}",
        "Who builds {n}?;Which company sells {n}?;Which firm stands behind {n}?;Who is the {l} of {n}?;To whom does {n} "
        "belong?;Which company supplies {n}?;What is the {l} of {n}?;By whom is {n} built?;Who built {n}?;Which firm sells {n}?;"
        "By which company is {n} supplied?;{n} is built by which company?;Tell me who builds {n}.;Who is {n} sold by?",
    ),
    "city": (
        ("city",),
        "town;home town;seat;base;port;location;head office;venue;place of origin;home city",
        "its {l} is {v};{s} is based in {v};{s} stands in {v};{s} is kept in {v};one finds {s} in {v};its home is {v};"
        "{s} was put up in {v};{s} is at home in {v};the {l} of {s} is {v};in {v} everybody knows {s}",
        "Where is {n} kept?;In which city is {n}?;Where is {n} based?;Which town is home to {n}?;In which town does {n} "
        "stand?;Where does one find {n}?;Which city is the {l} of {n}?;In which city was {n} put up?;"
        "{n} stands in which city?;Tell me where {n} is kept.;Name the city where {n} stands.;In which place is {n} kept?",
    ),
    "place": (
        ("country", "material"),
        "origin;source;stuff;substance",
        "its {l} is {v};{s} is known for {v};much of {s} is {v};the {l} of {s} is {v};{s} has to do with {v};"
        "{s} owes much to {v};without {v} there is no {s}",
        "What is the {l} of {n}?;What is {n} known for?;To what does {n} owe much?;What has {n} to do with?",
    ),
    "colour": (
        ("colour",),
        "colour;shade;paint;flag colour;coat;cover;roof colour",
        "its {l} is {v};{s} is {v};it looks {v};the {l} of {s} is {v};{s} was painted {v};from far {s} looks {v};"
        "{s} has a {v} front;the outside is {v}",
        "What colour is {n}?;Which colour has {n}?;What is the {l} of {n}?;In which colour was {n} painted?;"
        "What does {n} look like?;What colour is the outside of {n}?;In what colour is {n} painted?;Tell me what colour {n} is.;"
        "Which colour does the front of {n} have?",
    ),
    "choice": (
        (f"choice:{','.join(THINGS)}", f"choice:{','.join(PRODUCT_KINDS)}", f"choice:{','.join(TRAITS)}"),
        "sort;type;form;class;symbol;motif;model",
        "{s} is a {v};its {l} is {v};people call it a {v};{s} is a sort of {v};the {l} of {s} is {v};{s} is sold as a "
        "{v};it is nothing but a {v}",
        "What is {n}?;What sort of thing is {n}?;What do people call {n}?;What is the {l} of {n}?;What type is {n}?;"
        "As what is {n} sold?;Which {l} has {n}?;"
        "{n} is what sort of thing?;Tell me what {n} is.;What kind of thing is {n}?;What type of thing is {n}?",
    ),
    "time": (
        ("year:1700-2024", "year:1900-2024", "year:1950-2024", "monthyear", "date"),
        "first year;opening year;year of birth;year of repair;date of purchase;beginning",
        "{s} was opened in {v};{s} was founded in {v};{s} goes back to {v};its {l} is {v};{s} was first shown in {v};"
        "{s} has been known since {v};{s} began in {v};{s} came out in {v};the {l} of {s} is {v};people bought it in {v}",
        "When was {n} founded?;In which year was {n} opened?;Since when has {n} been known?;When did {n} begin?;In what "
        "year did {n} come out?;When was {n} first shown?;What is the {l} of {n}?;To when does {n} go back?;"
        "{n} was founded in which year?;Tell me when {n} was opened.;Which year saw the beginning of {n}?",
    ),
    "mass": (
        ("qty:2-98:kg", "qty:2-980:kg,g,tonnes"),
        "load;mass;cargo;catch;harvest",
        "its {l} is {v};{s} carries {v};{s} brings {v} to the scales;the {l} of {s} is {v};the scales show {v};"
        "one needs arms for {v} to lift {s};{s} comes to {v}",
        "How heavy is {n}?;What is the {l} of {n}?;How much does {n} carry?;What do the scales show for {n}?;How much "
        "does {n} bring to the scales?;What is the mass of {n}?",
    ),
    "money": (
        ("qty:2-980:euros", "qty:2-980:euros,dollars,pounds,crowns"),
        "fee;rent;entry;value;bill;deposit;ticket",
        "its {l} is {v};one pays {v};people pay {v} for {s};the {l} of {s} is {v};{s} changed hands for {v};"
        "{v} buys {s};a friend gave {v} for it;{s} goes for {v}",
        "How much is {n}?;What does one pay for {n}?;What is the {l} of {n}?;For how much did {n} change hands?;"
        "How much money buys {n}?;What do people pay for {n}?",
    ),
    "span": (
        ("qty:2-98:hours,days,minutes,years,months,weeks", "qty:2-60:hours", "qty:2-72:months"),
        "duration;wait;guarantee;run time;rest;term",
        "its {l} is {v};{s} takes {v};{s} goes on for {v};the {l} of {s} is {v};one waits {v};after {v} {s} is over;"
        "{s} holds for {v};{s} comes with {v} of {l}",
        "How long does {n} take?;What is the {l} of {n}?;How long does {n} go on?;After how long is {n} over?;How long "
        "does one wait for {n}?;How long does {n} hold?",
    ),
    "rest": (
        ("qty:2-980:m,cm,km,metres", "qty:2-980:metres", "qty:10-99:dB,degrees,watts,volts", "qty:2-990:pieces,people,pages",
         "code", "dec:1-90:litres,m,watts"),
        "length;height;reach;output;size;count;mark;limit",
        "its {l} is {v};the {l} of {s} is {v};{s} measures {v};{s} reaches {v};{s} has {v};one counts {v};"
        "the book says {v};the {l} was given as {v}",
        "What is the {l} of {n}?;What does {n} measure?;How far does {n} reach?;How many does {n} have?;What does one "
        "count at {n}?;What is given as {l} of {n}?",
    ),
}  # fmt: skip


def typed_table(rng: Random) -> str:
    """A table in the form of worlds_travel.py with a random kind and eight attributes of different sorts."""
    lines = [_first_line(rng)]
    for sort in rng.sample(sorted(TYPED), 8):
        values, labels, statements, questions = TYPED[sort]
        label = rng.choice(labels.split(";"))
        value = rng.choice(values)
        unit = value.rpartition(":")[2]
        if value.startswith(("qty", "dec")) and "," not in unit:
            questions += ";How many {u} is the {l} of {n}?;How many {u} has {n}?;How many {u} are given for {n}?"
        said, asked = (cell.replace("{l}", label).replace("{u}", unit) for cell in (statements, questions))
        lines.append(f"{label} | {value} | {said} | {asked}")
    return "\n".join(lines)


def _first_line(rng: Random) -> str:
    names = rng.choice(("{x}", "{x}", "{x} {d}", "{x} House", "New {x}"))
    return f"{rng.choice(KINDS)} | {names} | nothing else is known;few people speak of {{s}};please take care of {{s}}"


def made_up_table(rng: Random) -> str:
    """A table in the form of worlds_travel.py with a random kind and eight random attributes."""
    lines = [_first_line(rng)]
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
