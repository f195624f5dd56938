"""The words beside a number, which tell a phone from a part number."""

from __future__ import annotations

import re

from clara.text import UNSPACED

_REACH = 48  # characters of a label before what it labels
# a name for the number that is not personal: directly in front of it
_OTHER_NUMBER = re.compile(
    r"(?:\b(?:part|item|order|invoice|serial|model|product|article|catalog(?:ue)?|stock|batch|lot|case|ticket|tracking|"
    r"shipment|parcel|consignment|reference|ref|asset|drawing|revision|rev|version|ver|release|build|firmware|driver|"
    r"patent|grant|award|docket|bug|issue|pmid|pmcid|oclc|lccn|barcode|upc|ean|gtin|sku|asin|isbn(?:-1[03])?|issn|doi|"
    r"arxiv|imei|vin|section|sect|sec|chapter|clause|table|figure|fig|equation|row|page|pages|pp|vol|volume|step|"
    r"timestamp|epoch|unix time|commit|sha|sha1|sha256|md5|hash|checksum|crc|id badge|accession|specimen|catalogue|"
    r"zip|zip code|postcode|postal code|plz|eudract|iccid|ein|cas|contract|policy|claim|po|rfc|nct|orcid|isni|"
    r"flight|room|seat|run|job|request|session|transaction|trace|span|"
    r"bestellnummer|artikelnummer|seriennummer|teilenummer|rechnung|version|référence|commande|pedido|factura|"
    r"ordine|fattura|pièce|article)s?|§)"
    r"[\s\"'.]*(?:no\b|nr\b|num\b|number|numbers|id\b|code|n°|nº|№|#)?[\s:.=#\"'(\[]*(?:is|was|are|reads)?[\s:=#\"'(\[]*$",
    re.IGNORECASE,
)


_WITHOUT_SPACES = re.compile(f"[{UNSPACED}]")  # no spaces around numbers either


def clings(character: str) -> bool:
    """Whether a character beside a number belongs to the same word.

    >>> clings("x"), clings(" "), clings("码"), clings("")
    (True, False, False, False)
    """
    return character.isalnum() and not _WITHOUT_SPACES.match(character)


def before(text: str, start: int, reach: int = _REACH) -> str:
    """What stands before a place, back to the start of its line."""
    low = max(0, start - reach)
    return text[max(low, text.rfind("\n", low, start) + 1) : start]


def around(text: str, start: int, end: int, reach: int = _REACH) -> str:
    """What stands before and after a place."""
    return text[max(0, start - reach) : start] + " \u241f " + text[end : end + reach // 2]


def is_other_number(text: str, start: int) -> bool:
    """Whether a label right before says that this is an order, part, version or other impersonal number.

    >>> is_other_number("part no. 415-555-0132", 9), is_other_number("call Ann at 415-555-0132", 12)
    (True, False)
    """
    return _OTHER_NUMBER.search(before(text, start, 40)) is not None
