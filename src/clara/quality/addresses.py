"""E-mail and IP addresses, plain and written so that robots overlook them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from clara.quality.context import before, clings, is_other_number
from clara.quality.findings import Span

_AT_SIGNS = ("@", "\uff20", "\ufe6b", "%40", "&#64;", "&#x40;", "&commat;")
_LOCAL = re.compile(r"(?:[\w!#$%&'*+/=?^`{|}~.-]{1,64}|\"[^\"\n]{1,64}\")$")
_DOMAIN = re.compile(r"\[?(?:[^\W_](?:[\w-]{0,61}[^\W_])?[.\uff0e])+(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59})(?![\w@])|"
                     r"\[\d{1,3}(?:\.\d{1,3}){3}\]", re.IGNORECASE)  # fmt: skip
_NO_TOP_LEVEL_DOMAIN = frozenset(
    (  # noqa: SIM905
        "png jpg jpeg gif svg webp bmp ico tif tiff css js jsx ts tsx json xml html htm pdf txt csv yaml yml toml "
        "ini exe dll zip gz tar egg whl jar class git local"
    ).split()
)
_WORD_AT = r"(?:\s*[\[({<]\s*(?:at|@|ät|arroba|chez)\s*[\])}>]\s*|\s+(?:at|@|ät|arroba)\s+|\s*[-_]at[-_]\s*)"
_WORD_DOT = r"(?:\s*[\[({<]\s*(?:dot|\.|punkt|point|punto)\s*[\])}>]\s*|\s+(?:dot|punkt|punto)\s+|\s*[-_]dot[-_]\s*)"
_SPELT = re.compile(
    rf"(?<![\w.+-])[\w+%-]+(?:(?:\.|{_WORD_DOT})[\w+%-]+){{0,4}}(?:{_WORD_AT}|\s?@\s?)[^\W_][\w-]*"
    rf"(?:(?:{_WORD_DOT}|\s?\.\s?)[^\W_][\w-]*){{1,5}}",
    re.IGNORECASE,
)
_SPELT_AT = re.compile(_WORD_AT + r"|\s?@\s?", re.IGNORECASE)
_SPELT_DOT = re.compile(_WORD_DOT, re.IGNORECASE)
_SPELT_ANCHORS = (
    "dot",
    "punkt",
    "punto",
    "(at)",
    "[at]",
    "{at}",
    "<at>",
    "( at )",
    "[ at ]",
    " at ",
    " @ ",
    "[@]",
    "(@)",
    "(ät)",
    "arroba",
)
_DOTTED_LOCAL_AT = re.compile(
    r"(?<![\w.+-])[a-z0-9]+(?:[._+][a-z0-9]+)+\s+at\s+(?:[a-z0-9-]+\.)+[a-z]{2,24}\b(?![/@])", re.IGNORECASE
)
_REACH = 90
_SPELT_ENDINGS = frozenset(
    (  # noqa: SIM905
        "com org net edu gov mil int io ai co uk de fr es it nl eu dev info biz ch at be pl se no dk fi jp cn in "
        "br ru us ca au nz za mx ar cl pt ie me app cloud tech online xyz name pro kr tw hk sg my id th vn tr gr "
        "cz sk hu ro bg ua il ae sa eg ng ke"
    ).split()
)
_LITTLE_WORDS = frozenset(
    (  # noqa: SIM905
        "the a an this that these those it its our your my his her their every each one dawn noon least"
    ).split()
)

_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_IPV4_HIDDEN = re.compile(r"\b[0-9]{1,3}(?:(?:\[\.\]|\(\.\)|\[dot\])[0-9]{1,3}){3}\b")
_IP_WORDS = re.compile(
    r"\b(?:ip|ipv4|addr|address|addresses|host|hosts|server|gateway|dns|subnet|router|ping|ssh|login|logged|client|"
    r"resolver|from port|nslookup|dig|traceroute|whois|curl|wget|telnet|nmap|port|nameserver|proxy|firewall|"
    r"peer|node|connect\w*|x-forwarded-for|remote|cidr|listen\w*|vpn|adresse)\b",
    re.IGNORECASE,
)
_VERSION_BEFORE = re.compile(
    r"(?:\b(?:v|ver|version|release|build|firmware|driver|update|patch|upgrad\w+ to|upgrad\w+ from|section|chapter|"
    r"clause|"
    r"oid|dotnet|\.net|framework|kernel|chrome|chromium|edge|safari|firefox|bios|sdk|runtime|plugin|paragraph|article|"
    r"annex|appendix|requirement|control|step|rule)[\s:=.\"'(]*|\w+/|[A-Za-z]|[-_=<>~^]=?\s?)$",
    re.IGNORECASE,
)
_IPV6 = re.compile(r"[0-9A-Fa-f:]{1,30}:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f:]{2,39}")


def find_emails(text: str, lower: str) -> Iterator[Span]:
    """E-mail addresses: user@host.org, encoded at-signs, and `user [at] host [dot] org`."""
    for sign in _AT_SIGNS:
        at = lower.find(sign)
        while at >= 0:
            span = _email_around(text, at, at + len(sign))
            if span:
                yield span
            at = lower.find(sign, at + len(sign))
    if " at " in lower or any(anchor in lower for anchor in _SPELT_ANCHORS):
        yield from _spelt_emails(text, lower)


def _email_around(text: str, at: int, after: int) -> Span | None:
    local = _LOCAL.search(text, max(0, at - 66), at)
    domain = _DOMAIN.match(text, after, after + 254)
    if not local or not domain:
        return None
    start = local.start()
    while start < at and text[start] in "./=&?'`|{}!#$%*^~-+":  # what is in front of the address, not of it
        start += 1
    for separator in ("mailto:", "=", "&", "?", "/"):  # a query or a path in front of it
        found = text.rfind(separator, start, at)
        if found >= 0:
            start = found + len(separator)
    if start == at or text[at - 1] == "." or (start and text[start - 1] in "@:" and not _label_colon(text, start)):
        return None
    ending = domain.group().rpartition(".")[2].lower()
    if ending in _NO_TOP_LEVEL_DOMAIN:
        return None
    follows = text[domain.end() : domain.end() + 2]
    if text[start:at] == "git" and follows[:1] in (":", "/"):  # a repository's address
        return None
    return Span(start, domain.end(), "email", "e-mail address")


def _label_colon(text: str, start: int) -> bool:
    """Whether the colon before is a label's, as in `mail:ann@example.org`, not a login's."""
    return text[start - 1] == ":" and not text[max(0, start - 90) : start].rpartition("\n")[2].rpartition(" ")[2].count(
        "//"
    )


def _spelt_emails(text: str, lower: str) -> Iterator[Span]:
    last = -1
    for anchor in _SPELT_ANCHORS:
        found = lower.find(anchor)
        while found >= 0:
            if anchor == " at ":  # frequent in prose: look only where a dotted name stands before and a host after
                match = _DOTTED_LOCAL_AT.search(text, max(0, found - 40), found + 70)
                if match and match.start() < found < match.end():
                    yield Span(match.start(), match.end(), "email", "e-mail address")
            elif found > last:
                low, high = max(0, found - _REACH), found + _REACH
                while match := _SPELT.search(text, low, high):
                    if _is_spelt_email(match.group()):
                        yield Span(match.start(), _without_trailing_words(match), "email", "e-mail address")
                        low = last = match.end()
                    else:  # `me at john dot smith at …`: try again one word later
                        low = match.start() + max(1, len(re.match(r"[\w+%.-]*", match.group()).group()))  # type: ignore[union-attr]
            found = lower.find(anchor, found + len(anchor))


def _is_spelt_email(candidate: str) -> bool:
    """Both the at and a dot, one of them spelt, and an ending of letters."""
    at = _SPELT_AT.search(candidate)
    if not at:
        return False
    domain = candidate[at.end() :]
    bracketed = any(sign in at.group() for sign in "[({<-_")
    plain = re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z]{2,24}", domain, re.IGNORECASE) is not None and at.group() == " @ "
    if not _SPELT_DOT.search(domain) and not (bracketed and "." in domain) and not plain:
        return False
    if not bracketed:  # plain words: `look at the dot on the map`
        labels = [part.strip().lower() for part in re.split(_SPELT_DOT.pattern + r"|\.", domain, flags=re.IGNORECASE)]
        if labels[-1] not in _SPELT_ENDINGS or set(labels[:-1]) & _LITTLE_WORDS:
            return False
    return re.search(r"[^\W\d_]{2,24}$", domain) is not None


def _without_trailing_words(match: re.Match[str]) -> int:
    """The end of the address: a sentence's next word after a full stop and a space is not part of it."""
    cut = re.search(r"\.\s+\w+$", match.group())
    return match.start() + cut.start() if cut else match.end()


