"""Documents lead where they say: links, anchors, commands, names of tables; decisions are numbered without gaps."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from methods import cli, errors
from methods.run import JOBS

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(path for pattern in ("*.md", "docs/**/*.md", "notebooks/*.md", "benchmarks/*.md",
                                       "tests/**/*.md")
                   for path in ROOT.glob(pattern))
ENVIRONMENT = {"lab", "test", "wheelhouse"}  # words of run.py itself
every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


def prose(path):
    """The text without blocks of code."""
    return re.sub(r"(?ms)^```.*?^```", "", path.read_text(encoding="utf-8"))


def anchors(path):
    """Ids of a page: its headings as GitHub writes them, and those given by hand."""
    headings = re.findall(r"(?m)^#+ (.*)$", prose(path))
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain} | set(
        re.findall(r'<a id="([^"]+)"', path.read_text(encoding="utf-8")))


@every_document
def test_every_link_leads_somewhere(path):
    astray = []
    for link in re.findall(r"(?<!`)\[[^]]*\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (path.parent / name) if name else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            astray.append(link)
    assert astray == []


@every_document
def test_every_command_exists(path):
    words = set(re.findall(r"(?:python run\.py|zvezda) ([a-z]+(?:-[a-z]+)*)", path.read_text(encoding="utf-8")))
    assert words - ENVIRONMENT - set(cli.zvezda.commands) == set()


def test_recipes_name_files_rooms_and_lists_that_are_there():
    recipes = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    modules = [path for folder in ("src", "tests", "tools") for path in ROOT.glob(f"{folder}/**/*.py")]
    ours = ["/run.py", *(path.as_posix() for path in modules)]
    code = "".join(path.read_text(encoding="utf-8") for path in modules)
    named, rooms, lists = (set(re.findall(pattern, recipes)) for pattern in (
        r"[\w/]+\.py\b", r"\b(?:tests|tools|src|docs|notebooks|data/raw)/\w[\w./]*\w", r"`(_?[A-Z][A-Z_]{2,})`"))
    invented = {"data/raw/my_set", "data/raw/methodology/OLD.yaml"}   # names that stand for the reader's own
    assert min(len(named), len(rooms), len(lists)) > 8
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in ours)] == []
    assert [room for room in rooms if not (ROOT / room).exists() and not room.startswith(tuple(invented))] == []
    assert [name for name in lists if not re.search(rf"(?m)^{name}\b[^=\n]*=", code)] == []


def test_the_guide_names_tables_that_notebooks_save():
    saved = {job: (ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8") for job, name in JOBS.items()}
    named = set(re.findall(rf"`({'|'.join(JOBS)})-(\w+)\.csv`",
                           (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")))
    code = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("src/methods/report/*.py"))
    lost = [f"{job}-{table}" for job, table in sorted(named)
            if re.sub(r"_(\d{4}_\d{4}|region)$", "", table) not in saved[job] + code]
    assert named
    assert lost == []


def test_every_exit_code_is_one_class_and_one_row():
    """0 and the codes of signals have no class."""
    rows = re.findall(r"(?m)^\| ([\d, ]+) \|", (ROOT / "docs" / "exit_codes.md").read_text(encoding="utf-8"))
    own = [error.exit_code for error in vars(errors).values()
           if isinstance(error, type) and issubclass(error, errors.ZvezdaError)]
    assert [int(code) for row in rows for code in row.split(", ")] == [0, *sorted(own), 129, 130, 143]


def test_both_readmes_count_what_the_page_of_validation_counts():
    page, english, russian = ((ROOT / name).read_text(encoding="utf-8")
                              for name in ("docs/validation.md", "README.md", "README.ru.md"))
    sources, cells = map(int, re.search(r"Источников (\d+), сверок \d+, чисел (\d+): всё сошлось", page).groups())
    assert f"recomputes {cells:,} published numbers of {sources} sources" in english
    spaced = re.findall(r"(\d+ \d{3}) (?:опубликованных )?чис\w+ из (\d+) источников", russian)
    assert len(spaced) == 2
    assert set(spaced) == {(f"{cells:,}".replace(",", " "), str(sources))}


def test_decisions_are_numbered_without_gaps():
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in records] == [f"{number:04d}" for number in range(1, len(records) + 1)]
    for path in records:
        heading, _, body = path.read_text(encoding="utf-8").partition("\n")
        assert heading.startswith(f"# {path.name[:4]}. ")
        assert "\nСтатус: " in body


def test_eighteen_boxes_of_rap_and_their_count():
    """The line that sums up is the sum of the table."""
    text = (ROOT / "docs" / "rap.md").read_text(encoding="utf-8")
    boxes = re.findall(r"(?m)^\| (\d+) \| [^|]+ \| (да|частично|нет) \| [^|]*(?:\]\(|`)", text)
    assert [int(number) for number, _ in boxes] == list(range(1, 19))
    said = re.search(r"да — (\d+), частично — (\d+), нет — (\d+)", text)
    assert [int(count) for count in said.groups()] == [
        sum(answer == word for _, answer in boxes) for word in ("да", "частично", "нет")]
