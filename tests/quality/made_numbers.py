"""Numbers and keys with right check digits and random bodies, made when a test runs: nothing here is anybody's."""

# ruff: noqa: E501  (tables read better one entry a line)
from __future__ import annotations

import base64
import json
import random
import string

UPPER, LOWER, DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits
ALNUM = UPPER + LOWER + DIGITS


def some(rng: random.Random, alphabet: str, count: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(count))


def luhn(body: str) -> str:
    """The body with its Luhn digit."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        number = int(digit) * (2 - place % 2)
        total += number - 9 if number > 9 else number
    return body + str(-total % 10)


def card(rng: random.Random) -> str:
    prefix, length = rng.choice(
        [("4", 16), ("51", 16), ("55", 16), ("2345", 16), ("34", 15), ("37", 15), ("6011", 16), ("36", 14)]
    )
    return luhn(prefix + some(rng, DIGITS, length - len(prefix) - 1))


def grouped_card(rng: random.Random, sign: str) -> str:
    number = card(rng)
    sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[len(number)]
    parts = []
    for size in sizes:
        parts.append(number[:size])
        number = number[size:]
    return sign.join(parts)


def iban(rng: random.Random) -> str:
    country, shape = rng.choice(
        [("DE", "n18"), ("GB", "a4n14"), ("FR", "n20c1n2"), ("ES", "n20"), ("NL", "a4n10"), ("IT", "a1n22"), ("CH", "n5c12"),
         ("PL", "n24"), ("AT", "n16"), ("SE", "n20"), ("NO", "n11"), ("IE", "a4n14"), ("PT", "n21"), ("BE", "n12"), ("SA", "n2c18")]
    )  # fmt: skip
    body, at = "", 0
    while at < len(shape):
        kind, size, at = shape[at], "", at + 1
        while at < len(shape) and shape[at].isdigit():
            size, at = size + shape[at], at + 1
        body += some(rng, {"n": DIGITS, "a": UPPER, "c": UPPER + DIGITS}[kind], int(size))
    as_number = "".join(str(int(character, 36)) for character in body + country + "00")
    return f"{country}{98 - int(as_number) % 97:02d}{body}"


def fours(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def ssn(rng: random.Random) -> str:
    area = rng.choice([*range(1, 666), *range(667, 900)])
    return f"{area:03d}-{rng.randint(1, 99):02d}-{rng.randint(1, 9999):04d}"


def nino(rng: random.Random) -> str:
    first, second = rng.choice("ABCEGHJKLMPRSTWXYZ"), rng.choice("ABCEGHJKLMPRSTWXYZ")
    if first + second in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ"):
        second = "A"
    return f"{first}{second}{some(rng, DIGITS, 6)}{rng.choice('ABCD')}"


def dni(rng: random.Random) -> str:
    number = rng.randint(10_000_000, 99_999_999)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def nie(rng: random.Random) -> str:
    first = rng.choice("XYZ")
    digits = some(rng, DIGITS, 7)
    return f"{first}{digits}{'TRWAGMYFPDXBNJZSQVHLCKE'[int(str('XYZ'.index(first)) + digits) % 23]}"


def _valid(rng: random.Random, module: str, make: object) -> str:
    """A random number that python-stdnum's check accepts; shapes come from here, check digits by trying."""
    import importlib

    check = importlib.import_module(f"stdnum.{module}")
    for _ in range(100_000):
        number: str = make(rng)  # type: ignore[operator]
        if check.is_valid(number):
            return number
    raise AssertionError(f"no valid number for {module}")


def nir(rng: random.Random) -> str:
    body = f"{rng.choice('12')}{rng.randint(30, 99)}{rng.randint(1, 12):02d}{rng.randint(10, 95)}{rng.randint(100, 600)}{rng.randint(10, 999):03d}"
    return f"{body}{97 - int(body) % 97:02d}"


def steuer_id(rng: random.Random) -> str:
    def make(rng: random.Random) -> str:
        digits = rng.sample(DIGITS, 9)
        body = [*digits, rng.choice(digits)]
        rng.shuffle(body)
        return "".join(body) + rng.choice(DIGITS) if body[0] != "0" else "1"

    return _valid(rng, "de.idnr", make)


def bsn(rng: random.Random) -> str:
    return _valid(rng, "nl.bsn", lambda rng: some(rng, "123456789", 1) + some(rng, DIGITS, 8))


def cpf(rng: random.Random) -> str:
    return _valid(rng, "br.cpf", lambda rng: some(rng, DIGITS, 11))


def cnpj(rng: random.Random) -> str:
    return _valid(rng, "br.cnpj", lambda rng: some(rng, DIGITS, 8) + "0001" + some(rng, DIGITS, 2))


def aadhaar(rng: random.Random) -> str:
    return _valid(rng, "in_.aadhaar", lambda rng: rng.choice("23456789") + some(rng, DIGITS, 11))


def pesel(rng: random.Random) -> str:
    return _valid(
        rng,
        "pl.pesel",
        lambda rng: f"{rng.randint(40, 99)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{some(rng, DIGITS, 5)}",
    )


