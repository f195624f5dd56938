"""Keys and tokens that show by their form what they are: provider prefixes, private key blocks, JWTs, logins in URLs.

Each pattern is tried only where its literal beginning stands, which `str.find` reports at memory speed.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from clara.errors import MissingExtraError
from clara.quality.context import clings
from clara.quality.findings import Span


class Token(NamedTuple):
    """`begin` is looked for, then `pattern` must match there; with a group, the group is the secret."""

    label: str
    begin: tuple[str, ...]
    pattern: re.Pattern[str]


def _token(label: str, begin: str, body: str) -> Token:
    """A token whose beginnings (separated by spaces) are followed by `body`."""
    return Token(label, tuple(begin.split()), re.compile(rf"(?:{'|'.join(map(re.escape, begin.split()))}){body}"))


_W = "[A-Za-z0-9_-]"
_N = "[A-Za-z0-9]"
_TOKENS = (
    _token("AWS access key", "AKIA ASIA ABIA ACCA", "[A-Z0-9]{16}(?![A-Za-z0-9])"),
    _token("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", f"{_N}{{30,255}}"),
    _token("GitHub token", "github_pat_", r"\w{22,255}"),
    _token("GitLab token",
           "glpat- gldt- glrt- glptt- glft- glsoat- glcbt- gloas- glimt- glagent- glffct-", r"[\w.-]{20,300}"),
    _token("GitLab token", "GR1348941", f"{_W}{{20,}}"),
    _token("Slack token",
           "xoxb- xoxp- xoxa- xoxo- xoxr- xoxs- xoxe- xoxe. xoxc- xoxd- xapp-", r"[A-Za-z0-9.%/+-]{10,}"),
    Token("Slack webhook", ("hooks.slack.com/",),
          re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/]{20,})")),
    Token("Discord webhook", ("/api/webhooks/",), re.compile(r"/api/webhooks/(\d{15,21}/[\w-]{30,})")),
    Token("Teams webhook", (".webhook.office.com/",), re.compile(r"\.webhook\.office\.com/(webhookb2/[\w@/-]{40,})")),
    _token("Google API key", "AIza", f"{_W}{{35}}"),
    _token("Google OAuth client secret", "GOCSPX-", f"{_W}{{24,}}"),
    _token("Google OAuth token", "ya29.", f"{_W}{{20,}}"),
    _token("Google refresh token", "1//0", f"{_W}{{30,}}"),
    _token("Anthropic key", "sk-ant-", f"{_W}{{16,}}"),
    _token("OpenRouter key", "sk-or-", f"{_W}{{20,}}"),
    _token("OpenAI key", "sk-proj- sk-svcacct- sk-admin- sk-None- sk-service-", f"{_W}{{16,}}"),
    _token("API key (sk-)", "sk-", f"{_N}(?:{_N}|[_-](?=[A-Za-z0-9])){{18,}}{_N}"),
    _token("OpenAI session", "sess-", f"{_N}{{30,}}"),
    _token("Hugging Face token", "hf_ api_org_", f"{_N}{{30,}}"),
    _token("Groq key", "gsk_", f"{_N}{{30,}}"),
    _token("xAI key", "xai-", f"{_N}{{30,}}"),
    _token("Perplexity key", "pplx-", f"{_N}{{30,}}"),
    _token("Replicate token", "r8_", f"{_N}{{30,}}"),
    _token("NVIDIA key", "nvapi-", f"{_W}{{40,}}"),
    _token("LangSmith key", "lsv2_pt_ lsv2_sk_ ls__", r"\w{30,}"),
    _token("Tavily key", "tvly-", f"{_W}{{20,}}"),
    _token("Pinecone key", "pcsk_", r"\w{40,}"),
    _token("ElevenLabs key", "sk_", "[0-9a-f]{48}(?![0-9a-f])"),
    _token("Stripe key", "sk_live_ sk_test_ rk_live_ rk_test_ pk_live_ pk_test_", f"{_N}{{10,}}"),
    _token("Stripe webhook secret", "whsec_", "[A-Za-z0-9+/=]{20,}"),
    _token("Twilio SID or key", "AC SK", "[0-9a-f]{32}(?![0-9A-Za-z])"),
    _token("SendGrid key", "SG.", r"[\w-]{16,32}\.[\w-]{16,64}"),
    _token("Mailgun key", "key-", "[0-9a-f]{32}(?![0-9A-Za-z])"),
    _token("Brevo key", "xkeysib- xsmtpsib-", "[0-9a-f]{40,}(?:-[A-Za-z0-9]{16})?"),
    _token("npm token", "npm_", f"{_N}{{30,}}"),
    _token("PyPI token", "pypi-", f"{_W}{{36,}}"),
    _token("RubyGems key", "rubygems_", "[0-9a-f]{40,}"),
    _token("crates.io token", "cio", f"{_N}{{32}}(?![A-Za-z0-9])"),
    _token("Docker token", "dckr_pat_ dckr_oat_", f"{_W}{{20,}}"),
    _token("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", "[0-9a-f]{40,}"),
    _token("Databricks token", "dapi", "[0-9a-f]{32}(?:-[0-9])?(?![0-9A-Za-z])"),
    _token("Shopify token", "shpat_ shpca_ shppa_ shpss_", "[0-9A-Fa-f]{30,}"),
    _token("Square token", "sq0atp- sq0csp- sq0idp- EAAAE", f"{_W}{{22,}}"),
    _token("Facebook token", "EAACEdEose0cBA EAAG EAAC", f"{_N}{{40,}}"),
    _token("Grafana token", "glsa_ glc_", r"[\w+/=]{30,}"),
    _token("Sentry token", "sntrys_ sntryu_", r"[\w+/=.-]{40,}"),
    _token("Linear key", "lin_api_ lin_oauth_", f"{_N}{{30,}}"),
    _token("Notion token", "ntn_ secret_", f"{_N}{{40,50}}(?![A-Za-z0-9])"),
    Token("Airtable token", ("pat",), re.compile(r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}")),
    _token("Figma token", "figd_ figo_", f"{_W}{{30,}}"),
    _token("Postman key", "PMAK-", "[0-9a-f]{24}-[0-9a-f]{34}"),
    _token("Atlassian token", "ATATT3 ATCTT3 ATBB ATSTT3", "[A-Za-z0-9_=+/-]{24,}"),
    _token("New Relic key", "NRAK- NRII- NRJS- NRAA-", f"{_W}{{20,}}"),
    _token("Heroku key", "HRKU-", "[0-9A-Za-z_-]{30,}"),
    _token("Doppler token", "dp.pt. dp.st. dp.ct. dp.sa.", r"[\w.]{30,}"),
    _token("Vault token", "hvs. hvb. hvr.", f"{_W}{{20,}}"),
    _token("Supabase key", "sbp_ sb_secret_", r"\w{20,}"),
    _token("PlanetScale token", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w.-]{30,}"),
    _token("Netlify token", "nfp_", f"{_N}{{30,}}"),
    _token("Fly.io token", "fo1_ FlyV1", r"[\w ,+/=-]{40,}"),
    _token("Tailscale key", "tskey-", f"{_W}{{20,}}"),
    _token("Terraform token", ".atlasv1.", f"{_W}{{50,}}"),
    _token("1Password token", "ops_eyJ", f"{_W}{{100,}}"),
    _token("age key", "AGE-SECRET-KEY-1", "[0-9A-Z]{50,}"),
    _token("Alibaba access key", "LTAI", f"{_N}{{12,24}}(?![A-Za-z0-9])"),
    _token("Tencent secret id", "AKID", f"{_N}{{32}}(?![A-Za-z0-9])"),
    _token("Yandex key", "AQVN t1.9eu", f"{_W}{{35,}}"),
    Token("Telegram bot token", (":AA",), re.compile(r":AA[\w-]{32,34}(?![\w-])")),
    Token("Azure client secret", ("Q~",), re.compile(r"Q~[\w.~-]{31,34}(?![\w~-])")),
    Token("Azure storage or service bus key", ("AccountKey=", "SharedAccessKey=", "accountkey="),
          re.compile(r"(?:AccountKey|SharedAccessKey|accountkey)=([A-Za-z0-9+/]{30,}={0,2})")),
    Token("shared access signature", ("sig=",), re.compile(r"sig=([A-Za-z0-9%/+]{30,}(?:%3[dD]|=){0,2})")),
    Token("npm registry token", ("_authToken", "_auth="), re.compile(r"_auth(?:Token)?\s?=\s?[\"']?([\w+/=.-]{16,})")),
)  # fmt: skip
_BACKWARDS = {  # the beginning that is easy to find stands inside the token: how to walk back to its start
    "Telegram bot token": re.compile(r"[0-9]{8,10}$"),
    "Azure client secret": re.compile(r"[\w.~-]{4}$"),
    "Terraform token": re.compile(r"[A-Za-z0-9]{14}$"),
}
_SHORTEST = 16  # characters: no pattern above is shorter
_PRIVATE_KEY = re.compile(r"-{2,5} ?BEGIN (?:[A-Z0-9 ]{0,24} )?PRIVATE KEY(?: BLOCK)? ?-{2,5}")
_PRIVATE_KEY_END = re.compile(r"-{2,5} ?END (?:[A-Z0-9 ]{0,24} )?PRIVATE KEY(?: BLOCK)? ?-{2,5}")
_KEY_BODY = re.compile(r"(?:[A-Za-z0-9+/=:\-]|\\n|\\r|[\r\n\t ](?=[\r\n\t ]*(?:[A-Za-z0-9+/=]{16,}|\w[\w-]*: )))*")
_JWT = re.compile(r"eyJ[\w-]{8,}\.(?:eyJ)?[\w-]{8,}(?:\.[\w-]{6,}){0,3}")
_USER_INFO = re.compile(r"://([^\s/?#@:\"'<>]*):([^\s/\"'<>]{1,200}?)@(?=[\w\[\-.$%{])")
_CURL_USER = re.compile(r"\s(?:-u|--user)[ =][\"']?[\w.@-]+:([^\s\"']{4,})")
_PLACEHOLDER = re.compile(
    r"(?:<.*>|\[.*\]|\{.*\}|\$\{?\(?\w+.*|%\w+%$|x+|\*+|\.+|-+|your[-_ ]?\w*(?:[-_ ]\w+)*|my[-_ ]?(?:password|"
    r"secret|token|key)|"
    r"pass|passwd|password|pwd|secret|token|key|changeme|change[-_]me|placeholder|redacted|example\w*|sample|dummy|none|"
    r"null|nil|true|false|todo|tbd|n/?a|empty|undefined|unknown|required|optional|string|str|text|user|username|xxx.*)$",
    re.IGNORECASE,
)


def long_words(text: str) -> list[tuple[int, str]]:
    """Where the words stand that are long enough to hold a key; most prose has few."""
    found: list[tuple[int, str]] = []
    at = 0
    for word in text.split():
        if len(word) >= _SHORTEST:
            at = text.index(word, at)
            found.append((at, word))
            at += len(word)
    return found


def find_tokens(text: str, words: list[tuple[int, str]]) -> Iterator[Span]:
    """Provider keys, private key blocks, JWTs and URL logins, with detect-secrets' detectors beside our own.

    `words` are the text's long words.
    """
    for start, word in words:
        for token in _TOKENS:
            for begin in token.begin:
                at = word.find(begin)
                while at >= 0:
                    span = _token_at(text, start + at, token)
                    if span:
                        yield span
                    at = word.find(begin, at + len(begin))
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)
    if "PuTTY-User-Key-File" in text:
        for match in re.finditer(r"PuTTY-User-Key-File-\d:.{0,4000}?Private-MAC: ?[0-9a-f]+", text, re.DOTALL):
            yield Span(match.start(), match.end(), "private_key", "PuTTY private key")
    if "-u" in text:
        for match in _CURL_USER.finditer(text):
            if not is_placeholder(match[1]) and not match[1].startswith("$"):
                yield Span(match.start(1), match.end(1), "credentials", "login in a command")
    if words and "eyJ" in text:
        yield from _jwts(text)
    if "://" in text and "@" in text:
        for match in _USER_INFO.finditer(text):
            if not is_placeholder(match[2]):
                yield Span(match.start(2), match.end(2), "credentials", "login in a URL")
    if words:
        yield from _known_to_detect_secrets(text, words)


def is_placeholder(value: str) -> bool:
    """Whether a value only stands for a secret, as documentation writes it.

    >>> is_placeholder("<your-token>"), is_placeholder("${DB_PASSWORD}"), is_placeholder("hunter2")
    (True, True, False)
    """
    return _PLACEHOLDER.match(value) is not None or len(set(value)) < 3


def _token_at(text: str, at: int, token: Token) -> Span | None:
    match = token.pattern.match(text, at)
    if not match:
        return None
    start, end = match.span(match.re.groups)
    back = _BACKWARDS.get(token.label)
    if back:
        head = back.search(text, max(0, at - 24), at)
        if not head:
            return None
        start = head.start()
    elif not match.re.groups and start and (clings(text[start - 1]) or text[start - 1] == "_"):
        escaped = re.search(r"(?:\\[nrt]|%[0-9A-F]{2})$", text[max(0, start - 3) : start])  # \\nghp_…, %20ghp_…
        if not escaped:
            return None
    value = text[start:end]
    if len(set(value[len(token.begin[0]) :])) < 6:  # ghp_xxxxxxxx…, sk-000000…
        return None
    if token.label == "API key (sk-)" and not (re.search(r"[0-9]", value[3:]) and re.search(r"[A-Za-z]", value[3:])):
        return None
    if token.label == "API key (sk-)" and value.count("-") > 3 and not re.search(r"[A-Za-z0-9]{16}", value):
        return None  # words joined by hyphens, as in a CSS class
    return Span(start, end, "token", token.label)


def _private_keys(text: str) -> Iterator[Span]:
    """Whole blocks; one without its end goes as far as its lines look like a key."""
    done = 0
    for begin in _PRIVATE_KEY.finditer(text):
        if begin.start() < done:
            continue
        end = _PRIVATE_KEY_END.search(text, begin.end(), begin.end() + 20_000)
        body = _KEY_BODY.match(text, begin.end())
        done = end.end() if end else body.end() if body else begin.end()
        material = re.sub(r"\\[nr]|[^A-Za-z0-9+/=]", "", text[begin.end() : end.start() if end else done])
        if len(material) >= 24:  # else only a mention of the header
            yield Span(begin.start(), done, "private_key", "private key")


def _jwts(text: str) -> Iterator[Span]:
    for match in _JWT.finditer(text):
        head = match.group().partition(".")[0]
        try:
            header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        except (binascii.Error, ValueError):
            continue
        if isinstance(header, dict) and header.keys() & {"alg", "typ", "enc", "kid", "cty"}:
            yield Span(match.start(), match.end(), "token", "JSON web token")


# detect-secrets' detectors that need no more than a line: plugin file, class, what must stand in the text, label
_PLUGINS = (
    ("artifactory", "ArtifactoryDetector", ("AKC",), "Artifactory token"),
    ("aws", "AWSKeyDetector", ("aws", "AWS", "A3T"), "AWS key"),
    ("cloudant", "CloudantDetector", ("cloudant",), "Cloudant login"),
    ("discord", "DiscordBotTokenDetector", ("Discord", "discord", "DISCORD", "Bot ", "bot"), "Discord bot token"),
    ("ibm_cloud_iam", "IbmCloudIamDetector", ("ibm", "IBM"), "IBM Cloud key"),
    ("ibm_cos_hmac", "IbmCosHmacDetector", ("cos_", "COS_", "secret_access_key"), "IBM COS key"),
    ("mailchimp", "MailchimpDetector", ("-us",), "Mailchimp key"),
    ("npm", "NpmDetector", ("npm_", "_authToken", "NPM_TOKEN", "NPM TOKEN"), "npm token"),
    ("softlayer", "SoftlayerDetector", ("softlayer",), "SoftLayer key"),
    ("square_oauth", "SquareOAuthDetector", ("sq0csp-",), "Square secret"),
)


@cache
def _detectors() -> tuple[tuple[Any, tuple[str, ...], str], ...]:
    """The patterns of detect-secrets; its verification, which asks the providers over the network, is never called."""
    try:
        from importlib import import_module

        return tuple(
            (pattern, begin, label)
            for file, name, begin, label in _PLUGINS
            for pattern in getattr(import_module(f"detect_secrets.plugins.{file}"), name).denylist
        )
    except ImportError as error:
        raise MissingExtraError("bc-detect-secrets", extra="data") from error


def _known_to_detect_secrets(text: str, words: list[tuple[int, str]]) -> Iterator[Span]:
    done = -1
    for start, word in words:
        if start + len(word) <= done:
            continue
        low = max(text.rfind("\n", max(0, start - 200), start) + 1, start - 200, 0)
        newline = text.find("\n", start + len(word), start + len(word) + 200)
        done = newline if newline >= 0 else min(len(text), start + len(word) + 200)
        line = text[low:done]
        for pattern, begins, label in _detectors():
            if not any(begin in line for begin in begins):
                continue
            for match in pattern.finditer(line):
                group = next((number for number in range(1, pattern.groups + 1) if match[number]), 0)
                value = match[group].rstrip(" \t\"'")
                first = low + match.start(group) + len(value) - len(value.lstrip(" \t=:\"'"))
                last = low + match.start(group) + len(value)
                if len(set(text[first:last])) >= 6 and not (first and text[first - 1].isalnum()):
                    yield Span(first, last, "token", label)
