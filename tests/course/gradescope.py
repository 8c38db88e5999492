"""Packs the grader for Gradescope: python3 tests/course/gradescope.py autograder.zip "1.1 2.1" SECRET_FILE [OPTION...], with
options of grade.py."""

import sys
import zipfile
from pathlib import Path

import tasks

ROOT = Path(__file__).resolve().parents[2]
EPOCH = (1980, 1, 1, 0, 0, 0)  # so that the same files give the same bytes


def main():
    out, chosen, hidden = (sys.argv[1:] + ["", "", ""])[:3]
    options = sys.argv[4:]
    if not out or not hidden or not Path(hidden).is_file() or not Path(hidden).read_text(errors="replace").strip():
        raise SystemExit(
            "write: make autograder OUT=autograder.zip HIDDEN=file, which has any text of your own that students do not have"
        )
    files = {name: (ROOT / "tests/course/gradescope" / name).read_bytes() for name in ("setup.sh", "run_autograder")}
    files["tasks"] = (chosen or " ".join(tasks.TASKS)).encode()
    files["options"] = " ".join(options).encode()
    files["hidden"] = Path(hidden).read_bytes()
    for folder in ("include", "src/core", "src/training", "tests/course", "tests/programs"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = (0o755 if name in ("setup.sh", "run_autograder") else 0o644) << 16
            pack.writestr(entry, content, zipfile.ZIP_DEFLATED)
    print(f"{out}: upload this file as the autograder; its tasks are {files['tasks'].decode()}")


if __name__ == "__main__":
    main()
