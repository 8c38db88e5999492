"""Asks a solution of the NumPy edition for its outputs, in a Python that has NumPy and gives up all system calls that it does not
need before it runs the solution. The same functions as bench.py has for C++.
"""

import ast
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import judge
import marks
import sandbox
import tasks

HERE = Path(__file__).resolve().parent
FILE = "backprop.py"
EDITION = HERE / "numpy"
LANGUAGE = "python"


@functools.cache
def python():
    """A Python that has NumPy."""
    for command in (os.environ.get("PYTHON"), sys.executable, shutil.which("python3"), "/usr/bin/python3"):
        if command and shutil.which(command) and subprocess.run([command, "-c", "import numpy"], capture_output=True).returncode == 0:
            return command
    raise SystemExit("no python3 here has NumPy; install it (apt-get install python3-numpy, pip install numpy), or name one: PYTHON=python3.11")


@functools.cache
def regions():
    return marks.regions(EDITION, list(tasks.TASKS), [EDITION / FILE])


@functools.cache
def original(path):
    return (EDITION / path).read_text()


def text_with(region, code):
    return marks.replaced(original(region.path), region, code)


def stub(region):
    """The functions of a solution with their descriptions, and without what they do."""
    source = textwrap.dedent("\n".join(original(region.path).split("\n")[region.first + 1 : region.last]))
    lines, kept, done = source.split("\n"), [], 0
    for function in ast.parse(source).body:
        body = function.body[0]
        described = isinstance(body, ast.Expr) and isinstance(body.value, ast.Constant)
        kept += lines[done : body.end_lineno if described else body.lineno - 1]
        kept.append(f'    raise NeedsTask("{region.task}")')
        done = function.end_lineno
    return "\n".join(kept + lines[done:]).strip("\n")


def answers_of(path, text, *groups, seconds=10):
    """What a solution says whose file is `text`: for each group of cases an answer a case. Every group has a run of its own."""
    kept = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH")
    environment = {"OPENBLAS_NUM_THREADS": "1", **{name: os.environ[name] for name in kept if name in os.environ}}
    with tempfile.TemporaryDirectory(prefix="task") as name:
        file = Path(name) / path
        file.write_text(text, errors="replace")
        command = [python(), "-I", "-B", EDITION / "answers.py", file, "--confined", HERE]
        answers, run = [], None
        for cases in groups:
            if run and run.reason.startswith("took"):
                run = run._replace(output="")  # one endless loop is enough
            else:
                run = sandbox.run(command, judge.encoded(cases), name, seconds, environment=environment, filtered=False)
            answers.append(judge.decoded(run.output, len(cases), run.reason))
        return answers


def prepare():
    """Checks that the original solution runs here."""
    cases = tasks.solved("1.1", "public", LANGUAGE)
    (answers,) = answers_of(FILE, original(FILE), cases)
    if (points := judge.judged(cases, answers)).points != 100:
        raise SystemExit(f"no solution could run on this machine: {points.messages[0]}")
