"""Labelled tables as text and back without loss.

The CSV is for people: `;`, decimal comma and a byte order mark open without a dialogue in Excel set up for Russian.
A CSV alone forgets types, labels and the difference between nothing and an empty text; the metadata keep them. A text
that a spreadsheet would take for a formula is guarded in the CSV and kept as it is in the metadata.
"""

from __future__ import annotations

import csv
import io
import itertools
import numbers

import pandas as pd
from pandas.api import types

from methods.report.exports import guarded

DELIMITER = ";"


def to_csv(frame: pd.DataFrame) -> tuple[bytes, dict]:
    """A table as the bytes of a CSV file and the metadata that `from_csv` needs.

    >>> frame = pd.DataFrame({"балл": [93.5, float("nan")], "мест": [1, 2]}, index=pd.Index(["Ц1", "Ц2"], name="центр"))
    >>> content, meta = to_csv(frame)
    >>> print(content.decode("utf-8-sig"), end="")
    центр;балл;мест
    Ц1;93,5;1
    Ц2;;2
    >>> pd.testing.assert_frame_equal(from_csv(content, meta), frame)
    """
    numbered = isinstance(frame.index, pd.RangeIndex) and frame.index.equals(pd.RangeIndex(len(frame)))
    levels = [] if numbered and frame.index.name is None else _levels(frame.index)
    encoded = [_encode(values) for values in itertools.chain(levels, (frame.iloc[:, i] for i in range(frame.shape[1])))]
    for texts, kind in encoded:
        guard(texts, kind)
    header = ["" if name is None else str(name) for name in frame.index.names[:len(levels)]]
    header += [" · ".join(map(str, label)) if isinstance(label, tuple) else str(label) for label in frame.columns]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=DELIMITER, lineterminator="\n")
    writer.writerow(map(guarded, header))
    writer.writerows([texts[row] for texts, _ in encoded] for row in range(len(frame)))
    meta = {
        "rows": len(frame),
        "index": {"names": list(frame.index.names), "levels": [meta for _, meta in encoded[:len(levels)]]},
        "columns": {"names": list(frame.columns.names),
                    "levels": [{"texts": texts, **meta} for texts, meta in map(_encode, _levels(frame.columns))]},
        "values": [meta for _, meta in encoded[len(levels):]],
    }
    return stream.getvalue().encode("utf-8-sig"), meta


def from_csv(content: bytes, meta: dict) -> pd.DataFrame:
    """The table that `to_csv` stored, with the same values, types and labels."""
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=DELIMITER))[1:]
    kinds = meta["index"]["levels"] + meta["values"]
    stored = [[line[i] for line in lines] for i in range(len(kinds))]
    for texts, kind in zip(stored, kinds, strict=True):
        for row, text in kind.get("guarded", {}).items():
            texts[int(row)] = text
    series = [_decode(texts, kind) for texts, kind in zip(stored, kinds, strict=True)]
    depth = len(meta["index"]["levels"])
    index = _index(series[:depth], meta["index"]["names"]) if depth else pd.RangeIndex(meta["rows"])
    frame = pd.DataFrame(dict(enumerate(series[depth:])), index=pd.RangeIndex(meta["rows"]))
    frame.index = index
    columns = meta["columns"]
    frame.columns = _index([_decode(level["texts"], level) for level in columns["levels"]], columns["names"])
    return frame


def guard(texts: list[str], meta: dict) -> None:
    """Guard the texts of a column in place; the metadata keep what they were. Numbers stay as they are."""
    if not (meta["dtype"] in ("object", "category") or types.is_string_dtype(meta["dtype"])):
        return
    kinds = meta.get("kinds", "s" * len(texts))
    changed = {row: text for row, (text, kind) in enumerate(zip(texts, kinds, strict=True))
               if kind == "s" and guarded(text) != text}
    for row, text in changed.items():
        texts[row] = guarded(text)
    if changed:
        meta["guarded"] = {str(row): text for row, text in changed.items()}


def _levels(index: pd.Index) -> list[pd.Series]:
    return [pd.Series(index.get_level_values(i)).reset_index(drop=True) for i in range(index.nlevels)]


