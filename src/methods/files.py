"""Writing whole files: what people read and what the jobs keep never lies half-written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from methods.errors import EnvironmentFault


def write_atomic(path: Path, content: bytes) -> Path:
    """Put a file in place whole: a reader sees the old one or the new one, and a failure leaves no half behind."""
    partial = path.with_name(f".{path.name[:80]}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True) if partial.parent.is_dir() else None
        free = f"{shutil.disk_usage(path.parent).free // 2**20} МБ" if path.parent.is_dir() else "нет папки"
        raise EnvironmentFault(f"Файл не записан: {path} ({error.strerror or error}); нужно {len(content)} байт, "
                               f"свободно {free}. Закройте файл в других программах, проверьте права и место."
                               ) from None
    return path
