"""Compiles one task's file against the objects of the pristine tree and asks the program `answers` for its outputs."""

import os
import shutil
import tempfile
from pathlib import Path

import judge
import marks
import sandbox
import tasks

ROOT = Path(__file__).resolve().parents[2]
OBJECTS = ROOT / "build-course"
# A header is compiled as part of the file that uses what the task is about.
COMPILED_AS = {"include/primer/core/elementary.hpp": "src/core/activation.cpp"}
FLAGS = [
    "-std=c++20",
    "-O1",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-w",
    "-fdiagnostics-color=never",
]
STUBS = "tests/course/handout/include"


def compiler():
    return os.environ.get("CXX") or shutil.which("g++") or "c++"


def compile_file(source, target, folders):
    environment = {"PATH": os.environ.get("PATH", os.defpath), "TMPDIR": str(target.parent), "LC_ALL": "C"}
    command = [compiler(), *FLAGS, *(f"-I{folder}" for folder in folders), "-c", str(source), "-o", str(target)]
    return sandbox.run(
        command, folder=target.parent, seconds=60, memory=1 << 31, file_size=1 << 26, environment=environment
    )


def prepare():
    """Compiles the pristine sources that have changed since the last time."""
    OBJECTS.mkdir(exist_ok=True)
    sources = [
        *sorted((ROOT / "src/core").glob("*.cpp")),
        *sorted((ROOT / "src/training").glob("*.cpp")),
        ROOT / "tests/programs/answers.cpp",
    ]
    newest_header = max(p.stat().st_mtime for p in (ROOT / "include").rglob("*.hpp"))
    for source in sources:
        target = OBJECTS / f"{source.stem}.o"
        if target.exists() and target.stat().st_mtime > max(newest_header, source.stat().st_mtime):
            continue
        ended = compile_file(source, target, [ROOT / "include"])
        if ended.status != 0:
            target.unlink(missing_ok=True)
            raise SystemExit(f"{source}: does not compile:\n{ended.errors}")


def first_error(text, folder):
    """The compiler's first complaint, without the place of the folder."""
    lines = text.replace(f"{folder}/", "").split("\n")
    return next((line for line in lines if "error:" in line), lines[0])[:300]


def answers_of(path, text, solved):
    """What a program says in which the pristine file at `path` has been replaced by `text`: an answer a case."""
    with tempfile.TemporaryDirectory(prefix="task") as name:
        folder = Path(name)
        replaced = folder / path
        replaced.parent.mkdir(parents=True)
        replaced.write_text(text)
        source = COMPILED_AS.get(path)
        target = folder / f"{Path(source or path).stem}.o"
        ended = compile_file(
            ROOT / source if source else replaced, target, [folder / "include", ROOT / "include", ROOT / STUBS]
        )
        if ended.status != 0:
            why = f"the compiler {ended.reason}" if ended.status < 0 else first_error(ended.errors, folder)
            return [f"does not compile: {why}"] * len(solved)
        objects = [target, *(o for o in sorted(OBJECTS.glob("*.o")) if o.name != target.name)]
        program = folder / "answers"
        environment = {"PATH": os.environ.get("PATH", os.defpath), "TMPDIR": name, "LC_ALL": "C"}
        ended = sandbox.run(
            [compiler(), *map(str, objects), "-o", str(program)],
            folder=name,
            seconds=60,
            file_size=1 << 26,
            environment=environment,
        )
        if ended.status != 0:
            return [f"does not link: {first_error(ended.errors, folder)}"] * len(solved)
        run_folder = folder / "run"
        run_folder.mkdir()
        ended = sandbox.run([str(program)], judge.encoded(solved), folder=run_folder, seconds=10, memory=1 << 29)
        return judge.decoded(ended.output, len(solved), ended.reason)


def text_with(region, code):
    """The pristine file in which `code` stands in the place of a task's solution."""
    return marks.with_include(marks.replaced((ROOT / region.path).read_text(), region, code))


def regions():
    return marks.regions(ROOT, list(tasks.TASKS))
