"""MathML to what Word and the PDF draw themselves: Office Math (OMML) and Typst.

Only what latex2mathml makes of the formulas that a notebook may hold; an unknown element is passed over to its
children, so a formula never loses a sign.

Sources: MathML Core, W3C (2025); ECMA-376, part 1, 22.1 (OMML); typst.app/docs/reference/math.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from defusedxml.ElementTree import fromstring

OMML = "http://schemas.openxmlformats.org/officeDocument/2006/math"
LARGE = frozenset("∑∏∐∫∬∭∮⋃⋂⋁⋀")   # take what follows as their body
INTEGRALS = frozenset("∫∬∭∮")
RELATIONS = frozenset("=≠<>≤≥≈∼≡∝∈→⇒,;.")
_ACCENTS = {"^": "\u0302", "ˆ": "\u0302", "~": "\u0303", "˜": "\u0303", "˙": "\u0307", "¨": "\u0308", "→": "\u20d7",
            "ˇ": "\u030c", "˘": "\u0306"}
_BARS = frozenset("¯‾―_\u0332‒–—-")
_ROWS = ("math", "mrow", "mstyle", "mpadded", "semantics", "merror", "mphantom", "mtd")
_SPACES = ((0.2, "\u2009", "thin"), (0.25, "\u2005", "med"), (0.9, "\u2004", "thick"))   # up to so many em
_QUAD = (2.0, "\u2003", "quad")
_SPELT = {"~": "∼", "-": "−"}   # signs of the keyboard that TeX uses for others


def to_omml(mathml: str) -> str:
    """A formula as an `m:oMath` element.

    >>> to_omml("<math><mfrac><mi>a</mi><mn>2</mn></mfrac></math>").partition(">")[2]
    '<m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>'
    """
    return f'<m:oMath xmlns:m="{OMML}">{_omml(fromstring(mathml))}</m:oMath>'


def to_typst(mathml: str) -> str:
    """A formula as Typst writes it between dollars.

    >>> to_typst("<math><msub><mi>w</mi><mi>j</mi></msub><mo>/</mo><mn>2</mn></math>")
    'attach(w, b: j) \\\\/ 2'
    """
    return _typst(fromstring(mathml))


def _tag(node: Element) -> str:
    return node.tag.rpartition("}")[2]


def _sign(node: Element) -> str:
    """The text of a leaf; a row of one leaf counts as that leaf."""
    while _tag(node) in _ROWS and len(node) == 1:
        node = node[0]
    return "" if len(node) else (node.text or "").strip()


def _space(node: Element) -> tuple[str, str]:
    """A space as a sign and as Typst's word."""
    width = node.get("width", "").removesuffix("em")
    size = float(width) if width.replace(".", "", 1).lstrip("-").isdigit() else 0.2
    return next((space for space in _SPACES if size <= space[0]), _QUAD)[1:] if size > 0 else ("", "")


def _fence(node: Element, form: str) -> bool:
    return _tag(node) == "mo" and node.get("fence") == "true" and node.get("form") == form


def _fenced(nodes: Sequence[Element]) -> tuple[str, list[Element], str] | None:
    """What a pair of stretching brackets holds, with the brackets; one of them may be absent."""
    if not nodes or not _fence(nodes[0], "prefix"):
        return None
    close = _fence(nodes[-1], "postfix")
    inner = list(nodes[1:-1] if close else nodes[1:])
    return _sign(nodes[0]), inner, _sign(nodes[-1]) if close else ""


def _large(node: Element) -> bool:
    """A sum, a product or an integral, with limits or without."""
    return _sign(node) in LARGE or (
        _tag(node) in ("msub", "msup", "msubsup", "munder", "mover", "munderover") and _large(node[0]))


# OMML ------------------------------------------------------------------------------------------------------------

