"""References made from the code: keys of an edition (Markdown, JSON schema), codes of messages; not edited by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from methods.agreement.verdict import MEASURES, RULES
from methods.index.edition import Edition
from methods.problem_texts import TEXTS

HEAD = """# Файл редакции: все ключи

Этот файл составлен по модели `methods.index.edition` командой `zvezda schema`; не правьте его руками.

Редакция — один файл YAML в `data/raw/methodology`. Имя файла совпадает с `version`. Действуют правила:

* ключи только из этого списка; лишний, пропущенный или повторённый ключ — ошибка с номером строки;
* числа с десятичной точкой; вес можно записать дробью: `1/7`;
* `да`, `yes`, `no`, даты и коды вроде `01` остаются текстом; особый смысл имеют только `true`, `false`, `null` и числа;
* текст, похожий на число (версия `2026`, код `1.1`), берётся в кавычки;
* ссылки YAML (`&`, `*`) не допускаются: каждое значение пишется там, где действует.

Принятая редакция неизменна: её контрольная сумма записана в `adopted.json`. Изменение — это новая редакция с новым
именем, решением в `docs/decisions` и командой `zvezda adopt ИМЯ`.

Чтобы редактор подсказывал ключи, первой строкой файла поставьте
`# yaml-language-server: $schema=../../../docs/edition.schema.json`.
"""

MESSAGES = """# Все коды замечаний к файлам

Составлено по словам программы командой `zvezda schema`; не правьте руками. На месте «…» в сообщении стоят найденные
значения и числа. Как читаются файлы и что исправляется само — [bad_inputs.md](bad_inputs.md).
"""
SECTIONS = {"TXT": "Текстовые файлы", "XLS": "Книги Excel, папки, Parquet", "BIG": "Размер", "CEL": "Ячейки",
            "REF": "Коды, реестр центров, состав регионов", "SRV": "Ответы клиентов", "CHK": "Чек-листы",
            "MAT": "Ответы о зрелости и уровни", "EXP": "Суждения экспертов", "WPL": "Как спрашивают экспертов",
            "TPL": "Шаблоны", "FLD": "Папка с файлами", "PRC": "Каталог практик"}


VERDICTS = """# Вердикты о показателях: правила и меры

Составлено по правилам `methods.agreement.verdict` командой `zvezda schema`; не правьте руками.

Показатель, измеренный опросом и чек-листом, проходит правила сверху вниз; действует первое, чьи условия выполнены.
Если условия не нарушены, но мера не определена, решение — «не решено»: дальнейшее предполагает ответ на этот вопрос.
Редакция может дать свои правила ключом `verdict_rules` ([edition.md](edition.md)); порог без источника не принимается.

"""


def json_schema() -> str:
    """JSON schema of an edition, for editors that check and complete YAML."""
    return json.dumps(Edition.model_json_schema(by_alias=True), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def handbook() -> str:
    """All keys with types, defaults and explanations: one section a part of the edition."""
    schema = Edition.model_json_schema(by_alias=True)
    parts = {"Редакция целиком": schema, **schema["$defs"]}
    order = ["Редакция целиком", *_reached(schema, schema)]
    return HEAD + "".join(_section(name, parts[name]) for name in order)


def messages() -> str:
    """All codes of messages about files, with the rule and what to do: one section a kind of file."""
    parts = [MESSAGES]
    for prefix, title in SECTIONS.items():
        rows = [f"| {code} | {' | '.join(_with_gaps(words) for words in texts['ru'])} |"
                for code, texts in sorted(TEXTS.items()) if code.startswith(prefix)]
        parts.append("\n".join([f"\n## {title}\n", "| код | правило | что делать |", "|---|---|---|", *rows, ""]))
    return "".join(parts)


def verdict_rules() -> str:
    """Default rules of the verdicts with their thresholds and sources, and what every measure is."""
    rows = [f"| {number} | {_conditions(rule.when)} | {rule.action} | {rule.source.replace('|', '/')} |"
            for number, rule in enumerate(RULES, start=1)]
    names = [f"| `{name}` | {words} |" for name, words in MEASURES.items()]
    return VERDICTS + "\n".join(["| № | если | то | источник порога |", "|---|---|---|---|", *rows, "", "## Меры", "",
                                 "| имя | что это |", "|---|---|", *names, ""])


def _conditions(when: Mapping[str, tuple[float | None, float | None]]) -> str:
    def bound(value: float) -> str:
        return f"{value:.2g}".replace(".", ",")
    parts = [" и ".join(filter(None, (f"не меньше {bound(low)}" if low is not None else "",
                                      f"меньше {bound(high)}" if high is not None else "")))
             for low, high in when.values()]
    return "; ".join(f"{MEASURES[name]} {part}" for name, part in zip(when, parts, strict=True)) or "ни одно из прежних"


def _with_gaps(words: str) -> str:
    return re.sub(r"\{[^{}]*\}", "…", words).replace("|", "\\|")


def _reached(part: Any, schema: dict[str, Any], seen: list[str] | None = None) -> list[str]:
    """Names of the parts in the order in which a reader of the file meets them."""
    seen = [] if seen is None else seen
    if isinstance(part, dict):
        if "$ref" in part:
            name = part["$ref"].rsplit("/", 1)[1]
            if name not in seen:
                seen.append(name)
                _reached(schema["$defs"][name].get("properties", {}), schema, seen)
        for key, value in part.items():
            if key not in ("$defs", "discriminator"):
                _reached(value, schema, seen)
    elif isinstance(part, list):
        for value in part:
            _reached(value, schema, seen)
    return seen


def _section(name: str, part: dict[str, Any]) -> str:
    lines = [f"\n## {name}\n", part.get("description", "").strip() + "\n", "| ключ | тип | по умолчанию | что это |",
             "|---|---|---|---|"]
    needed = set(part.get("required", ()))
    for key, field in part.get("properties", {}).items():
        default = "обязателен" if key in needed else _default(field)
        lines.append(f"| `{key}` | {_type(field)} | {default} | {field.get('description', '').replace('|', '—')} |")
    return "\n".join(lines) + "\n"


def _default(field: dict[str, Any]) -> str:
    """The default as it would stand in the file; of a whole part its own section tells."""
    if "$ref" in field and isinstance(field.get("default"), dict):
        return f"как в разделе {field['$ref'].rsplit('/', 1)[1]}"
    return f"`{json.dumps(field.get('default'), ensure_ascii=False)}`"


def _type(field: dict[str, Any]) -> str:
    """The type of a key in Russian."""
    if "$ref" in field:
        return f"часть {field['$ref'].rsplit('/', 1)[1]}"
    if "enum" in field:
        return ", ".join(f"`{option}`" for option in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    options = field.get("anyOf") or field.get("oneOf")
    if options:
        return " или ".join(dict.fromkeys(_type(option) for option in options if option.get("type") != "null"))
    kind = field.get("type")
    if kind == "array":
        inner = field.get("items") or (field.get("prefixItems") or [{}])[0]
        return f"список: {_type(inner)}"
    if kind == "object":
        inner = next(iter(field.get("patternProperties", {}).values()), field.get("additionalProperties"))
        return f"набор «код: {_type(inner)}»" if isinstance(inner, dict) else "набор ключей"
    return {"string": "текст", "number": "число", "integer": "целое", "boolean": "true или false"}.get(kind, "значение")


GENERATED = {"edition.schema.json": json_schema, "edition.md": handbook, "messages.md": messages,
             "verdicts.md": verdict_rules}
