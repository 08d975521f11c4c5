"""Formulas for Word and for the PDF: no sign lost, every formula of the notebooks set."""

from __future__ import annotations

import re
from xml.etree.ElementTree import fromstring

import nbformat
import pytest
from latex2mathml.converter import convert

from methods.report import document, pdf
from methods.report.document import Document, Formula, Heading, Paragraph, Text
from methods.report.formulas import to_omml, to_typst
from methods.report.render import Page

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
# Everything that the methods' own docstrings and a notebook may write.
TEX = [
    r"p_{ij} = x_{ij} / \sum_i x_{ij}", r"\frac{1}{2}\left(S + \frac{X}{N}\right)", r"\sqrt[3]{x} + \sqrt{\frac{a}{b}}",
    r"\hat x + \bar{y} + \tilde z + \vec v + \overline{se^2} + \underline{b}", r"\max_{i} |x_i| \pm \varepsilon",
    r"\prod_{j=1}^{k} x_j^{w_j} \le \int_0^1 f(x)\,dx", r"\binom{n}{k} \operatorname{med}(x) \log x",
    r"r = \begin{cases} 1, & x > 0 \\ 0, & \text{иначе} \end{cases}", r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    r"\begin{align} a &= b \\ c &= d \end{align}", r"\mathbf{w}^\top \mathbf{1} = 1",
    r"w'_j \sim U(-s, s) \quad \forall j",
    r"\alpha, \beta, \rho_c \in [0, 1] \cup \{2\}", r"0{,}5 \% \# \& \_ \$", r"\mathrm{Var}(x) \neq \infty",
    r"\lim_{n \to \infty} \underset{j}{\min}\, d_j", r"\left\{ x \right.", "a < b > c",
]


def signs(mathml):
    """Letters and digits of a formula in their order."""
    return re.findall(r"\w", "".join(fromstring(mathml).itertext()))


def notebook_formulas(root):
    """Every formula that the notebooks and their words show."""
    found = []
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        page = Page(str(path.parent))
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                found += re.findall(r"<math.*?</math>", page.markdown(cell.source), re.DOTALL)
    return found


@pytest.mark.parametrize("display", ["inline", "block"])
@pytest.mark.parametrize("tex", TEX)
def test_no_sign_of_a_formula_is_lost_in_word(tex, display):
    mathml = convert(tex, display=display)
    made = fromstring(to_omml(mathml))
    assert made.tag == f"{MATH}oMath"
    written = [sign for element in made.iter() for sign in
               (element.text or "") + element.get(f"{MATH}val", "") if element.tag in (f"{MATH}t", f"{MATH}chr")]
    assert sorted(re.findall(r"\w", "".join(written))) == sorted(signs(mathml))


def test_every_formula_is_set_in_pdf():
    words = [Paragraph((Formula(convert(tex, display="block"), block),)) for tex in TEX for block in (True, False)]
    assert pdf.to_pdf(Document("Формулы", (Heading(1, (Text("Формулы"),), "a"), *words))).content.startswith(b"%PDF")


def test_every_formula_of_the_notebooks_is_set_in_word_and_pdf(root):
    found = notebook_formulas(root)
    assert len(found) >= 10
    for mathml in found:
        assert len(fromstring(to_omml(mathml))) > 0
    parts = tuple(Paragraph((Formula(mathml),)) for mathml in found)
    assert pdf.to_pdf(Document("Формулы", parts)).content.startswith(b"%PDF")


def found(tex, name, display="inline"):
    return list(fromstring(to_omml(convert(tex, display=display))).iter(f"{MATH}{name}"))


def test_a_sum_takes_what_follows_up_to_the_next_relation():
    (large,) = found(r"\sum_{j=1}^{k} w_j x_j = I", "nary", "block")
    assert "".join(large.find(f"{MATH}e").itertext()) == "wjxj"
    assert "".join(large.find(f"{MATH}sub").itertext()) == "j=1"
    assert large.find(f"{MATH}naryPr/{MATH}limLoc").get(f"{MATH}val") == "undOvr"
    (bare,) = found(r"\sum x", "nary")
    assert {element.tag for element in bare.find(f"{MATH}naryPr")} >= {f"{MATH}subHide", f"{MATH}supHide"}


def test_brackets_stretch_and_one_may_be_absent():
    (both,) = found(r"\left(\frac{a}{b}\right)", "d")
    assert [mark.get(f"{MATH}val") for mark in both.find(f"{MATH}dPr")] == ["(", ")"]
    (one,) = found(r"\begin{cases} 1 & x \\ 2 & y \end{cases}", "d")
    assert [mark.get(f"{MATH}val") for mark in one.find(f"{MATH}dPr")] == ["{", ""]
    assert len(list(one.iter(f"{MATH}mr"))) == 2


def test_accents_and_bars():
    assert found(r"\hat x", "acc")[0].find(f"{MATH}accPr/{MATH}chr").get(f"{MATH}val") == "\u0302"
    assert found(r"\bar x", "bar")[0].find(f"{MATH}barPr/{MATH}pos").get(f"{MATH}val") == "top"


def test_words_in_a_formula_stand_upright_and_keep_their_spaces():
    assert found(r"x \text{ если }", "nor")
    assert found(r"\operatorname{med} x", "sty")[0].get(f"{MATH}val") == "p"
    assert 'xml:space="preserve"> если' in to_omml("<math><mtext> если</mtext></math>")


def test_signs_of_typst_are_escaped():
    assert to_typst(convert(r"a/b, (c) \_ \# \$")).count("\\") == 7
    assert to_typst('<math><mtext>"\\</mtext></math>') == r'"\"\\"'


def test_an_unknown_element_keeps_what_it_holds():
    mathml = "<math><menclose><mi>x</mi><mn>2</mn></menclose></math>"
    assert "".join(fromstring(to_omml(mathml)).itertext()) == "x2"
    assert to_typst(mathml) == "x 2"


def test_plain_words_of_a_formula():
    assert document.plain([Formula(convert("x_1 = 2"))]) == "x 1 = 2"