def _omml(node: Element) -> str:
    tag, parts = _tag(node), list(node)
    if tag in _ROWS:
        return _omml_row(parts)
    if tag == "mspace":
        return _run(_space(node)[0])
    if tag in ("mi", "mn", "mo", "mtext", "ms"):
        return _omml_leaf(node, tag)
    if tag == "mfrac":
        bare = '<m:fPr><m:type m:val="noBar"/></m:fPr>' if node.get("linethickness") in ("0", "0px", "0pt") else ""
        return f"<m:f>{bare}{_in('num', parts[0])}{_in('den', parts[1])}</m:f>"
    if tag == "msqrt":
        return f'<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/><m:e>{_omml_row(parts)}</m:e></m:rad>'
    if tag == "mroot":
        return f"<m:rad>{_in('deg', parts[1])}{_in('e', parts[0])}</m:rad>"
    if tag == "msub":
        return f"<m:sSub>{_in('e', parts[0])}{_in('sub', parts[1])}</m:sSub>"
    if tag == "msup":
        return f"<m:sSup>{_in('e', parts[0])}{_in('sup', parts[1])}</m:sSup>"
    if tag == "msubsup":
        return f"<m:sSubSup>{_in('e', parts[0])}{_in('sub', parts[1])}{_in('sup', parts[2])}</m:sSubSup>"
    if tag == "mover":
        return _omml_over(parts)
    if tag == "munder":
        if _sign(parts[1]) in _BARS:
            return f'<m:bar><m:barPr><m:pos m:val="bot"/></m:barPr>{_in("e", parts[0])}</m:bar>'
        return f"<m:limLow>{_in('e', parts[0])}{_in('lim', parts[1])}</m:limLow>"
    if tag == "munderover":
        low = f"<m:limLow>{_in('e', parts[0])}{_in('lim', parts[1])}</m:limLow>"
        return f"<m:limUpp><m:e>{low}</m:e>{_in('lim', parts[2])}</m:limUpp>"
    if tag == "mtable":
        rows = "".join("<m:mr>" + "".join(_in("e", cell) for cell in row) + "</m:mr>" for row in parts)
        return f"<m:m>{rows}</m:m>"
    return _omml_row(parts) if parts else _run(_sign(node))


def _omml_row(parts: Sequence[Element]) -> str:
    if found := _fenced(parts):
        left, inner, right = found
        marks = f"<m:begChr m:val={quoteattr(left)}/><m:endChr m:val={quoteattr(right)}/>"
        return f"<m:d><m:dPr>{marks}</m:dPr><m:e>{_omml_row(inner)}</m:e></m:d>"
    made, i = "", 0
    while i < len(parts):
        if _large(parts[i]):
            end = next((j for j in range(i + 1, len(parts)) if _sign(parts[j]) in RELATIONS),
                       len(parts))
            made += _omml_large(parts[i], parts[i + 1:end])
            i = end
        else:
            made += _omml(parts[i])
            i += 1
    return made


def _omml_large(node: Element, body: Sequence[Element]) -> str:
    tag, parts = _tag(node), list(node)
    sign = _sign(parts[0]) if parts else _sign(node)
    low = parts[1] if tag in ("msub", "msubsup", "munder", "munderover") else None
    high = parts[-1] if tag in ("msup", "msubsup", "mover", "munderover") else None
    aside = tag in ("msub", "msup", "msubsup") or sign in INTEGRALS
    place = "subSup" if aside else "undOvr"
    hidden = ("" if low is not None else '<m:subHide m:val="1"/>') + ("" if high is not None else
                                                                      '<m:supHide m:val="1"/>')
    return (f"<m:nary><m:naryPr><m:chr m:val={quoteattr(sign)}/><m:limLoc m:val=\"{place}\"/>{hidden}</m:naryPr>"
            f"{_in('sub', low)}{_in('sup', high)}<m:e>{_omml_row(body)}</m:e></m:nary>")


def _omml_over(parts: Sequence[Element]) -> str:
    sign = _sign(parts[1])
    if sign in _BARS:
        return f'<m:bar><m:barPr><m:pos m:val="top"/></m:barPr>{_in("e", parts[0])}</m:bar>'
    if sign in _ACCENTS:
        return f'<m:acc><m:accPr><m:chr m:val="{_ACCENTS[sign]}"/></m:accPr>{_in("e", parts[0])}</m:acc>'
    return f"<m:limUpp>{_in('e', parts[0])}{_in('lim', parts[1])}</m:limUpp>"


