"""A labelled set of private data inside real prose, made from a seed: `{}` in a template is what must be found."""

# ruff: noqa: E501  (tables read better one entry a line)
from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clara.quality.scanner import Scanner
from quality import made_numbers as made

ROOT = Path(__file__).resolve().parents[2]
Make = Callable[[random.Random], str]
FIRST = [
    "anna",
    "bob",
    "carmen",
    "dmitri",
    "emeka",
    "fatima",
    "george",
    "hiroshi",
    "ines",
    "jack",
    "kofi",
    "lena",
    "maria",
    "nils",
    "olga",
    "pedro",
]
LAST = [
    "smith",
    "garcia",
    "muller",
    "rossi",
    "okafor",
    "tanaka",
    "novak",
    "dubois",
    "silva",
    "larsen",
    "kim",
    "patel",
    "jones",
    "weber",
]
HOSTS = [
    "example.com",
    "example.org",
    "mail.example.co.uk",
    "acme-corp.io",
    "uni-beispiel.de",
    "empresa.com.br",
    "lab.example.edu",
]


@dataclass(kw_only=True)
class Case:
    """A text with at most one private thing at [start, end); none for a hard negative."""

    text: str
    kind: str = ""
    start: int = 0
    end: int = 0


@dataclass
class Score:
    """Counts by kind, and what went wrong in words."""

    found: Counter[str] = field(default_factory=Counter)
    positives: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    reported: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return sum(self.found.values()) / max(1, sum(self.positives.values()))

    @property
    def precision(self) -> float:
        return sum(self.right.values()) / max(1, sum(self.reported.values()))

    def table(self) -> str:
        lines = [f"{'kind':14} positives recall precision"]
        for kind in sorted(self.positives):
            recall = self.found[kind] / self.positives[kind]
            precision = self.right[kind] / self.reported[kind] if self.reported[kind] else 0.0
            lines.append(f"{kind:14} {self.positives[kind]:9} {recall:6.3f} {precision:9.3f}")
        lines.append(f"{'all':14} {sum(self.positives.values()):9} {self.recall:6.3f} {self.precision:9.3f}")
        return "\n".join(lines)


GROUP = {
    "high_entropy": "secret",
    "token": "secret",
    "password": "secret",
    "credentials": "secret",
    "private_key": "secret",
}


def score(cases: list[Case], scanner: Scanner) -> Score:
    """A positive is found when spans of its kind cover at least 80 % of it; a span is right when half of it is in a positive
    of its kind. Keys, passwords and logins count as one kind, 'secret'.
    """
    result = Score()
    for case in cases:
        spans = scanner.scan(case.text)
        if case.kind:
            result.positives[case.kind] += 1
            covered = sum(
                max(0, min(span.end, case.end) - max(span.start, case.start))
                for span in spans
                if GROUP.get(span.kind, span.kind) == case.kind
            )
            if covered >= 0.8 * (case.end - case.start):
                result.found[case.kind] += 1
            else:
                around = case.text[max(0, case.start - 40) : case.end + 10]
                result.missed.append(f"{case.kind}: {case.text[case.start : case.end]!r} in {around!r}")
        for span in spans:
            kind = GROUP.get(span.kind, span.kind)
            result.reported[kind] += 1
            inside = max(0, min(span.end, case.end) - max(span.start, case.start))
            if kind == case.kind and inside >= 0.5 * (span.end - span.start):
                result.right[kind] += 1
            else:
                around = case.text[max(0, span.start - 40) : span.end + 10]
                result.wrong.append(f"{kind} ({span.label}): {case.text[span.start : span.end]!r} in {around!r}")
    return result