def resident(rng: random.Random) -> str:
    return _valid(
        rng,
        "cn.ric",
        lambda rng: (
            f"110105{rng.randint(1950, 2005)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{some(rng, DIGITS, 3)}"
            f"{rng.choice('0123456789X')}"
        ),
    )


def codice_fiscale(rng: random.Random) -> str:
    from stdnum.it import codicefiscale

    body = f"{some(rng, 'BCDFGLMNPRST', 6)}{rng.randint(40, 99)}{rng.choice('ABCDEHLMPRST')}{rng.randint(1, 28):02d}{rng.choice('ABCDEFGHL')}{rng.randint(100, 999)}"
    return body + codicefiscale.calc_check_digit(body)


def pan(rng: random.Random) -> str:
    return some(rng, UPPER, 3) + rng.choice("PCHFAT") + some(rng, UPPER, 1) + some(rng, DIGITS, 4) + some(rng, UPPER, 1)


def part(*pieces: str) -> str:
    """A beginning put together here, so that no file of this repository holds a key's own form."""
    return "".join(pieces)


def provider_tokens(rng: random.Random) -> dict[str, str]:
    """One key for each provider, as long as theirs are."""
    hexadecimal = "0123456789abcdef"
    return {
        "aws": part("AK", "IA") + some(rng, UPPER + "234567", 16),
        "github": part("gh", "p_") + some(rng, ALNUM, 36),
        "github_app": part("gh", "s_") + some(rng, ALNUM, 36),
        "github_fine": part("github", "_pat_") + some(rng, ALNUM, 22) + "_" + some(rng, ALNUM, 59),
        "gitlab": part("gl", "pat-") + some(rng, ALNUM, 20),
        "slack": part("xo", "xb-") + some(rng, DIGITS, 12) + "-" + some(rng, DIGITS, 13) + "-" + some(rng, ALNUM, 24),
        "google": part("AI", "za") + some(rng, ALNUM, 35),
        "google_oauth": part("GOC", "SPX-") + some(rng, ALNUM, 28),
        "openai": part("s", "k-") + some(rng, ALNUM, 20) + part("T3Blbk", "FJ") + some(rng, ALNUM, 20),
        "openai_project": part("s", "k-proj-") + some(rng, ALNUM + "_-", 100) + "a1",
        "anthropic": part("s", "k-ant-api03-") + some(rng, ALNUM + "_-", 93) + "AA",
        "hugging_face": part("h", "f_") + some(rng, LOWER + UPPER, 34),
        "stripe": part("s", "k_live_") + some(rng, ALNUM, 24),
        "stripe_test": part("r", "k_test_") + some(rng, ALNUM, 24),
        "twilio": part("S", "K") + some(rng, hexadecimal, 32),
        "sendgrid": part("S", "G.") + some(rng, ALNUM, 22) + "." + some(rng, ALNUM, 43),
        "npm": part("np", "m_") + some(rng, ALNUM, 36),
        "pypi": part("py", "pi-AgEIcHlwaS5vcmc") + some(rng, ALNUM + "_-", 120) + "a1",
        "azure_secret": some(rng, ALNUM, 3) + part("8", "Q~") + some(rng, ALNUM, 34),
        "digitalocean": part("dop", "_v1_") + some(rng, hexadecimal, 64),
        "telegram": some(rng, "123456789", 10) + part(":", "AA") + some(rng, ALNUM, 33),
        "databricks": part("da", "pi") + some(rng, hexadecimal, 32),
        "shopify": part("shp", "at_") + some(rng, hexadecimal, 32),
        "groq": part("gs", "k_") + some(rng, ALNUM, 52),
    }


def jwt(rng: random.Random) -> str:
    def encoded(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    header = encoded({"alg": rng.choice(["HS256", "RS256", "ES256"]), "typ": "JWT"})
    return f"{header}.{encoded({'sub': some(rng, DIGITS, 8), 'exp': 1_900_000_000})}.{some(rng, ALNUM + '_-', 43)}"


def pem(rng: random.Random, kind: str = "RSA ") -> str:
    body = "\n".join(some(rng, ALNUM + "+/", 64) for _ in range(6))
    dashes = "-" * 5
    return f"{dashes}BEGIN {kind}PRIVATE KEY{dashes}\n{body}\n{some(rng, ALNUM, 22)}==\n{dashes}END {kind}PRIVATE KEY{dashes}"


def password(rng: random.Random) -> str:
    words = ["Winter", "tiger", "Copper", "moon", "Rocket", "blue", "Falcon"]
    return rng.choice(
        [
            f"{rng.choice(words)}{rng.randint(10, 9999)}{rng.choice('!?#$%&*')}",
            some(rng, ALNUM + "!#%&*+", 12) + "7",
            f"{rng.choice(words)}-{rng.choice(words)}-{rng.randint(1, 99)}",
            f"{rng.choice(words).lower()}{rng.randint(1, 999)}",
        ]
    )