def _omml_leaf(node: Element, tag: str) -> str:
    text = node.text or ""
    if tag in ("mtext", "ms"):
        return _run(text, "<m:nor/>")
    text = _SPELT.get(text.strip(), text.strip())
    upright = (tag == "mi" and (len(text) > 1 or node.get("mathvariant") == "normal")) or (
        tag == "mo" and len(text) > 1 and text.isalpha())
    bold = '<m:sty m:val="b"/>' if node.get("mathvariant") == "bold" else ""
    return _run(text, bold or ('<m:sty m:val="p"/>' if upright else ""))


def _run(text: str, properties: str = "") -> str:
    if not text:
        return ""
    kept = ' xml:space="preserve"' if text != text.strip() else ""
    properties = f"<m:rPr>{properties}</m:rPr>" if properties else ""
    return f"<m:r>{properties}<m:t{kept}>{escape(text)}</m:t></m:r>"


def _in(name: str, node: Element | None) -> str:
    inner = "" if node is None else _omml(node)
    return f"<m:{name}>{inner}</m:{name}>" if inner else f"<m:{name}/>"


# Typst -----------------------------------------------------------------------------------------------------------

def _typst(node: Element) -> str:
    tag, parts = _tag(node), list(node)
    if tag in _ROWS:
        return _typst_row(parts)
    if tag == "mspace":
        return _space(node)[1]
    if tag in ("mi", "mn", "mo", "mtext", "ms"):
        return _typst_leaf(node, tag)
    if tag == "msqrt":
        return f"sqrt({_typst_row(parts)})"
    if tag == "mfrac" and node.get("linethickness") in ("0", "0px", "0pt"):
        return f"mat(delim: #none, {_typst(parts[0])}; {_typst(parts[1])})"   # the brackets stand beside it
    if tag == "mover" and _sign(parts[1]) in _BARS:
        return f"overline({_typst(parts[0])})"
    if tag == "mover" and _sign(parts[1]) in _ACCENTS:
        return f"accent({_typst(parts[0])}, {_ACCENTS[_sign(parts[1])]})"
    if tag == "munder" and _sign(parts[1]) in _BARS:
        return f"underline({_typst(parts[0])})"
    if tag == "mtable":
        rows = "; ".join(", ".join(_typst(cell) or "#none" for cell in row) for row in parts)
        return f"mat(delim: #none, {rows})"
    made = [_typst(part) or "#none" for part in parts]
    if tag == "mfrac":
        return f"frac({made[0]}, {made[1]})"
    if tag == "mroot":
        return f"root({made[1]}, {made[0]})"
    if tag in ("msub", "msup", "msubsup"):
        return f"attach({made[0]}, {_limits(tag, made)})"
    if tag in ("munder", "mover", "munderover"):
        base = made[0] if _large(parts[0]) else f"limits({made[0]})"   # a sum knows by itself where its limits go
        return f"attach({base}, {_limits(tag, made)})"
    return _typst_row(parts) if parts else _quoted(_sign(node))


def _limits(tag: str, made: Sequence[str]) -> str:
    """The scripts of an element: below (`b`), above (`t`)."""
    names = {"msub": "b", "munder": "b", "msup": "t", "mover": "t"}.get(tag, "bt")
    return ", ".join(f"{name}: {part}" for name, part in zip(names, made[1:], strict=True))


def _typst_row(parts: Sequence[Element]) -> str:
    if found := _fenced(parts):
        left, inner, right = found
        return f"lr({_signs(left)} {_typst_row(inner)} {_signs(right)})" if left or right else _typst_row(inner)
    return " ".join(filter(None, map(_typst, parts)))


def _typst_leaf(node: Element, tag: str) -> str:
    text = node.text or ""
    if tag in ("mtext", "ms"):
        return _quoted(text)
    text = _SPELT.get(text.strip(), text.strip())
    if (len(text) > 1 and tag in ("mi", "mn")) or (tag == "mo" and text.isalpha()):
        made = text if tag == "mn" and text.isdigit() else _quoted(text)
    else:
        made = _signs(text)
    return f"upright({made})" if tag == "mi" and len(text) == 1 and node.get("mathvariant") == "normal" else made


def _signs(text: str) -> str:
    """Signs that mean something to Typst as themselves."""
    return " ".join(f"\\{sign}" if ord(sign) < 128 and unicodedata.category(sign)[0] in "PS" else sign
                    for sign in text if not sign.isspace())


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if text else ""