def prose(limit: int = 400) -> list[str]:
    """Real paragraphs: the public QA files beside this checkout, else the passages of the example folder."""
    found: list[str] = []
    for name in ("squadshifts", "xquad", "nq_qed"):
        for path in sorted((ROOT.parent / "shared" / "data" / "qa" / name).glob("*.json")):
            if name == "xquad" and ".en" not in path.name:
                continue
            whole = json.loads(path.read_text(encoding="utf-8"))
            found += [part["context"] for article in whole.get("data", []) for part in article["paragraphs"]]
    if len(found) < 50:
        for path in sorted((ROOT / "example").glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                found += row.get("docs", row.get("context", []))
    chosen = random.Random(5)
    chosen.shuffle(found)
    return [paragraph for paragraph in found[:limit] if "@" not in paragraph]


def put_in(paragraph: str, template: str, kind: str, value: str, rng: random.Random) -> Case:
    """The paragraph with a sentence made from the template between two of its own."""
    cuts = [0, *(at + 2 for at in range(len(paragraph) - 2) if paragraph[at : at + 2] == ". "), len(paragraph)]
    cut = rng.choice(cuts)
    before, _, after = template.partition("{}")
    gap = " " if cut and not paragraph[cut - 1].isspace() else ""
    head = paragraph[:cut] + gap + before
    text = f"{head}{value}{after} {paragraph[cut:]}"
    return Case(text=text, kind=kind, start=len(head), end=len(head) + len(value))


def email(rng: random.Random) -> str:
    first, last, host = rng.choice(FIRST), rng.choice(LAST), rng.choice(HOSTS)
    local = rng.choice(
        [f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}{rng.randint(1, 99)}", f"{first}+news", first]
    )
    name, _, rest = host.partition(".")
    top = rest.replace(".", " dot ")
    return rng.choice(
        [f"{local}@{host}"] * 4
        + [f"{local}@{host}".upper(), f"{local} [at] {name} [dot] {rest.replace('.', ' [dot] ')}", f"{local}(at){host}"]
        + [f"{first} at {name} dot {top}", f"{first}.{last} AT {name} DOT {top.upper()}"]
    )


def phone(rng: random.Random) -> str:
    d = lambda count: made.some(rng, made.DIGITS, count)  # noqa: E731
    area, exchange = f"{rng.randint(2, 9)}0{rng.randint(1, 9)}", f"{rng.randint(2, 9)}{d(2)}"
    return rng.choice(
        [
            f"({area}) {exchange}-{d(4)}", f"{area}-{exchange}-{d(4)}", f"+1 {area} {exchange} {d(4)}", f"{area}.{exchange}.{d(4)}",
            f"+44 20 7{d(3)} {d(4)}", f"020 7{d(3)} {d(4)}", f"+44 7700 900{d(3)}", f"07700 900{d(3)}",
            f"+49 30 {rng.randint(2, 9)}{d(6)}", f"030 {rng.randint(2, 9)}{d(6)}", f"+49-171-{d(7)}",
            f"+33 1 4{d(1)} {d(2)} {d(2)} {d(2)}", f"01 4{d(1)} {d(2)} {d(2)} {d(2)}", f"06.1{d(1)}.{d(2)}.{d(2)}.{d(2)}",
            f"+34 6{d(2)} {d(3)} {d(3)}", f"+39 06 69{d(2)} {d(4)}", f"+31 6 1{d(7)}", f"+91 9{d(4)} {d(5)}", f"+86 138 {d(4)} {d(4)}",
            f"+55 11 9{d(4)}-{d(4)}", f"+81 3-3{d(3)}-{d(4)}", f"+61 2 9{d(3)} {d(4)}", f"+1-{area}-{exchange}-{d(4)} ext. {d(3)}",
        ]
    )  # fmt: skip


def ip(rng: random.Random) -> str:
    octet = lambda: rng.randint(1, 254)  # noqa: E731
    group = lambda: f"{rng.randint(1, 65535):x}"  # noqa: E731
    return rng.choice(
        [f"{rng.choice([10, 172, 192, 203, 84])}.{octet()}.{octet()}.{octet()}"] * 3
        + [f"2001:db8:{group()}::{group()}", f"fe80::{group()}:{group()}:{group()}:{group()}"]
        + [":".join(["2a02", *(group() for _ in range(7))])]
    )


def identities(rng: random.Random) -> tuple[str, str]:
    """(a sentence with {}, the number)."""
    tax = made.steuer_id(rng)
    aadhaar, cpf, nir, bsn, cnpj = made.aadhaar(rng), made.cpf(rng), made.nir(rng), made.bsn(rng), made.cnpj(rng)
    nino = made.nino(rng)
    return rng.choice(
        [
            ("Her social security number is {}.", made.ssn(rng)),
            ("SSN: {}", made.ssn(rng)),
            ("His SSN {} was on the form.", made.ssn(rng).replace("-", " ")),
            (
                "Her National Insurance number is {}.",
                rng.choice([nino, f"{nino[:2]} {nino[2:4]} {nino[4:6]} {nino[6:8]} {nino[8]}"]),
            ),
            ("NINO {} (confidential)", nino),
            ("Die Steuer-ID lautet {}.", rng.choice([tax, f"{tax[:2]} {tax[2:5]} {tax[5:8]} {tax[8:]}"])),
            (
                "Numéro de sécurité sociale : {}",
                f"{nir[0]} {nir[1:3]} {nir[3:5]} {nir[5:7]} {nir[7:10]} {nir[10:13]} {nir[13:]}",
            ),
            ("NIR {} on the leaflet.", nir),
            (
                "El DNI de la paciente es {}.",
                rng.choice([made.dni(rng), made.dni(rng)[:8] + "-" + "X"[:0]]) if False else made.dni(rng),
            ),
            ("NIE: {}", made.nie(rng)),
            ("Il codice fiscale è {}.", made.codice_fiscale(rng)),
            ("BSN {} is registered.", bsn),
            ("burgerservicenummer: {}", bsn),
            ("身份证号码：{}", made.resident(rng)),
            ("The resident identity number is {}.", made.resident(rng)),
            ("Aadhaar number {}", rng.choice([aadhaar, f"{aadhaar[:4]} {aadhaar[4:8]} {aadhaar[8:]}"])),
            ("The PAN of the payer is {}.", made.pan(rng)),
            ("CPF {}", rng.choice([cpf, f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"])),
            ("CNPJ: {}", rng.choice([cnpj, f"{cnpj[:2]}.{cnpj[2:5]}.{cnpj[5:8]}/{cnpj[8:12]}-{cnpj[12:]}"])),
            ("PESEL {} was checked.", made.pesel(rng)),
        ]
    )


def secrets(rng: random.Random) -> tuple[str, str]:
    tokens = made.provider_tokens(rng)
    token = tokens[rng.choice(sorted(tokens))]
    loose = made.some(rng, made.ALNUM, 32)
    return rng.choice(
        [
            ("Use {} for the deployment.", token),
            ("token: {}", token),
            ('client = Client(api_key="{}")', token),
            ("export SERVICE_KEY={}", token),
            ("The key {} must be rotated.", token),
            ("curl -H 'Authorization: Bearer {}'", loose),
            ("session {} expires soon.", made.jwt(rng)),
            ("The key file holds\n{}\nand nothing else.", made.pem(rng, rng.choice(["RSA ", "EC ", "", "OPENSSH "]))),
            ("password = {}", made.password(rng)),
            ('"password": "{}",', made.password(rng)),
            ("DB_PASSWORD={}", made.password(rng)),
            ("The password for the router is {}.", made.password(rng)),
            ("client_secret: {}", loose),
            ("aws_secret_access_key = {}", made.some(rng, made.ALNUM + "/+", 39) + "a"),
            (f"postgres://{rng.choice(FIRST)}:{{}}@db.example.com:5432/prod", made.some(rng, made.ALNUM, 14)),
            (f"https://{rng.choice(FIRST)}:{{}}@git.example.com/repo.git", made.some(rng, made.ALNUM, 20)),
            ("DefaultEndpointsProtocol=https;AccountName=store;AccountKey={};", made.some(rng, made.ALNUM, 86) + "=="),
            ('SIGNING = "{}"', made.some(rng, made.ALNUM, 44) + "Za9x3"),
        ]
    )  # fmt: skip


WRAPPED: dict[str, tuple[Make, list[str]]] = {
    "email": (
        email,
        [
            "Write to {} for a copy.",
            "Contact: {}",
            "Mail <{}> was bounced.",
            "Her address ({}) is public.",
            "e-mail: {};",
        ],
    ),
    "phone": (
        phone,
        ["Call {} before noon.", "Tel. {}", "Our office: {}.", "You can reach Ann at {}, or write.", "Phone {} (day)"],
    ),
    "card": (
        lambda rng: rng.choice([made.card(rng), made.grouped_card(rng, " "), made.grouped_card(rng, "-")]),
        ["The card {} was charged.", "Card number: {}", "paid with {} in May.", "Visa/Amex {}, exp. 04/29"],
    ),
    "iban": (
        lambda rng: rng.choice([made.iban(rng), made.fours(made.iban(rng)), made.iban(rng).lower()]),
        ["Please pay to {} by Friday.", "IBAN: {}", "The account ({}) is closed.", "IBAN {} BIC ABCDEFGH"],
    ),
    "ip": (ip, ["The request came from {} at night.", "host {}", "Server {} did not answer.", "ping {}", "DNS: {},"]),
}

NEGATIVES: list[Callable[[random.Random], str]] = [
    lambda rng: f"ISBN 978-{rng.randint(0, 9)}-{rng.randint(10, 99)}-{made.some(rng, made.DIGITS, 6)}-{rng.randint(0, 9)} is out of print.",
    lambda rng: f"ISSN {made.some(rng, made.DIGITS, 4)}-{made.some(rng, made.DIGITS, 4)}.",
    lambda rng: f"See doi:10.{rng.randint(1000, 9999)}/{made.some(rng, made.LOWER, 4)}.{rng.randint(1990, 2025)}.{made.some(rng, made.DIGITS, 6)}.",
    lambda rng: f"arXiv:{rng.randint(10, 25)}{rng.randint(1, 12):02d}.{made.some(rng, made.DIGITS, 5)} proves it.",
    lambda rng: f"On {rng.randint(1980, 2025)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d} at 12:30:45 it rained.",
    lambda rng: f"between {rng.randint(1, 28)}.{rng.randint(1, 12):02d}.{rng.randint(1980, 2025)} and 11/25/2023",
    lambda rng: f"Version {rng.randint(1, 20)}.{rng.randint(0, 20)}.{rng.randint(0, 200)}.{rng.randint(0, 99)} fixes it.",
    lambda rng: f"Part number {made.some(rng, made.UPPER, 2)}-{made.some(rng, made.DIGITS, 4)}-{made.some(rng, made.DIGITS, 3)} fits.",
    lambda rng: f"Order no. {rng.randint(100, 999)}-{rng.randint(1000000, 9999999)}-{rng.randint(1000000, 9999999)} was shipped.",
    lambda rng: f"It lies at {rng.uniform(-90, 90):.6f}, {rng.uniform(-180, 180):.6f}.",
    lambda rng: f"commit {made.some(rng, '0123456789abcdef', 40)} broke it.",
    lambda rng: f"sha256: {made.some(rng, '0123456789abcdef', 64)}",
    lambda rng: f"the id {made.some(rng, '0123456789abcdef', 8)}-1234-4abc-8def-{made.some(rng, '0123456789abcdef', 12)}",
    lambda rng: f"worth {rng.randint(1, 999)},{rng.randint(100, 999)},{rng.randint(100, 999)}.00 dollars",
    lambda rng: f"from {rng.randint(1900, 1990)}-{rng.randint(1991, 2020)}, pages {rng.randint(100, 500)}-{rng.randint(501, 999)}",
    lambda rng: f"{rng.random():.10f} and {rng.random() * 1e6:.4f} were measured",
    lambda rng: "card 4" + made.some(rng, made.DIGITS, 14) + "X is no card",
    lambda rng: f"the unix time {rng.randint(1_500_000_000, 1_800_000_000)} was logged",
    lambda rng: "Password: must contain eight characters. The secret of success is hard work.",
    lambda rng: 'password = os.environ["DB_PASSWORD"] and token = "<your-token>"',
    lambda rng: f"max_tokens={rng.randint(100, 9999)}, token_type: bearer, api_key=YOUR_API_KEY",
    lambda rng: f"decorated by @app.route, follow @{rng.choice(FIRST)}_{rng.choice(LAST)}, see git@github.com:org/repo.git",
    lambda rng: f"we meet at {rng.choice(HOSTS)} or look at the dot on the map",
    lambda rng: f"MAC aa:bb:{rng.randint(10, 99)}:dd:ee:{rng.randint(10, 99)}, std::vector<int> and 12:{rng.randint(10, 59)}:45",
    lambda rng: f"Section {rng.randint(1, 9)}.{rng.randint(1, 9)}.{rng.randint(1, 9)}.{rng.randint(1, 9)} says so; localhost is 127.0.0.1",
    lambda rng: f"serial {made.some(rng, made.UPPER + made.DIGITS, 12)}, SKU {made.some(rng, made.DIGITS, 8)}",
    lambda rng: f"PMID: {rng.randint(10_000_000, 39_999_999)}, GO:{made.some(rng, made.DIGITS, 7)}, PMC{made.some(rng, made.DIGITS, 7)}",
    lambda rng: f"tracking 1Z{made.some(rng, made.UPPER + made.DIGITS, 16)} left the depot",
    lambda rng: f"populations of {rng.randint(1, 9)} {rng.randint(100, 999)} {rng.randint(100, 999)} and {rng.randint(1000000, 9999999)}",
    lambda rng: f"{rng.randint(2000, 2024)} {rng.randint(2000, 2024)} {rng.randint(2000, 2024)} | 12 34 56 78 90 11",
]  # fmt: skip


def make_set(seed: int, each: int) -> list[Case]:
    """`each` positives of every kind and as many hard negatives as a third of them, in prose."""
    rng = random.Random(seed)
    paragraphs = prose()
    cases: list[Case] = []
    for kind, (value, templates) in WRAPPED.items():
        cases += [put_in(rng.choice(paragraphs), rng.choice(templates), kind, value(rng), rng) for _ in range(each)]
    for kind, both in (("national_id", identities), ("secret", secrets)):
        for _ in range(each):
            template, one = both(rng)
            cases.append(put_in(rng.choice(paragraphs), template, kind, one, rng))
    cases += [
        negative(rng.choice(paragraphs), make(rng))
        for make, _ in zip(_cycled(NEGATIVES), range(3 * each), strict=False)
    ]
    return cases


def negative(paragraph: str, sentence: str) -> Case:
    return Case(text=f"{sentence} {paragraph}")


def _cycled(makers: list[Callable[[random.Random], str]]) -> Iterator[Callable[[random.Random], str]]:
    while True:
        yield from makers