def _index(levels: list[pd.Series], names: list) -> pd.Index:
    if len(levels) > 1:
        return pd.MultiIndex.from_arrays(levels, names=names)
    return pd.Index(levels[0], dtype=levels[0].dtype, name=names[0])


def _encode(values: pd.Series) -> tuple[list[str], dict]:
    """Texts of a column and what its texts do not tell: the type, and which of them stand for nothing."""
    dtype, missing = values.dtype, values.isna().to_numpy()
    meta: dict = {"dtype": str(dtype)}
    if isinstance(dtype, pd.CategoricalDtype):
        labels, kind = _encode(pd.Series(dtype.categories))
        meta |= {"dtype": "category", "ordered": bool(dtype.ordered), "categories": {"texts": labels, **kind}}
        texts = ["" if code < 0 else labels[code] for code in values.cat.codes]
    elif types.is_object_dtype(dtype):
        pairs = [_scalar(value) for value in values]
        return [text for _, text in pairs], {"dtype": "object", "kinds": "".join(kind for kind, _ in pairs)}
    elif types.is_float_dtype(dtype):
        texts = ["" if gap else _float(value) for value, gap in zip(values, missing, strict=True)]
    elif types.is_datetime64_dtype(dtype):
        texts = ["" if gap else value.isoformat() for value, gap in zip(values, missing, strict=True)]
    elif types.is_bool_dtype(dtype) or types.is_integer_dtype(dtype) or types.is_string_dtype(dtype):
        texts = ["" if gap else str(value) for value, gap in zip(values, missing, strict=True)]
    else:
        raise TypeError(f"Столбец {values.name!r}: тип {dtype} не сохраняется; переведите его в текст или число.")
    if missing.any():
        meta["missing"] = [int(i) for i in missing.nonzero()[0]]
    return texts, meta


def _decode(texts: list[str], meta: dict) -> pd.Series:
    name, gaps = meta["dtype"], set(meta.get("missing", ()))
    if name == "object":
        return pd.Series([_value(kind, text) for kind, text in zip(meta["kinds"], texts, strict=True)], dtype=object)
    if name == "category":
        categories = _decode(meta["categories"]["texts"], meta["categories"])
        position = {text: i for i, text in enumerate(meta["categories"]["texts"])}
        codes = [-1 if i in gaps else position[text] for i, text in enumerate(texts)]
        dtype = pd.CategoricalDtype(pd.Index(categories, dtype=categories.dtype), meta["ordered"])
        return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype))
    dtype = pd.api.types.pandas_dtype(name)
    if types.is_float_dtype(dtype):
        read, nothing = lambda text: float(text.replace(",", ".")), float("nan")
    elif types.is_bool_dtype(dtype):
        read, nothing = lambda text: text == "True", None
    elif types.is_integer_dtype(dtype):
        read, nothing = int, None
    elif types.is_datetime64_dtype(dtype):
        read, nothing = pd.Timestamp, pd.NaT
    else:
        read, nothing = str, None
    values = [nothing if i in gaps else read(text) for i, text in enumerate(texts)]
    if types.is_extension_array_dtype(dtype) and types.is_float_dtype(dtype):
        values = [None if i in gaps else value for i, value in enumerate(values)]
    return pd.Series(values, dtype=dtype)


def _float(value: float) -> str:
    return repr(float(value)).replace(".", ",")   # the shortest text that reads back as the same number


def _scalar(value: object) -> tuple[str, str]:
    """The kind (one letter) and the text of a cell in a column of mixed values."""
    if value is None:
        return "n", ""
    if isinstance(value, str):
        return "s", value
    if types.is_bool(value):
        return "b", str(bool(value))
    if isinstance(value, numbers.Integral):
        return "i", str(int(value))
    if isinstance(value, numbers.Real):
        return "f", _float(value)
    raise TypeError(f"Значение {value!r} ({type(value).__name__}) не сохраняется в таблице; переведите его в текст.")


def _value(kind: str, text: str) -> object:
    read = {"n": lambda _: None, "s": str, "b": "True".__eq__, "i": int, "f": lambda t: float(t.replace(",", "."))}
    return read[kind](text)
