"""Compiles one task's file against the objects of the pristine tree and asks the program `answers` for its outputs."""

import functools
import hashlib
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import judge
import marks
import sandbox
import tasks

ROOT = Path(__file__).resolve().parents[2]
OBJECTS = ROOT / "build-course"
LANGUAGE = "c++"
# A header is compiled as a part of the file that uses the function of the task.
COMPILED_AS = {"include/primer/core/elementary.hpp": "src/core/activation.cpp"}
FLAGS = "-std=c++20 -O1 -ffp-contract=off -fno-math-errno -fno-trapping-math -w -fdiagnostics-color=never".split()
HEADERS = [ROOT / "include", ROOT / "tests/course/handout/include"]


@functools.cache
def compiler():
    return os.environ.get("CXX") or shutil.which("g++") or "c++"


def call(arguments, folder):
    """Runs the compiler within limits, in its own folder."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "TMPDIR": str(folder), "LC_ALL": "C"}
    return sandbox.run(
        [compiler(), *map(str, arguments)],
        folder=folder,
        seconds=30,
        memory=1 << 31,
        file_size=1 << 26,
        environment=environment,
    )


@functools.cache
def system_headers():
    with tempfile.TemporaryDirectory() as folder:
        said = call(["-E", "-v", "-x", "c++", os.devnull], folder).errors
    listed = said.partition("#include <...> search starts here:")[2].partition("End of search list")[0]
    return [Path(line.split(" (")[0].strip()).resolve() for line in listed.split("\n") if line.strip()]


@functools.cache
def assembling():
    """Makes the assembler list the files that it reads, if it is GNU's."""
    if not sandbox.FILTERED:
        return []
    with tempfile.TemporaryDirectory() as folder:
        clang = "clang" in call(["--version"], folder).output
    return ["-Wa,--MD,assembled", *(["-fno-integrated-as"] if clang else [])]


def linked(folder, own):
    """Links the student's objects, and the pristine ones of the other files, to folder/answers."""
    names = [path.name for path in own]
    objects = [*own, *(path for path in sorted(OBJECTS.glob("*.o")) if path.name not in names)]
    static = ["-static"] if sandbox.FILTERED else []  # the filter does not let a program open a library
    return call([*static, *objects, "-o", "answers"], folder)


def state():
    """A text that changes whenever the grader that is running, the original sources or the compiler do."""
    digest = hashlib.sha256(call(["--version"], ROOT).output.encode())
    here = Path(__file__).resolve().parent
    loaded = {Path(m.__file__).resolve() for m in sys.modules.values() if getattr(m, "__file__", None)}
    files = [path for path in loaded if path.parent == here] + [*(here / "numpy").glob("*.py"), *(here / "handout").rglob("*.hpp")]
    for file in sorted([*files, *(ROOT / "include").rglob("*.hpp"), *sources()]):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def sources():
    """The original sources that a student's file is linked with."""
    rooms = [path for room in ("core", "training") for path in sorted((ROOT / "src" / room).glob("*.cpp"))]
    return [*rooms, ROOT / "tests/programs/answers.cpp"]


def prepare():
    """Compiles the original sources that have changed since the last time."""
    OBJECTS.mkdir(exist_ok=True)
    for stale in {path.stem for path in OBJECTS.glob("*.o")} - {source.stem for source in sources()}:
        (OBJECTS / f"{stale}.o").unlink()
    newest_header = max(p.stat().st_mtime for p in (ROOT / "include").rglob("*.hpp"))
    for source in sources():
        target = OBJECTS / f"{source.stem}.o"
        if target.exists() and target.stat().st_mtime > max(newest_header, source.stat().st_mtime):
            continue
        ended = call([*FLAGS, f"-I{HEADERS[0]}", "-c", source, "-o", target], OBJECTS)
        if ended.status != 0:
            target.unlink(missing_ok=True)
            raise SystemExit(f"{source}: does not compile:\n{ended.errors}")
    with tempfile.TemporaryDirectory() as folder:
        ended = linked(Path(folder), [])
        if ended.status == 0:
            ended = sandbox.run([f"{folder}/answers"], folder=folder)
        if ended.status != 0:
            raise SystemExit(f"no solution could run on this machine: the reference {ended.reason}\n{ended.errors}")


def foreign(record, folder, path):
    """The first file that a compilation read, by its record, that is neither the student's, nor a header of the system or
    of primer. The pristine file of the task itself is none of these."""
    words = re.split(r"(?<!\\)\s+", record.read_text(errors="replace").replace("\\\n", " ").strip())
    for word in words[1:]:
        read = (folder / word.replace("\\ ", " ")).resolve()
        given = read == ROOT / COMPILED_AS.get(path, "") or any(
            read.is_relative_to(home) for home in (folder, *HEADERS, *system_headers())
        )
        if read == ROOT / path or not given:
            return read
    return None


def compiled(folder, path, target):
    """Compiles the student's file at `path` in `folder` to `target`. Returns an error text, or nothing. It preprocesses the file
    first, so that the included files are known before the compiler can print anything about them."""
    source = ROOT / COMPILED_AS[path] if path in COMPILED_AS else folder / path
    folders = [f"-I{home}" for home in (folder / "include", *HEADERS)]
    steps = {
        "preprocessed": [*folders, "-E", "-MD", "-MF", "preprocessed", source, "-o", "whole.ii"],
        "assembled": [*assembling(), "-c", "whole.ii", "-o", target],
    }
    for record, arguments in steps.items():
        ended = call([*FLAGS, *arguments], folder)
        if ended.status != 0:
            errors = [line for line in ended.errors.replace(f"{folder}/", "").split("\n") if "error:" in line]
            if record == "preprocessed":  # the files that were read are not known yet: show only the student's own lines
                errors = [line for line in errors if line.startswith(f"{path}:")]
            told = errors and not ended.reason.startswith("took")
            return f"does not compile: {errors[0][:300] if told else 'the compiler ' + ended.reason}"
        if (folder / record).exists() and (read := foreign(folder / record, folder, path)):
            return f"does not compile: it reads {read}, which a solution has no need of"
    return ""


def answers_of(path, text, *groups, seconds=10):
    """What a program says in which the pristine file at `path` has been replaced by `text`: for each group of cases an
    answer a case. Every group has a run of its own, in which nothing is known of the others. A run may take so many seconds."""
    with tempfile.TemporaryDirectory(prefix="task") as name:
        folder = Path(name).resolve()
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(text)
        target = folder / f"{Path(COMPILED_AS.get(path, path)).stem}.o"
        why = compiled(folder, path, target)
        if not why:
            ended = linked(folder, [target])
            if ended.status != 0:
                telling = re.search(r"(undefined reference|multiple definition).*", ended.errors)
                why = f"does not link: {telling[0][:300] if telling else 'the linker ' + ended.reason}"
        if why:
            return [[why] * len(cases) for cases in groups]
        (folder / "run").mkdir()
        answers, run = [], None
        for cases in groups:
            if run and run.reason.startswith("took"):
                run = run._replace(output="")  # one endless loop is enough
            else:
                run = sandbox.run([folder / "answers"], judge.encoded(cases), folder / "run", seconds, memory=1 << 29)
            answers.append(judge.decoded(run.output, len(cases), run.reason))
        return answers


def text_with(region, code):
    """The original file with `code` in place of the solution of a task."""
    return marks.with_include(marks.replaced(original(region.path), region, code))


@functools.cache
def original(path):
    return (ROOT / path).read_text()


@functools.cache
def regions():
    return marks.regions(ROOT, list(tasks.TASKS))
