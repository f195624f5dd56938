"""A second labelled set by other rules: logs, tables, chats, other countries and languages.

The patterns had not seen it when it was first scored: recall 0.966, precision 0.983 on 1,050 positives. What it showed was
then mended, so its scores of today are those of a set the patterns know.
"""

# ruff: noqa: E501  (tables read better one entry a line)
from __future__ import annotations

import importlib
import json
import random

from quality import made_numbers as made
from quality.labelled import Case, prose


def _try(rng: random.Random, module: str, shape: str) -> str:
    """A random number of a shape ('9' a digit, 'A' a letter) that python-stdnum accepts."""
    check = importlib.import_module(f"stdnum.{module}")
    for _ in range(200_000):
        number = "".join(
            rng.choice(made.DIGITS) if sign == "9" else rng.choice(made.UPPER) if sign == "A" else sign
            for sign in shape
        )
        if check.is_valid(number):
            return number
    raise AssertionError(module)


def _birth(rng: random.Random, shape: str) -> str:
    return f"{rng.randint(1, 28):02d}{rng.randint(1, 12):02d}{rng.randint(50, 99)}{shape}"


def _hetu(rng: random.Random) -> str:
    day, number = _birth(rng, ""), f"{rng.randint(100, 899)}"
    return f"{day}-{number}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(day + number) % 31]}"


def emails(rng: random.Random) -> tuple[str, str]:
    user = rng.choice(["j.o'neil", "müller", "x", "sales-emea", "first.middle.last", "a_b_c", "user2024", "contact"])
    host = rng.choice(
        ["gmail.com", "web.de", "yahoo.co.jp", "sub.dept.univ.ac.in", "startup.ai", "gov.br", "firma-gmbh.eu"]
    )
    plain = f"{user}@{host}"
    dotted = host.replace(".", " DOT ")
    return rng.choice(
        [
            ('From: "Ann" <{}>\nTo: undisclosed', plain),
            ("| name | {} | active |", plain),
            ('{"user": "u1", "mail": "{}", "age": 3}', plain),
            ("[click](mailto:{}) here", plain),
            ("2024-01-02T03:04:05Z INFO login user={} ok", plain),
            ("Escríbame a {}, gracias.", plain),
            ("Bei Fragen: {}!", plain),
            ("请联系 {} 获取更多", plain),
            ("{}", plain.replace("@", " (at) ").replace("'", "")),
            ("ping me: {} ok?", plain.replace("@", "[at]").replace(".", "[dot]").replace("'", "")),
            ("my address is {} - no spam", f"{user.split('.')[0].replace(chr(39), '')} AT {dotted}"),
            ("a,b,{},c", plain),
            ("cc {};next", plain.upper()),
            ("x {} y", plain.replace("@", " {at} ").replace("'", "")),
            ("url https://t.example/?u={}&z=1", plain.replace("@", "%40").replace("'", "")),
        ]
    )


def phones(rng: random.Random) -> tuple[str, str]:
    d = lambda count: made.some(rng, made.DIGITS, count)  # noqa: E731
    area = f"{rng.randint(2, 9)}1{rng.randint(2, 9)}"
    exchange = f"{rng.randint(2, 9)}3{d(1)}"
    return rng.choice(
        [
            ("Mobile {} / home unknown", f"+44(0)7911 12{d(4)}"),
            ("Fax: {}", f"+49 (0) 89 / {rng.randint(2, 9)}{d(5)}-0"),
            ('<a href="tel:{}">ring</a>', f"+1{area}{exchange}{d(4)}"),
            ("| Jones | {} | room 3 |", f"{area}-{exchange}-{d(4)}"),
            ('"phone": "{}"', f"({area}) {exchange} {d(4)}"),
            ("phone={}&x=1", f"{area}{exchange}{d(4)}"),
            ("Rufen Sie {} an.", f"0{rng.choice(['89', '40', '221'])}-{rng.randint(2, 9)}{d(6)}"),
            ("Appelez le {} svp", f"0{rng.choice('67')} {d(2)} {d(2)} {d(2)} {d(2)}"),
            ("Llámame al {}.", f"6{d(2)} {d(2)} {d(2)} {d(2)}"),
            ("电话：{}", f"1{rng.choice('35789')}{d(1)}-{d(4)}-{d(4)}"),
            ("手机 {}", f"1{rng.choice('3578')}{d(9)}"),
            ("電話 {} まで", f"03-{rng.randint(3, 6)}{d(3)}-{d(4)}"),
            ("WhatsApp me on {}", f"+5511 9{rng.randint(4, 9)}{d(3)} {d(4)}"),
            ("call {} asap", f"1 ({area}) {exchange}-{d(4)}"),
            ("emergency contact {}", f"+7 912 {d(3)}-{d(2)}-{d(2)}"),
            ("(ph) {}", f"+91-98{d(3)}-{d(5)}"),
            ("text {} to win", f"{area} {exchange} {d(4)}"),
            ("her cell is {}", f"{area}/{exchange}-{d(4)}"),
            ("My number is {}.", f"07{rng.choice('45789')}{d(2)} {d(6)}"),
            ("Phone (work): {}", f"+353 1 6{d(2)} {d(4)}"),
            ("Tel/Fax {}", f"+41 44 {rng.randint(2, 9)}{d(2)} {d(2)} {d(2)}"),
            ("tel {}", f"+82-10-{rng.randint(2, 9)}{d(3)}-{d(4)}"),
            ("Contact {} after 5pm", f"+27 82 {d(3)} {d(4)}"),
            ("dial {} now", f"00 33 1 4{d(1)} {d(2)} {d(2)} {d(2)}"),
        ]
    )


