"""Secrets that only their name gives away: `password = …`, `"api_key": "…"`, `the passphrase is …`."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from clara.quality.findings import Span
from clara.quality.tokens import is_placeholder

# what is looked for first, in lower case
_STEMS = (
    "pass", "pwd", "pat:", "pat=", "pw:", "pw ", "pw=", "secret", "token", "key", "authorization",
    "_auth", "-auth", "auth=", "auth:", "auth\"", "bearer", "credential",
    "kennwort", "contrase", "senha", "wachtwoord", "パスワード", "비밀번호", "parola",
    "hasło", "heslo", "lösenord", "adgangskode",
    "salasana", "jelszó", "密码", "密碼", "口令", "пароль",
)  # fmt: skip
_KEY_OF = re.compile(
    r"(?:api|access|secret|private|encryption|signing|account|master|storage|subscription|auth|client|service|admin|license|"
    r"shared|webhook|deploy)\s$", re.IGNORECASE
)  # fmt: skip
_OTHER_KEY = re.compile(
    r"(?:public|primary|foreign|sort|cache|partition|lookup|sorting|unique|composite|answer|map|legend|hot|short-?cut|row|join|ssh|"
    r"dedup\w*|index)[ _-]$", re.IGNORECASE
)  # fmt: skip
_PASSWORD_NAME = re.compile(
    r"pass(?:word|wd|phrase|code|wort)|passwd|pwd|^pw$|[_-]pass$|dbpass|^passe?$|kennwort|contrase[nñ]a|senha|"
    r"mot de passe|wachtwoord|パスワード|비밀번호|^parola$|^hasło$|^heslo$|lösenord|adgangskode|salasana|"
    r"jelszó|密码|密碼|口令|пароль", re.IGNORECASE
)  # fmt: skip
_KEY_NAME = re.compile(
    r"secret|token|^pat$|^key$|api[ _-]?key|access[ _-]?key|private[ _-]?key|auth(?:orization)?(?:[ _-]?key)?$|bearer|"
    r"credential|"
    r"(?:account|auth|client|encryption|signing|signature|master|storage|subscription|service|admin|root|deploy|session|"
    r"consumer|license|licence|app|application|shared|server|cipher|aes|hmac|jwt|webhook|"
    r"integration|api)[ _-]?(?:secret|key)",
    re.IGNORECASE,
)  # fmt: skip
_NOT_SECRET_NAME = re.compile(
    r"public|primary|foreign|sort[_-]?key|partition|tokeni[sz]|max[_-]|num[_-]|n[_-]tokens|count|length|size|limit|_type|"
    r"type$|[_-]?id$|[_-]name$|[_-]?file$|[_-]path$|[_-]ur[il]$|endpoint|expir|policy|hint|field|label|column|prefix|per[_-]|"
    r"tokens$|keyword|keyboard|author(?!iz)|version|secretary|hash|_env$|env[_-]?var|budget|strength|reset|min[_-]|required",
    re.IGNORECASE,
)
_ASSIGNMENT = re.compile(
    r"(?P<name>[\w.-]{0,60}?)(?P<close>[\"'`\])*]{0,3})"
    r"(?P<sign>\s{0,3}(?::=|=>|==?|:{1,2}|->|→|：|＝|是|为|為)\s{0,3}|"
    r"\s{1,3}(?:is|was|are|be|ist|lautet|est|es|é|to|as|set to)"
    r"(?:\s+now|\s+set to|\s+still|\s+currently)?[:\s]\s{0,2}|\s{1,3}(?=[\"'`]))"
    r"(?:(?:str|bytes|String)\s?\(?\s?)?(?P<open>[\"'`“‘«<]{0,3})(?P<value>[^\s\"'`”’»<>]{3,200})",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?:bearer|basic|token|apikey|key)\s+(?P<value>[\w.~+/=-]{12,})", re.IGNORECASE)
_NETRC = re.compile(r"(?:login|user|account)\s+\S+\s+password$")
_ELEMENT = re.compile(r"(?P<name>)(?P<sign>>)(?P<open>)(?P<value>[^\s<>]{3,200})(?=</)")  # <password>…</password>
_IN_BRACKETS = re.compile(r"(?P<name>)\s?\((?P<open>[\"']?)(?P<value>[^\s()\"']{6,60})[\"']?\)")
_LONG_VALUE = re.compile(r"(?P<name>)\s(?P<open>)(?P<value>[A-Za-z0-9+/_=-]{20,200})(?![\w/])")
_PAIR = re.compile(r"s?\s?(?:[:=]|are|is)\s?[\w.@-]{2,40}\s?[/:|]\s?(?P<value>[^\s/:|,;]{6,60})", re.IGNORECASE)
_BEFORE = re.compile(
    r"(?<!\S)[\"'`“]?(?P<value>[^\s\"'`“”]{6,60})[\"'`”]?\s+as\s+(?:the|your|his|her|my|our|their|a)?\s?$",
    re.IGNORECASE,
)
_FLAG = re.compile(r"(?P<name>[\w-]*)\s+(?P<open>[\"']?)(?P<value>[^\s\"'-][^\s\"']{3,200})")
_CODE_VALUE = re.compile(
    r"(?:os\.|process\.|env[.\[(]|getenv|self\.|config[.\[(]|settings[.\[]|args\.|input\(|getpass|request\.|req\.|ctx\.|this\.|"
    r"\$|%\w+%|\{|\[|\(|</|https?://|[\w.]+\(|[A-Z_]+_[A-Z_]+$|[a-z]+(?:\.[a-z_]+)+$|[\w/]+/[\w/]+\.\w{2,5}$|"
    r"function|lambda|new )"
)
_WORD_VALUE = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*[.,;:!?)]*$")
_HASH_NAME = re.compile(
    r"sha|md5|hash|checksum|digest|integrity|commit|rev(?:ision)?$|etag|fingerprint|signature|nonce|uuid|guid|image|data|base64|"
    r"icon|cert|public|content|body|src|id$|path|url|hex|salt|vector|embedding", re.IGNORECASE
)  # fmt: skip
_ENTROPY = re.compile(
    r"(?P<name>[A-Za-z_][\w.-]{0,50})[\"']?\s{0,2}(?:=|:=?|=>)\s{0,2}(?P<quote>[\"'])(?P<value>[A-Za-z0-9+/_=-]{24,128})(?P=quote)"
)


def find_assignments(text: str, lower: str, words: list[tuple[int, str]]) -> Iterator[Span]:
    """Values given to a name that says password, secret, token or key; then unnamed strings that look random."""
    done = -1
    for at, stem in _stems(lower):
        if at < done:
            continue
        start = at
        while start and at - start < 40 and (text[start - 1].isalnum() or text[start - 1] in "_-."):
            start -= 1
        end = at + len(stem.rstrip(" :="))
        while stem.isascii() and end < len(text) and end - at < 60 and (text[end].isalnum() or text[end] in "_-"):
            end += 1
        if stem == "key" and _OTHER_KEY.search(text, max(0, start - 14), start):
            continue
        if stem == "key" and start == at and (before := _KEY_OF.search(text, max(0, at - 14), at)):
            start = before.start()
        name = text[start:end]
        if (
            stem == "credential"
            and (pair := _PAIR.match(text, at + len(stem)))
            and _strong(pair["value"], is_password=True)
        ):
            yield Span(pair.start("value"), pair.end("value"), "password", "password")
            continue
        given = _BEFORE.search(text, max(0, start - 80), start) if stem == "pass" else None
        if given and _PASSWORD_NAME.search(name) and _strong(given["value"], is_password=True):
            yield Span(given.start("value"), given.end("value"), "password", "password")
            continue
        span = _assigned(text, lower, name, end)
        if span:
            done = span.end
            yield span
    for start, word in words:
        if len(word) >= 24 and ('"' in word or "'" in word):
            for match in _ENTROPY.finditer(text, max(0, start - 60), start + len(word)):
                if looks_random(match["value"]) and not _HASH_NAME.search(match["name"]):
                    yield Span(match.start("value"), match.end("value"), "high_entropy", "random-looking value")


def secret_value(name: str, value: str) -> bool:
    """Whether a field of this name with this value holds a secret.

    >>> secret_value("db_password", "hunter2!"), secret_value("max_tokens", "4096"), secret_value("api_key", "<key>")
    (True, False, False)
    """
    if " " in value.strip():
        return False
    if _NOT_SECRET_NAME.search(name):
        return False
    if _PASSWORD_NAME.search(name):
        return len(value) >= 4 and not is_placeholder(value) and not _CODE_VALUE.match(value)
    if _KEY_NAME.search(name):
        return len(value) >= 10 and _mixed(value) and not is_placeholder(value) and not _CODE_VALUE.match(value)
    return False


def looks_random(value: str) -> bool:
    """Whether a string is as random as a key: long, upper, lower, digits, high entropy, and no plain hex.

    >>> looks_random("thisIsJustALongVariableName2Read"), looks_random("q9XzT4vLm2Rk8WpB7sYdJ3nHc6FgA1eU")
    (False, True)
    """
    if len(value) < 24 or re.fullmatch(r"[0-9a-fA-F-]+", value):
        return False
    classes = sum(bool(re.search(pattern, value)) for pattern in ("[a-z]", "[A-Z]", "[0-9]"))
    digits = sum(character.isdigit() for character in value)
    return (
        classes == 3
        and digits >= 3
        and entropy(value) >= 4.2
        and not re.search(r"[a-z]{7,}|[A-Za-z]+[_/-][A-Za-z]{4,}[_/-]", value)
    )


def entropy(value: str) -> float:
    """Shannon entropy in bits per character."""
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values())


def _stems(lower: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for stem in _STEMS:
        at = lower.find(stem)
        while at >= 0:
            found.append((at, stem))
            at = lower.find(stem, at + len(stem))
    return sorted(found, key=lambda item: (item[0], -len(item[1])))


def _assigned(text: str, lower: str, name: str, end: int) -> Span | None:
    is_password, is_key = bool(_PASSWORD_NAME.search(name)), bool(_KEY_NAME.search(name))
    if re.fullmatch("pass|login", name.strip(), re.IGNORECASE):
        is_password = name.strip().lower() == "pass"
    named = (is_password or is_key) and not _NOT_SECRET_NAME.search(name)
    if not named and not re.search(r"(?:bearer|authorization)$", name, re.IGNORECASE):
        return None
    bearer = _BEARER.match(text, end - 6 if lower.endswith("bearer", 0, end) else end) or re.compile(
        r"[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token|apikey)\s+(?P<value>[\w.~+/=-]{12,})", re.IGNORECASE
    ).match(text, end)
    if bearer and _mixed(bearer["value"]) and not is_placeholder(bearer["value"]):
        return Span(bearer.start("value"), bearer.end("value"), "token", "bearer token")
    match = _ASSIGNMENT.match(text, end) or _ELEMENT.match(text, end) or _qualified(text, end)
    if not match and is_password and _NETRC.search(text, max(0, end - 80), end):
        match = _FLAG.match(text, end)
    if not match and name.startswith("--"):
        flag = _FLAG.match(text, end)
        match = flag if flag else None
    if not match:
        match = _IN_BRACKETS.match(text, end) if is_password else _LONG_VALUE.match(text, end)
        if match and (not match["value"] or not _strong(match["value"], is_password=is_password)):
            match = None
    if not match:
        return None
    if match["name"] and _NOT_SECRET_NAME.search(name + match["name"]):
        return None
    raw = match["value"]
    quoted = bool(match["open"])
    sign = (match.groupdict().get("sign") or " ").strip()
    value = raw if quoted else raw.rstrip(".,;:!?)]}\\")
    if not quoted and sign in ("=", ":", ""):
        value = re.split(r"[;&,](?=\s|\w+=|$)", value)[0]
    if not _believable(value, name, sign, quoted=quoted, is_password=is_password):
        bare = (
            sign == "=" and is_password and text[match.start("value") - 1] == "=" and len(value) >= 6 and value == raw
        )
        if not (bare and _WORD_VALUE.match(value) and not is_placeholder(value) and not _CODE_VALUE.match(value)):
            return None
    label = "password" if is_password else "secret value"
    return Span(match.start("value"), match.start("value") + len(value), "password" if is_password else "token", label)


_QUALIFIER = re.compile(
    r"\s+(?:for|of|to|on|at|from|in)\s+(?:the\s+|our\s+|my\s+|your\s+|his\s+|her\s+|their\s+|this\s+)?[\w@./'-]+(?:\s+[\w@./'-]+){0,3}?(?=\s+(?:is|was)\s|\s?[:=])|"
    r"\s+\((?:[^()\n]{1,30})\)|\s+(?:key|value|code|string)(?=\s)", re.IGNORECASE
)  # fmt: skip


def _qualified(text: str, end: int) -> re.Match[str] | None:
    """`password for the staging database is …`."""
    between = _QUALIFIER.match(text, end)
    return _ASSIGNMENT.match(text, between.end()) if between else None


def _believable(value: str, name: str, sign: str, *, quoted: bool, is_password: bool) -> bool:
    if len(value) < 4 or is_placeholder(value) or _CODE_VALUE.match(value):
        return False
    if not quoted and re.fullmatch(r"[a-z]+(?:_[a-z]+)+", value):
        return False  # a variable
    if not is_password:
        return len(value) >= 10 and _mixed(value) and entropy(value) >= 2.6
    if value.lower() in ("must", "should", "none", "null", "true", "false", "required", "protected", "incorrect"):
        return False
    if quoted and sign in ("=", ":", ":=", "=>", "is", "was"):
        return not re.search(r"\s", value)
    if value.count("-") >= 3 and len(value) >= 14 and sign in (":", "=", "is", "was"):
        return True  # words of a passphrase
    if _WORD_VALUE.match(value) or value.isdigit():
        code_like = (sign == "=" and "_" in name and name.upper() == name) or name.startswith("--")
        return (code_like or (value.isdigit() and len(value) >= 4 and sign in ("=", ":"))) and len(value) >= 4
    return bool(re.search(r"[0-9\W_]", value))


def _strong(value: str, *, is_password: bool) -> bool:
    """Whether a value without a sign before it can only be a secret."""
    if is_placeholder(value) or _CODE_VALUE.match(value) or _HASH_NAME.match(value):
        return False
    digits, letters = re.search(r"[0-9]", value), re.search(r"[A-Za-z]", value)
    if not is_password:
        return bool(digits and letters) and entropy(value) >= 3 and len(re.findall(r"[0-9]", value)) >= 4
    upper, lower = re.search(r"[A-Z]", value), re.search(r"[a-z]", value)
    return bool(digits and letters and (re.search(r"[^\w.,/()-]", value) or (upper and lower and len(value) >= 8)))


def _mixed(value: str) -> bool:
    """Letters and digits both, or a length no word has."""
    return bool(re.search(r"[A-Za-z]", value) and re.search(r"[0-9]", value)) or (
        len(value) >= 24 and entropy(value) > 3.5
    )
