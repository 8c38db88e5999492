"""Checks tasks for a student: python3 tests/course/check.py ["1.1"]. First the machine, then the answers to the public inputs."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import judge

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = Path(__file__).with_name("public.json")
SAMPLE = "#include <bit>\n#include <charconv>\n#include <span>\nint main() { double x = 0; return int(std::bit_cast<unsigned long long>(x)) + int(std::from_chars(nullptr, nullptr, x).ptr != nullptr); }\n"


def fail(text):
    raise SystemExit(f"environment: {text}")


def check_environment():
    if not shutil.which("cmake"):
        fail("cmake is missing; install it (apt-get install cmake, brew install cmake)")
    compiler = os.environ.get("CXX") or "c++"
    if not shutil.which(compiler):
        fail(f"the compiler {compiler} is missing; install g++ 12 or clang 14, or newer")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "sample.cpp"
        source.write_text(SAMPLE)
        if (
            subprocess.run(
                [compiler, "-std=c++20", str(source), "-o", f"{folder}/sample"], capture_output=True
            ).returncode
            != 0
        ):
            fail(
                f"{compiler} cannot compile C++20; install g++ 12 or clang 14, or newer, and name it: make check CXX=g++-12"
            )
    version = re.search(
        r"version (\d+)\.(\d+)", subprocess.run(["cmake", "--version"], capture_output=True, text=True).stdout
    )
    if not version or (int(version[1]), int(version[2])) < (3, 20):
        fail("cmake is older than 3.20; install a newer one")
    print("environment: ok")


def build():
    """The program that asks your code; what the compiler says about it goes to the terminal."""
    subprocess.run(["cmake", "-S", str(ROOT), "-B", str(ROOT / "build")], stdout=subprocess.DEVNULL, check=False)
    jobs = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL") or str(os.cpu_count())
    print("building (the first time takes half a minute)", flush=True)
    built = subprocess.run(
        ["cmake", "--build", str(ROOT / "build"), "--target", "answers", "-j", jobs], capture_output=True, text=True
    )
    if built.returncode != 0:
        said = (built.stdout + built.stderr).replace(f"{ROOT}/", "").split("\n")
        errors = [line for line in said if "error" in line]
        told = ["your code does not compile; the first error above is the one to look at"]
        if errors and (yours := own_line(said, errors[0])):
            told.append(f"it comes from your line {yours}")
        raise SystemExit("\n".join(errors[:10] + told))
    return ROOT / "build/answers"


def own_line(said, error):
    """The place and the text of the student's line that led to an error elsewhere, such as in a function that it calls: the
    compiler names the lines on the way before the error."""
    for line in reversed(said[: said.index(error) + 1]):
        place = re.match(r"(\S+?):(\d+):", line)
        if not place or not (ROOT / place[1]).is_file():
            continue
        lines, number = (ROOT / place[1]).read_text().split("\n"), int(place[2])
        begun = [text for text in lines[:number] if "Your code from here" in text or re.search(r"to here \(task", text)]
        if begun and "Your code from here" in begun[-1]:
            return "" if line == error else f"{place[1]}:{number}: {lines[number - 1].strip()}"
    return ""


def answers(program, solved):
    try:
        run = subprocess.run([program], input=judge.encoded(solved).encode(), capture_output=True, timeout=30)
    except subprocess.TimeoutExpired:
        return ["no answer: the program took more than 30 seconds; does a loop never end?"] * len(solved)
    ending = f"ended with exit code {run.returncode}" if run.returncode >= 0 else f"crashed (signal {-run.returncode})"
    return judge.decoded(run.stdout.decode(errors="replace"), len(solved), ending)


def public_inputs():
    if PUBLIC.exists():
        return json.loads(PUBLIC.read_text())
    import tasks

    return {number: tasks.solved(number, "public") for number in tasks.TASKS}


def main():
    inputs = public_inputs()
    asked = " ".join(sys.argv[1:]).split() or list(inputs)
    if unknown := [task for task in asked if task not in inputs]:
        raise SystemExit(f"there is no task {unknown[0]} here; the tasks are {' '.join(inputs)}")
    check_environment()
    program = build()
    right = 0
    for task in asked:
        points, messages, _ = judge.judged(inputs[task], answers(program, inputs[task]))
        right += points == 100
        print(f"task {task}: {'all right' if points == 100 else f'{points:.0f} % right'}")
        for message in messages:
            print(f"  {message}")
    sys.exit(0 if right == len(asked) else 1)


if __name__ == "__main__":
    main()