def cards(rng: random.Random) -> tuple[str, str]:
    return rng.choice(
        [
            ("cc={}&cvv=123", made.card(rng)),
            ("| {} | 12/27 |", made.grouped_card(rng, " ")),
            ("Karte {} gesperrt", made.grouped_card(rng, "\u00a0")),
            ("tarjeta {} caducada", made.grouped_card(rng, ".")),
            ('{"pan": "{}"}', made.card(rng)),
            ("AMEX/VISA: {}", made.grouped_card(rng, "-")),
            ("{} was declined twice", made.card(rng)),
            ("debited from {}.", made.grouped_card(rng, " ")),
        ]
    )


def ibans(rng: random.Random) -> tuple[str, str]:
    return rng.choice(
        [
            ("Konto {} bei der Bank", made.fours(made.iban(rng))),
            ("iban:{}", made.iban(rng)),
            ("| beneficiary | {} |", made.iban(rng)),
            ("virement sur {}", made.fours(made.iban(rng)).replace(" ", "-")),
            ('"iban":"{}"', made.iban(rng)),
            ("a/c {}, ref 12", made.fours(made.iban(rng)).lower()),
            ("send it to {}\nThanks", made.fours(made.iban(rng)).replace(" ", "\u00a0")),
        ]
    )


def identities(rng: random.Random) -> tuple[str, str]:
    d = lambda count: made.some(rng, made.DIGITS, count)  # noqa: E731
    ahv = _try(rng, "ch.ssn", "756" + "9" * 10)
    belgian = _try(rng, "be.nn", f"{rng.randint(40, 99)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}99999")
    cpf, aadhaar, tax = made.cpf(rng), made.aadhaar(rng), made.steuer_id(rng)
    sin = _try(rng, "ca.sin", f"{rng.randint(1, 7)}99999999")
    rut = _try(rng, "cl.rut", "199999999")
    return rng.choice(
        [
            ("ssn={}", made.ssn(rng)),
            ("| Doe, Jane | {} | 1971 |", made.ssn(rng)),
            ('"ssn": "{}"', made.ssn(rng).replace("-", "")),
            ("NI no: {}", made.nino(rng)),
            ("{} is her NI number", made.nino(rng).lower()),
            ("steuerliche Identifikationsnummer {}", tax),
            ("IdNr. {}", f"{tax[:2]} {tax[2:5]} {tax[5:8]} {tax[8:]}"),
            ("n° INSEE {}", made.nir(rng)),
            ("con DNI {} y domicilio", made.dni(rng)[:8] + "-" + made.dni(rng)[-1] if False else made.dni(rng)),
            ("extranjero con NIE {}", made.nie(rng)[0] + "-" + "0" * 0 + made.nie(rng)[1:] if False else made.nie(rng)),
            ("CF: {}", made.codice_fiscale(rng).lower()),
            ("BSN-nummer {}", made.bsn(rng)),
            ("公民身份号码{}。", made.resident(rng)),
            ("UIDAI {}", f"{aadhaar[:4]}-{aadhaar[4:8]}-{aadhaar[8:]}"),
            ("PAN card {}", made.pan(rng)),
            ("inscrito no CPF sob o nº {}", f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"),
            ("PESEL: {}", made.pesel(rng)),
            (
                "personnummer {}",
                _try(
                    rng,
                    "se.personnummer",
                    f"{rng.randint(50, 99)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}-9999",
                ),
            ),
            ("HETU {}", _hetu(rng)),
            ("CPR-nr. {}", _birth(rng, f"-{d(4)}")),
            ("AHV {}", f"756.{ahv[3:7]}.{ahv[7:11]}.{ahv[11:]}"),
            ("rijksregisternummer {}", f"{belgian[:2]}.{belgian[2:4]}.{belgian[4:6]}-{belgian[6:9]}.{belgian[9:]}"),
            ("T.C. kimlik no {}", _try(rng, "tr.tckimlik", rng.choice("123456789") + "9" * 10)),
            ("RUT {}", f"{rut[:2]}.{rut[2:5]}.{rut[5:8]}-{rut[8]}"),
            ("SIN {}", f"{sin[:3]} {sin[3:6]} {sin[6:]}"),
            ("my tax file number is {}", _try(rng, "au.tfn", "9" * 9)),
            ("NRIC {}", rng.choice("ST") + d(7) + rng.choice("ABCDEFGHIZJ")),
            (
                "주민등록번호 {}",
                f"{rng.randint(60, 99)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}-{rng.choice('12')}{d(6)}",
            ),
            ("NHS number {}", _try(rng, "gb.nhs", "9" * 10)),
            ("Passport No. {}", rng.choice("CKX") + d(8)),
        ]
    )


def ips(rng: random.Random) -> tuple[str, str]:
    n = lambda: rng.randint(33, 254)  # noqa: E731
    v4 = f"{rng.choice([10, 192, 198, 46, 151])}.{n()}.{n()}.{n()}"
    v6 = rng.choice(
        [f"2001:db8:85a3::{n():x}:{n():x}", f"fd12:3456:789a:{n()}::{n()}", f"2A00:1450:4001:81{n() % 10}::200E"]
    )
    return rng.choice(
        [
            ('{} - - [10/Oct/2023:13:55:36 +0000] "GET / HTTP/1.1" 200', v4),
            ("ssh root@{}", v4),
            ("http://{}:8080/admin", v4),
            ("client_ip: {}", v4),
            ("allow {}/24;", v4),
            ("inet6 {} prefixlen 64", v6),
            ("| gw | {} | up |", v4),
            ("https://[{}]:443/", v6),
            ("the attacker used {} and left", v4),
            ("AAAA {}", v6),
        ]
    )


def secrets(rng: random.Random) -> tuple[str, str]:
    tokens = made.provider_tokens(rng)
    token = tokens[rng.choice(sorted(tokens))]
    loose = made.some(rng, made.ALNUM, rng.randint(24, 48))
    hexed = made.some(rng, "0123456789abcdef", rng.choice([32, 40, 64]))
    word = made.password(rng)
    return rng.choice(
        [
            ("hey, here is the key: {} don't share", token),
            ("| ci | {} | 2024 |", token),
            ('{"credentials": {"value": "{}"}}', token),
            ("https://api.example.com/v1?access_token={}&x=1", token),
            ("git clone https://oauth2:{}@gitlab.example.com/a/b.git", token),
            ("`{}`", token),
            ("x-api-key: {}", loose),
            ("api-key={}", hexed),
            ("SECRET_KEY = '{}'", loose + "!x"),
            ("secret_key_base: {}", hexed),
            ("const apiSecret = '{}';", loose),
            ("AUTH_TOKEN: \"{}\"", hexed),
            ("<password>{}</password>", word),
            ("Server=db;Uid=sa;Pwd={};Database=x", word),
            ("jdbc:mysql://host/db?user=root&password={}", word.replace("&", "x").replace("#", "y")),
            ("redis://:{}@cache.example.com:6379/0", loose),
            ("mongodb+srv://svc:{}@cluster0.example.net/test", loose),
            ("Passwort: {}", word),
            ("contraseña: {}", word),
            ("密码是{}", made.some(rng, made.ALNUM, 10) + "7"),
            ("wifi pw: {}", word),
            ("login: bob / password: {}", word),
            ("mysql -u root --password={}", word),
            ("machine ftp.example.com login bob password {}", word),
            ("Your temporary password is: {}", word),
            ("Cookie: session={}", made.jwt(rng)),
            ("ssl_key: |\n{}\n", made.pem(rng, "EC ")),
            ('"private_key": "{}"', made.pem(rng, "").replace("\n", "\\n")),
            ("Authorization: Basic {}", made.some(rng, made.ALNUM, 30) + "2=="),
            ("the passphrase was {}, remember", word),
            ("slack hook https://hooks.slack.com/services/{}", f"T{made.some(rng, made.UPPER, 8)}/B{made.some(rng, made.UPPER, 8)}/{loose[:24]}"),
            ("curl -u admin:{} https://example.com", word),
            ("AWS_SECRET_ACCESS_KEY=\"{}\"", made.some(rng, made.ALNUM + "/+", 39) + "b"),
        ]
    )  # fmt: skip


def negatives(rng: random.Random) -> str:
    d = lambda count: made.some(rng, made.DIGITS, count)  # noqa: E731
    return rng.choice(
        [
            f"| {rng.randint(1990, 2020)} | {d(4)} | {d(3)}.{d(1)} | {d(5)} |",
            f"GSE{d(5)}, rs{d(7)}, NM_00{d(4)}.{d(1)}, P{d(5)}, ENSG00000{d(6)}",
            f"EAN {d(13)}; UPC {d(12)}",
            f"NCT0{d(7)}, grant R01-CA{d(6)}, US Patent {rng.randint(4, 9)},{d(3)},{d(3)}",
            f"flight LH{d(3)} on {rng.randint(1, 28)}/0{rng.randint(1, 9)}/2024 at 14:05:33.{d(6)}",
            f"RFC {d(4)}, ISO 27001:2022, IEEE 802.11ax, 10.{d(4)}/j.cell.{d(4)}.{d(2)}.{d(3)}",
            f"Chrome/{rng.randint(90, 130)}.0.{d(4)}.{d(2)} Safari/537.36",
            f"numpy=={rng.randint(1, 2)}.{d(1)}.{d(1)}, driver {rng.randint(400, 560)}.{d(2)}.{d(2)}, OID 1.3.6.1.4.1.{d(5)}",
            f'md5 {made.some(rng, "0123456789abcdef", 32)}; etag "{made.some(rng, "0123456789abcdef", 32)}"',
            f"integrity sha512-{made.some(rng, made.ALNUM, 86)}==",
            f"invoice {rng.randint(2019, 2025)}-{d(6)}, customer no. {d(8)}, PO {d(10)}",
            f"x = {d(1)}.{d(12)}, y = -{d(2)}.{d(8)}e-{d(2)}",
            f"{rng.randint(1, 9)} {d(3)} {d(3)} {d(3)} inhabitants in {rng.randint(1900, 2020)}",
            f"temperature 12-15, ratio 3:2:1, score 21-19 21-17, {d(3)}-{d(3)} Main St",
            f"ZIP {d(5)}-{d(4)}, {d(5)} Berlin, postcode SW1A {rng.randint(1, 9)}AA",
            "The token ring was slow; a bearer of news; the key: practise. password reset required",
            "Enter your password: ********; api_key = <API_KEY>; secret: ${{ secrets.TOKEN }}",
            "def login(password: str, token: Optional[str] = None) -> Session:",
            "passwords = load_passwords(path); self.token = token; key = dict_key",
            f"ORCID 0000-000{d(1)}-{d(4)}-{d(4)}, Scopus {d(11)}",
            f"part {made.some(rng, made.UPPER, 3)}{d(4)}-{d(2)}, lot {d(7)}, batch {made.some(rng, made.UPPER, 1)}{d(6)}",
            f"[{d(1)}, {d(2)}, {d(3)}, {d(4)}] and {d(2)}:{d(2)}:{d(2)}",
            f"uuid {made.some(rng, '0123456789abcdef', 8)}-{d(4)}-4{d(3)}-a{d(3)}-{made.some(rng, '0123456789abcdef', 12)}",
            f"https://example.com/item/{d(10)}/view?page={d(3)}&id={d(9)}",
            f"tweet {d(19)} and video {made.some(rng, made.ALNUM, 11)}",
            f"card 4111-1111-1111-{rng.choice(['1112', '1113', '1114'])} fails its check",
            f"DE{d(2)} 1234 is a road; GB 12 too; {d(2)}-{d(2)}-{d(2)} sort of",
            "we met at dawn dot by dot; arrive at noon; @mention and @scope/pkg@1.2.3",
            f"lat {rng.uniform(10, 80):.5f}°N {rng.uniform(10, 170):.5f}°E, elevation {d(4)} m",
            f"{rng.randint(100, 999)} {rng.randint(100, 999)} {rng.randint(1000, 9999)} rows were read",
        ]
    )


def make_set(seed: int, each: int) -> list[Case]:
    rng = random.Random(seed)
    paragraphs = prose()
    cases: list[Case] = []
    makers = (
        ("email", emails), ("phone", phones), ("card", cards), ("iban", ibans), ("national_id", identities), ("ip", ips), ("secret", secrets)
    )  # fmt: skip
    for kind, make in makers:
        for _ in range(each):
            template, value = make(rng)
            before, _, after = template.partition("{}")
            paragraph = rng.choice(paragraphs)
            cut = rng.randint(0, len(paragraph) // 2)
            cut = paragraph.find(" ", cut) if " " in paragraph[cut:] else 0
            head = f"{paragraph[:cut]}\n{before}"
            cases.append(
                Case(
                    text=f"{head}{value}{after}\n{paragraph[cut:]}",
                    kind=kind,
                    start=len(head),
                    end=len(head) + len(value),
                )
            )
    for _ in range(3 * each):
        paragraph = rng.choice(paragraphs)
        cases.append(Case(text=f"{paragraph[:200]}\n{negatives(rng)}\n{paragraph[200:]}"))
    return cases


if __name__ == "__main__":
    print(json.dumps([case.__dict__ for case in make_set(0, 3)], ensure_ascii=False, indent=1))
