"""A small project on disk: one edition with every kind of measure, three centres, four CSV files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from methods.data.editions import parse_edition
from methods.index.edition import Edition

EDITION = """\
version: small
title: Малая методика от 2024-01-01
status: candidate
in_force: {start: 2024-01-01, end: 2024-12-31}
legal_basis: [Приказ 01]
decision: 0001-small
unit: {title: центр занятости, one: центр, few: центра, many: центров}
data:
  dataset: small
  periods: ["2023", "2024"]
  units: {file: units.csv, unit: код, title: имя, region: регион, valid_from: с, valid_to: по}
  tables:
    numbers: {file: "numbers_{period}.csv", unit: код}
    answers: {file: answers.csv, unit: код, clientele: кто, where: {год: "{period}"}}
    checklist: {file: checklist.csv, unit: код, register: register.csv, register_requirement: т, register_item: п}
clienteles:
  seekers: {title: соискатели, value: С, share: 1/2}
  employers: {title: работодатели, value: Р, share: 0.5}
groups:
  Дружелюбие: {title: Дружелюбие}
  Польза: {title: Польза}
indicators:
  Д1:
    title: Вежливость
    group: Дружелюбие
    sides:
      subjective: {measure: survey, table: answers, question: в1, scale: [1, 5]}
      objective: {measure: checklist, table: checklist}
    mix: {subjective: 0.4, objective: 0.6}
  Д2:
    title: Открытость
    group: Дружелюбие
    sides:
      objective: {measure: column, table: numbers, column: открыто, divisor: 100}
  П1:
    title: Полезность
    group: Польза
    sides: {objective: {measure: column, table: numbers, column: польза}}
weights:
  index:
    Дружелюбие: 0.6
    Польза: 0.4
  Дружелюбие:
    Д1: 0.3
    Д2: 0.7
normalisation: {method: none}
aggregation:
  default: {method: arithmetic}
missing:
  default: {rule: reweight, min_coverage: 0.5}
publication:
  multiplier: 100
  decimals: 2
grades:
  title: звёзды
  labels: [одна, две, три]
  method: bands
  cut_offs: [25, 50]
priorities: [Дружелюбие, Польза]
base_period: "2023"
"""

FILES = {
    "units.csv": "код,имя,регион,с,по\nЦ1,Первый,01,2020-01-01,\nЦ2,Второй,02,2020-01-01,2023-06-30\n"
                 "Ц3,Третий,02,2024-03-01,\n",
    "numbers_2023.csv": "код,открыто,польза\nЦ1,50,0.5\nЦ2,80,0.25\n",
    "numbers_2024.csv": "код,открыто,польза\nЦ1,60,0.75\nЦ3,,0.3\n",
    "answers.csv": "код,кто,год,в1\nЦ1,С,2023,5\nЦ1,С,2023,4\nЦ1,Р,2023,3\nЦ2,С,2023,1\nЦ1,С,2024,5\n",
    "checklist.csv": "код,т1,т2,т3\nЦ1,1,0,1\n",
    "register.csv": "т,п\nт1,Д1\nт2,Д1\nт3,Д1\n",
}


def change(text: str, old: str, new: str) -> str:
    """The text with one place changed; the place must exist and be the only one."""
    assert text.count(old) == 1, f"{text.count(old)} times: {old!r}"
    return text.replace(old, new)


@dataclass
class Project:
    """A project's root whose raw files and edition a test may change before reading them."""

    root: Path
    text: str = EDITION

    @property
    def raw(self) -> Path:
        return self.root / "data" / "raw" / "small"

    def edition(self, old: str | None = None, new: str = "") -> Edition:
        """The small edition, with one place changed if asked."""
        if old is not None:
            self.text = change(self.text, old, new)
        (self.root / "data/raw/methodology/small.yaml").write_text(self.text, encoding="utf-8")
        return parse_edition(self.text, "small.yaml")

    def file(self, name: str, text: str) -> None:
        """Write a raw file and describe it in source.yml."""
        (self.raw / name).write_text(text, encoding="utf-8")
        self.describe()

    def edit(self, name: str, old: str, new: str) -> None:
        """Change one place of a raw file and describe it anew."""
        self.file(name, change((self.raw / name).read_text(encoding="utf-8"), old, new))

    def describe(self, **keys: object) -> None:
        """source.yml with the hashes of all files as they are now; `key=None` leaves a key out."""
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                 for path in sorted(self.raw.iterdir()) if path.name != "source.yml"}
        content = {"title": "Малый набор", "producer": "Мы", "date": "2024-01-01", "licence": "CC0", "files": files}
        content = {key: value for key, value in (content | keys).items() if value is not None}
        (self.raw / "source.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


@pytest.fixture
def small_text() -> str:
    """The good edition that every bad one is made from by one change."""
    return EDITION


@pytest.fixture
def project(tmp_path) -> Project:
    """The small project in a folder of its own."""
    made = Project(tmp_path)
    (tmp_path / "data/raw/methodology").mkdir(parents=True)
    made.raw.mkdir()
    for name, text in FILES.items():
        (made.raw / name).write_text(text, encoding="utf-8")
    made.describe()
    made.edition()
    return made
