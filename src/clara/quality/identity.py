"""National identity, tax and insurance numbers of people: shape, check digits, and the words around where those are weak."""

# ruff: noqa: E501  (tables read better one entry a line)
from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from clara.quality.context import around, before, clings, is_other_number
from clara.quality.findings import Span


class Identity(NamedTuple):
    """One country's number. `check` names a python-stdnum module ('' = the shape says all there is).

    `alone`: the shape and check digits are enough; otherwise one of `words` must stand near. With `bare`, a number that
    is written without its usual separators is only believed near such a word.
    """

    label: str
    shape: re.Pattern[str]
    check: str
    words: re.Pattern[str]
    alone: bool = True
    bare: str = ""


def _words(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])(?:{text}|national id\w*|identity (?:number|card)|personal (?:id|identification)\w*|"
                      r"id (?:number|card|no)|tax(?:payer)? (?:id|number|no|identification)\w*|tin)(?![^\W_])", re.IGNORECASE)  # fmt: skip


_S = r"[ \-.\u00a0\u202f\u2010\u2011\u2013]?"  # an optional separator


def _shape(text: str) -> re.Pattern[str]:
    return re.compile(text.replace("~", _S), re.IGNORECASE)


# numbers of digits only (and a letter at their end): tried where a run of digits starts
DIGITS_FIRST = (
    Identity("US social security number", re.compile(r"(?!000|666|9)\d{3}([- \u2010\u2011\u2013.])(?!00)\d{2}\1(?!0000)\d{4}"), "",
             _words(r"ssn|social(?: |-)?security\w*|social|ss#|ss no")),
    Identity("US social security number", re.compile(r"(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}"), "",
             re.compile(r"\bssn\b|social(?: |-)?security|\bss#", re.IGNORECASE), alone=False),
    Identity("US taxpayer number (ITIN)", re.compile(r"9\d{2}-[5-9]\d-\d{4}"), "us.itin", _words("itin")),
    Identity("US social security number (labelled)", re.compile(r"\d{3}[- ]\d{2}[- ]\d{4}"), "us.ssn",
             _words("ssn|social security")),
    Identity("French NIR", _shape(r"[1278]~\d{2}~(?:0[1-9]|1[0-2]|[2-9]\d)~(?:\d{2}|2[AB])~\d{3}~\d{3}~\d{2}"), "fr.nir",
             _words(r"nir|insee|sécurité sociale|securite sociale|numéro de sécu\w*")),
    Identity("Chinese resident identity number", _shape(r"\d{6}~(?:18|19|20)\d{6}~\d{3}[\dX]"), "cn.ric", re.compile("身份")),
    Identity("Spanish DNI", _shape(r"\d{2}\.?\d{3}\.?\d{3}~[A-Z]"), "es.dni", _words("dni|nif|documento nacional")),
    Identity("Indian Aadhaar", re.compile(r"[2-9]\d{3}([ \-\u00a0])\d{4}\1\d{4}"), "in_.aadhaar", _words(r"aadhaa?r|uidai?|आधार")),
    Identity("Indian Aadhaar", re.compile(r"[2-9]\d{11}"), "in_.aadhaar", _words(r"aadhaa?r|uidai?|आधार"), alone=False),
    Identity("Brazilian CPF", re.compile(r"\d{3}\.\d{3}\.\d{3}[-/]\d{2}"), "br.cpf", _words("cpf")),
    Identity("Brazilian CPF", re.compile(r"\d{3}[. ]?\d{3}[. ]?\d{3}[- ]?\d{2}"), "br.cpf", _words("cpf"), alone=False),
    Identity("Brazilian CNPJ", re.compile(r"\d{2}\.?\d{3}\.?\d{3}/\d{4}-?\d{2}"), "br.cnpj", _words("cnpj")),
    Identity("Brazilian CNPJ", re.compile(r"\d{14}"), "br.cnpj", _words("cnpj"), alone=False),
    Identity("German tax number (IdNr)", re.compile(r"[1-9]\d[ \-\u00a0]\d{3}[ \-\u00a0]\d{3}[ \-\u00a0]\d{3}"), "de.idnr",
             _words(r"steuer-?id\w*|steuer-?identifikationsnummer|idnr|identifikationsnummer|tax")),
    Identity("German tax number (IdNr)", re.compile(r"[1-9]\d~?\d{3}~?\d{3}~?\d{3}".replace("~", r"[ \-/.]")), "de.idnr",
             _words(r"steuer\w*(?:[- ]?id\w*|[- ]?nummer|[- ]?nr)?|idnr|identifikationsnummer|tax(?:[ -]id)?"), alone=False),
    Identity("Dutch BSN", _shape(r"\d{2,4}~\d{2,3}~\d{2,3}"), "nl.bsn",
             _words(r"bsn|burgerservice\w*|sofi\w*|citizen service number|social security"), alone=False),
    Identity("Polish PESEL", re.compile(r"\d{11}"), "pl.pesel", _words("pesel"), alone=False),
    Identity("Swedish personnummer", re.compile(r"(?:19|20)?\d{6}[-+]\d{4}"), "se.personnummer",
             _words(r"person-?nummer|personnr|swedish personal")),
    Identity("Swedish personnummer", re.compile(r"(?:19|20)?\d{10}"), "se.personnummer", _words(r"person-?nummer|personnr"),
             alone=False),
    Identity("Finnish HETU", re.compile(r"\d{6}[-+ABCDEFUVWXY]\d{3}[0-9A-Y]", re.IGNORECASE), "fi.hetu",
             _words("hetu|henkilötunnus")),
    Identity("Danish CPR", re.compile(r"\d{6}-\d{4}"), "dk.cpr", _words(r"cpr\w*(?:-nummer)?|personnummer")),
    Identity("Norwegian fødselsnummer", re.compile(r"\d{6} ?\d{5}"), "no.fodselsnummer", _words(r"f[øo]dselsnummer|personnummer"),
             alone=False),
    Identity("Czech or Slovak birth number", re.compile(r"\d{6}/\d{3,4}"), "cz.rc", _words(r"rodné číslo|rodne cislo|birth number"),
             alone=True),
    Identity("Belgian national number", re.compile(r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}"), "be.nn", _words("rijksregister\\w*|niss|insz")),
    Identity("Belgian national number", _shape(r"\d{2}~\d{2}~\d{2}~\d{3}~\d{2}"), "be.nn",
             _words(r"rijksregister\w*|niss|insz|registre national|national (?:register )?number"), alone=False),
    Identity("Swiss AHV number", _shape(r"756~\d{4}~\d{4}~\d{2}"), "ch.ssn", _words("ahv\\w*|avs")),
    Identity("Austrian social insurance number", _shape(r"\d{4}~\d{6}"), "at.vnr", _words(r"sozialversicherung\w*|svnr|vsnr"),
             alone=False),
    Identity("Portuguese NIF", _shape(r"\d{3}~\d{3}~\d{3}"), "pt.nif", _words("nif|contribuinte"), alone=False),
    Identity("Romanian CNP", re.compile(r"[1-9]\d{12}"), "ro.cnp", _words("cnp|cod numeric"), alone=False),
    Identity("Turkish identity number", re.compile(r"[1-9]\d{10}"), "tr.tckimlik", _words(r"t\.?c\.?(?: kimlik)?|kimlik\w*|tckn"),
             alone=False),
    Identity("Argentinian CUIT/CUIL", re.compile(r"(?:20|2[3-7]|3[034])-\d{8}-\d"), "ar.cuit", _words("cuit|cuil")),
    Identity("Chilean RUT", re.compile(r"\d{1,2}\.\d{3}\.\d{3}-[\dK]", re.IGNORECASE), "cl.rut", _words("rut|run")),
    Identity("Chilean RUT", re.compile(r"\d{7,8}-?[\dK]", re.IGNORECASE), "cl.rut", _words("rut|run"), alone=False),
    Identity("Canadian SIN", _shape(r"\d{3}~\d{3}~\d{3}"), "ca.sin", _words(r"sin|social insurance\w*|nas"), alone=False),
    Identity("Australian TFN", _shape(r"\d{3}~\d{3}~\d{2,3}"), "au.tfn", _words(r"tfn|tax file\w*"), alone=False),
    Identity("South African identity number", _shape(r"\d{6}~\d{4}~\d{2}~\d"), "za.idnr", _words("rsa id|sa id|id"), alone=False),
    Identity("Korean resident number", re.compile(r"\d{6}-[1-8]\d{6}"), "", _words("rrn|주민등록번호|resident registration")),
    Identity("British NHS number", _shape(r"\d{3}~\d{3}~\d{4}"), "gb.nhs", _words(r"nhs\w*"), alone=False),
    Identity("British UTR", _shape(r"\d{5}~\d{5}K?"), "gb.utr", _words("utr|unique taxpayer\\w*"), alone=False),
    Identity("Irish PPS number", re.compile(r"\d{7} ?[A-W][A-IW]?", re.IGNORECASE), "ie.pps", _words("pps\\w*"), alone=False),
    Identity("Israeli identity number", re.compile(r"\d{8}-?\d"), "il.idnr", _words("teudat zehut|israeli id|ת\\.ז\\."), alone=False),
    Identity("Greek AMKA", re.compile(r"\d{11}"), "gr.amka", _words("amka|αμκα"), alone=False),
    Identity("Croatian OIB", re.compile(r"\d{11}"), "hr.oib", _words("oib"), alone=False),
    Identity("Bulgarian EGN", re.compile(r"\d{10}"), "bg.egn", _words("egn|егн"), alone=False),
    Identity("Estonian or Lithuanian personal code", re.compile(r"[1-6]\d{10}"), "ee.ik", _words("isikukood|asmens kodas"),
             alone=False),
    Identity("Thai identity number", _shape(r"\d~\d{4}~\d{5}~\d{2}~\d"), "th.pin", _words("เลขประจำตัวประชาชน|thai id"), alone=False),
    Identity("Malaysian NRIC", re.compile(r"\d{6}-\d{2}-\d{4}"), "my.nric", _words("nric|mykad")),
    Identity("Japanese My Number", _shape(r"\d{4}~\d{4}~\d{4}"), "jp.in_", _words("my number|マイナンバー|個人番号"), alone=False),
    Identity("Russian INN or SNILS", re.compile(r"\d{3}-\d{3}-\d{3}[ -]\d{2}"), "", _words("снилс|snils")),
    Identity("Russian INN", re.compile(r"\d{12}"), "ru.inn", _words("инн|inn"), alone=False),
)  # fmt: skip

# numbers that begin with letters: tried where letters are followed by digits
LETTERS_FIRST = (
    Identity("Italian codice fiscale",
             _shape(r"[A-Z]{3}~[A-Z]{3}~[\dLMNP-V]{2}[ABCDEHLMPRST][\dLMNP-V]{2}~[A-Z][\dLMNP-V]{3}~?[A-Z]".replace("~?", _S)),
             "it.codicefiscale", _words(r"codice fiscale|cod\. ?fisc\.?|c\.?f\.?")),
    Identity("British National Insurance number",
             _shape(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]~\d{2}~\d{2}~\d{2}~[A-D]"), "",
             _words(r"nino?|ni (?:number|no)|national insurance\w*")),
    Identity("Spanish NIE", _shape(r"[XYZ]~\d{7}~[A-Z]"), "es.nie", _words("nie")),
    Identity("Indian PAN", re.compile(r"[A-Z]{3}[PCHFATBLJGE][A-Z]\d{4}[A-Z]"), "", _words("pan|permanent account")),
    Identity("Indian PAN", re.compile(r"[A-Z]{5}\d{4}[A-Z]", re.IGNORECASE), "", _words("pan|permanent account"), alone=False),
    Identity("Mexican CURP", re.compile(r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d", re.IGNORECASE), "mx.curp", _words("curp")),
    Identity("Mexican RFC", re.compile(r"[A-ZÑ&]{4}-?\d{6}-?[0-9A-Z]{3}", re.IGNORECASE), "mx.rfc", _words("rfc"), alone=False),
    Identity("Singaporean NRIC", re.compile(r"[STFGM]\d{7}[A-Z]", re.IGNORECASE), "", _words("nric|fin")),
    Identity("Taiwanese identity number", re.compile(r"[A-Z][1289]\d{8}", re.IGNORECASE), "", _words("身分證\\w*|taiwan\\w* id"),
             alone=False),
    Identity("Hong Kong identity card", re.compile(r"[A-Z]{1,2}\d{6} ?\([0-9A]\)", re.IGNORECASE), "", _words("hkid|香港身份證")),
    Identity("Argentinian or other DNI", re.compile(r"[KLM]\d{7}[A-Z]"), "", _words("nif|dni"), alone=False),
    Identity("passport", re.compile(r"[A-Z]{1,2}~?\d{6,8}".replace("~?", "")), "",
             re.compile(r"passport|reisepass|passeport|pasaporte|passaporto|护照", re.IGNORECASE), alone=False),
)  # fmt: skip


def find_identity(text: str, start: int, table: tuple[Identity, ...]) -> Iterator[Span]:
    """The identity numbers that begin at a place."""
    for identity in table:
        match = identity.shape.match(text, start)
        if not match:
            continue
        end = match.end()
        following = text[end : end + 2]
        if clings(following[:1]) or following[:1] == "_" or (following[:1] in "-./" and following[1:2].isdigit()):
            continue
        if start and (clings(text[start - 1]) or text[start - 1] in "_/$€£" or _continues(text, start)):
            continue
        labelled = bool(identity.words.search(around(text, start, end, 56)))
        if not identity.alone and not labelled:
            continue
        if not labelled and (is_other_number(text, start) or _in_web_address(text, start)):
            continue
        if not labelled and re.fullmatch(r"(?:(?:19|20)[0-9]{2}[ -]?){3}", match.group()):
            continue  # a row of years
        if identity.check and not _holds(identity.check, match.group()):
            continue
        yield Span(start, end, "national_id", identity.label)
        return


def _continues(text: str, start: int) -> bool:
    """Whether the number goes on to the left, as in 12.345 or 1-234."""
    return text[start - 1] in ".,-+" and start > 1 and text[start - 2].isdigit()


def _in_web_address(text: str, start: int) -> bool:
    return "://" in before(text, start, 80).rpartition(" ")[2]


def _holds(check: str, number: str) -> bool:
    return _validator(check)(re.sub(r"[\u00a0\u202f\u2010\u2011\u2013]", "-", number).upper())


@cache
def _validator(check: str) -> Callable[[str], bool]:
    module = importlib.import_module(f"stdnum.{check}")
    valid: Callable[[str], bool] = module.is_valid
    if check in (
        "es.dni",
        "es.nie",
        "it.codicefiscale",
        "ca.sin",
        "au.tfn",
        "gb.nhs",
        "pt.nif",
        "nl.bsn",
        "in_.aadhaar",
        "de.idnr",
        "ch.ssn",
        "be.nn",
        "fr.nir",
        "jp.in_",
        "cn.ric",
        "za.idnr",
        "th.pin",
        "br.cpf",
    ):
        return lambda number: valid(re.sub(r"[^0-9A-Z]", "", number))
    return valid
