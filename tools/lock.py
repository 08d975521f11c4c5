"""Pin every package anew: pyproject.toml -> requirements.txt and requirements-conda.txt.

    python tools/lock.py              pins move only where pyproject.toml forces them to
    python tools/lock.py --upgrade    every package goes to its newest version

Needs `uv` (pip install uv) on PATH or in the Python that runs this. One file serves Python 3.11 to 3.13 on
Windows, Linux and macOS: where versions differ, each line carries a marker. requirements.txt has a hash for every
file and is what run.py installs. requirements-conda.txt has the same pins without hashes, because environment.yml
lists the project itself beside them and pip refuses hashes there. Neither names the place packages come from:
that is the user's setting (pip.ini, pip.conf, a mirror of the organisation, or the folder wheelhouse).
"""
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HASHED, BARE = ROOT / "requirements.txt", ROOT / "requirements-conda.txt"
COMPILE = ["pip", "compile", "pyproject.toml", "--group", "dev", "--universal", "--generate-hashes",
           "--no-emit-index-url", "--no-header", "--no-annotate", "--quiet"]
NOTE = "# Made by tools/lock.py from pyproject.toml; do not edit.\n"


def without_hashes(locked: str) -> str:
    """The same pins and markers, one a line.

    >>> print(without_hashes('numpy==2.4.6 ; python_version < "3.12" \\\\\\n    --hash=sha256:aa\\n'), end="")
    numpy==2.4.6 ; python_version < "3.12"
    """
    pins = [line.removesuffix("\\").rstrip() for line in locked.splitlines() if line[:1].isalnum()]
    return "\n".join(pins) + "\n"


def main() -> None:
    """Write both files."""
    uv = [shutil.which("uv")] if shutil.which("uv") else [sys.executable, "-m", "uv"]
    # uv reads the pins already in the output file and keeps those that still fit.
    result = subprocess.run([*uv, *COMPILE, *sys.argv[1:], "--output-file", HASHED.name], cwd=ROOT)
    if result.returncode != 0:
        sys.exit(result.returncode)
    locked = HASHED.read_text(encoding="utf-8")
    HASHED.write_text(NOTE + locked, encoding="utf-8", newline="\n")
    BARE.write_text(NOTE + without_hashes(locked), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
