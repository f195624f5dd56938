"""Single sentences that look private and are not, and shapes that only their surroundings give away."""

# ruff: noqa: E501  (one text a line)
from __future__ import annotations

import random

import pytest

from clara.quality.scanner import Scanner
from quality import made_numbers as made

HARMLESS = """
The ISBN-10 is 0-306-40615-2 and the ISBN-13 is 9780306406157; ISSN 1234-5678.
DOI: 10.1038/s41586-020-2649-2; arXiv:2511.18659v2 [cs.CL] 24 Nov 2025; PMID 14973204; 2004;350(8):811-22.
Coordinates: 48.8566 N, 2.3522 E; 51.507351, -0.127758; +40.7128, -74.0060; 40°42'46"N
Part 4711-0815-42, order #100-2003-4005, serial number SN-4839-2210-9987, invoice 2023/000123/45
Windows 10.0.19045.3693, Chrome/120.0.6099.109, nginx/1.18.0.1, >=1.2.3.4, upgraded from 1.2.3.4 to 1.2.3.5
Commit 9fceb02d0ae598e95dc970b74767f19372d61af8 and UUID 550e8400-e29b-41d4-a716-446655440000
The number 4111111111111112 fails its check, as GB82 WEST 1234 5698 7654 33 does; IMEI 490154203237518
unix 1700000000 and 1700000000000; 299 792 458 m/s; 1 402 112 000 people in 2020; 0 615520 73
ssn format is XXX-XX-XXXX; 000-12-3456 and 666-12-3456 and 123-00-4567 are impossible
the call took 1234567 ns; called 15000000 times; a text of 2500000 characters; reach 3000000 people; Tel Aviv 1234567
@user mentioned @org/pkg@1.2.3 and user@localhost; foo@2x.png; git@github.com:org/repo.git; 5 @ $10
std::vector<std::string>::iterator; Foo::Bar; 10:20:30:40; 00:1A:2B:3C:4D:5E; 127.0.0.1; 255.255.255.0; 300.1.2.3
password: str = Field(...); password=password; password = getpass(); self.password = None; check(is_password=is_password)
Password must be at least 12 characters. The password is stored hashed; the password was changed yesterday.
api_key=os.environ["KEY"]; api_key: <YOUR_KEY>; token = tokenizer.encode(x); max_tokens=4096; secret: true
cache key: 3f2a9c8e7d6b5a4f; author: Smith2023; authors = ["A1", "B2"]; authorization: required; key findings: 12
https://user:password@example.com and postgres://user:pass@localhost/db and http://<user>:<pass>@host
class="sk-loading-wrapper-animated-container" with sk-learn, hf_model, ghp_short, xoxb-, AIza
""".strip().splitlines()


@pytest.mark.parametrize("text", HARMLESS)
def test_nothing_is_found_in(text: str) -> None:
    scanner = Scanner()
    assert [(span.label, text[span.start : span.end]) for span in scanner.scan(text)] == []


@pytest.mark.parametrize(
    "template",
    ["the password for the router is {}.", "root password → {}", "login with {} as the password", "credentials: admin / {}",
     "the wifi password ({}) changed", "machine x login bob password {}", "<password>{}</password>", "mot de passe : {}",
     "密码是{}", "パスワード: {}", "curl -u bob:{} https://x", "redis://:{}@cache:6379", "Uid=sa;Pwd={};Database=x"],
)  # fmt: skip
def test_a_password_is_found_however_it_is_given(template: str) -> None:
    value = "Gr4nite$Rock"
    text = template.replace("{}", value)
    assert [text[span.start : span.end] for span in Scanner().scan(text)] == [value]


@pytest.mark.parametrize("kind", ["RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", ""])
@pytest.mark.parametrize("end", ["\n", "\\n", " "])
def test_a_private_key_is_one_finding_whatever_its_line_ends(kind: str, end: str) -> None:
    block = made.pem(random.Random(6), kind).replace("\n", end)
    spans = Scanner().scan(f"the key: {block} and more")
    assert [(span.kind, span.end - span.start) for span in spans] == [("private_key", len(block))]


@pytest.mark.parametrize("name", sorted(made.provider_tokens(random.Random(0))))
def test_every_providers_key_is_found_without_any_label(name: str) -> None:
    for seed in range(20):
        token = made.provider_tokens(random.Random(seed))[name]
        for text in (f"see {token}.", f"'{token}'", f"x={token}&y", f"密钥{token}"):
            found = [text[span.start : span.end] for span in Scanner().scan(text) if span.kind == "token"]
            assert found, (name, text[:12])
            assert token in found[0] or found[0] in token
