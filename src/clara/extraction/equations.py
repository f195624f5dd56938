"""Office equations (OMML) as one line of text that a person can read: (a+b)/2, x_i^2, √(x), ∑_(i=1)^n."""

from __future__ import annotations

from clara.extraction.ooxml import Element, attribute, child, content_children, local_name

_PROPERTIES = {"rPr", "ctrlPr", "sty", "oMathParaPr"}


def equation_text(element: Element) -> str:
    """The text of an oMath or oMathPara, or of anything inside one.

    A fraction, a power and a root keep their structure in parentheses where more than one sign needs them.
    """
    name = local_name(element)
    if name == "t":
        return element.text or ""
    if name in _PROPERTIES or name.endswith("Pr"):
        return ""
    part = {local_name(each): each for each in element}

    def text(key: str) -> str:
        return equation_text(part[key]) if key in part else ""

    if name == "f":
        top, bottom = text("num"), text("den")
        if _property(part.get("fPr"), "type") == "noBar":
            return f"({top} over {bottom})"
        return f"{_grouped(top)}/{_grouped(bottom)}"
    if name in ("sSup", "sSub", "sSubSup"):
        return _grouped(text("e")) + _scripts(text("sub"), text("sup"))
    if name == "sPre":
        return _scripts(text("sub"), text("sup")) + text("e")
    if name == "rad":
        degree = text("deg")
        return f"√[{degree}]({text('e')})" if degree else f"√({text('e')})"
    if name == "nary":
        sign = _property(part.get("naryPr"), "chr")
        return f"{'∫' if sign is None else sign}{_scripts(text('sub'), text('sup'))} {text('e')}"
    if name == "d":
        begin, separator, end = (_property(part.get("dPr"), key) for key in ("begChr", "sepChr", "endChr"))
        inside = (separator or "|").join(equation_text(each) for each in element if local_name(each) == "e")
        return f"{'(' if begin is None else begin}{inside}{')' if end is None else end}"
    if name == "m":
        return "[" + "; ".join(_parts(row, "e") for row in element if local_name(row) == "mr") + "]"
    if name == "eqArr":
        return "; ".join(equation_text(each) for each in element if local_name(each) == "e")
    if name == "func":
        return f"{text('fName')} {text('e')}"
    if name in ("limLow", "limUpp"):
        return f"{text('e')}{'_' if name == 'limLow' else '^'}{_grouped(text('lim'))}"
    if name == "br":
        return " "
    return "".join(map(equation_text, content_children(element)))


def _parts(element: Element, wanted: str) -> str:
    return ", ".join(equation_text(each) for each in element if local_name(each) == wanted)


def _scripts(below: str, above: str) -> str:
    return (f"_{_grouped(below)}" if below else "") + (f"^{_grouped(above)}" if above else "")


def _grouped(text: str) -> str:
    text = text.strip()
    if not text or text.isalnum() or len(text) == 1 or (text[0] == "(" and text.find(")") == len(text) - 1):
        return text
    return f"({text})"


def _property(properties: Element | None, name: str) -> str | None:
    """The value of a property, '' when it is there without one, None when it is not there."""
    found = child(properties, name)
    return None if found is None else attribute(found, "val") or ""