def find_ips(text: str) -> Iterator[Span]:
    """IPv4 and IPv6 addresses of hosts; not loopback, netmasks or version numbers."""
    if "." in text:
        for match in _IPV4.finditer(text):
            if _is_ipv4(text, match):
                yield Span(match.start(), match.end(), "ip", "IPv4 address")
    if "[.]" in text or "(.)" in text or "[dot]" in text:
        for match in _IPV4_HIDDEN.finditer(text):
            yield Span(match.start(), match.end(), "ip", "IPv4 address")
    at, done = text.find(":"), 0
    while at >= 0:
        if at >= done and (text[at + 1 : at + 2] in "0123456789abcdefABCDEF:" and text[at + 1 : at + 2]):
            start = at
            while start > done and at - start < 4 and text[start - 1] in "0123456789abcdefABCDEF":
                start -= 1
            found = _IPV6.match(text, start)
            if found:
                done = found.end()
                if _is_ipv6(text, found):
                    yield Span(start, start + len(found.group().rstrip(":") or "::"), "ip", "IPv6 address")
        at = text.find(":", max(at + 1, done))


def _is_ipv4(text: str, match: re.Match[str]) -> bool:
    start, end = match.span()
    if start and (clings(text[start - 1]) or text[start - 1] in "._$€£"):
        return False
    goes_on = clings(text[end : end + 1]) or re.match(r"[._-]?[0-9A-Za-z_]|\.[0-9]", text[end : end + 2])
    if goes_on and not re.match(r"[-.]\s|\.[A-Z]", text[end : end + 2]):
        return False
    octets = match.group().split(".")
    if any(int(octet) > 255 or (len(octet) > 1 and octet[0] == "0") for octet in octets):
        return False
    if octets[0] in ("0", "127") or octets[:2] == ["255", "255"]:
        return False
    said = before(text, start, 32)
    after = text[end : end + 6]
    if re.match(r":[0-9]{2,5}\b|/[0-9]{1,2}\b| port", after):
        return True
    if _VERSION_BEFORE.search(said) or is_other_number(text, start):
        named = re.search(
            r"(?:\b|_)(?:ip\w*|addr\w*|host\w*|server|gateway|dns|gw|src|dst|remote\w*)\W{1,3}$", said, re.IGNORECASE
        )
        return said.rstrip().endswith("//") or named is not None
    if max(map(int, octets)) < 32:
        return _IP_WORDS.search(said) is not None and not re.search(r"version|upgrad|updat|releas", said, re.IGNORECASE)
    return True


def _is_ipv6(text: str, match: re.Match[str]) -> bool:
    value = match.group().rstrip(":") if not match.group().endswith("::") else match.group()
    start, end = match.start(), match.start() + len(value)
    if (start and (clings(text[start - 1]) or text[start - 1] in "_:.-")) or clings(text[end : end + 1]):
        return False
    if text[end : end + 1] == "_" or value.count(":") < 2 or not any(character.isdigit() for character in value):
        return False
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return False
    groups = [group for group in value.split(":") if group]
    if address.is_loopback or address.is_unspecified or len(groups) < 2:
        return False
    return len(groups[0]) >= 3 or len(groups) >= 4
