"""The acceptance of class grading, which takes minutes: python3 tests/course/accept_class.py [120]. Makes so many submissions from
the wrong solutions, half of them in C++ and half in NumPy, as folders and zips. It grades them, kills the grader in the middle
and goes on, compares a sample with one-by-one grading in another order, and compares the histogram with what was planted.
"""

import csv
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

import bench
import grade_class
import handout
import misconceptions
import numpy_bench
import numpy_misconceptions

HERE = Path(__file__).resolve().parent


def put(folder, region, code):
    path = folder / region.path
    lines = path.read_text().split("\n")
    begin, end = (next(i for i, line in enumerate(lines) if line.strip() == mark) for mark in (region.begin, region.end))
    path.write_text("\n".join([*lines[: begin + 1], *code.split("\n"), *lines[end:]]))


def make_class(folder, size):
    """Writes the submissions. Returns for each student the tasks with a wrong solution, and the words that the message must contain."""
    r, planted = random.Random(7), {}
    blank = {"c++": folder / "blank", "python": folder / "blank.python"}
    for path in blank.values():
        path.mkdir(parents=True)
    handout.write_handout(blank["c++"], bench.regions())
    handout.write_numpy_handout(blank["python"], numpy_bench.regions())
    for i in range(size):
        edition, solutions = ((bench, misconceptions), (numpy_bench, numpy_misconceptions))[i % 2]
        name = f"student{i:03d}"
        tree = folder / "class" / name
        shutil.copytree(blank[edition.LANGUAGE], tree)
        right = dict(solutions.RIGHT)
        planted[name] = {}
        for region in edition.regions():
            wrong = [w for w in solutions.WRONG if w[0] == region.task and w[2]]
            code = right[region.task]
            if r.random() < 0.3:
                _, what, words, code = r.choice(wrong)
                planted[name][region.task] = words
            put(tree, region, code)
        if i % 3 == 0:
            with zipfile.ZipFile(tree.with_suffix(".zip"), "w") as pack:
                for region in {region.path: region for region in edition.regions()}.values():
                    pack.write(tree / region.path, f"{name}/{region.path}")
            shutil.rmtree(tree)
    for path in blank.values():
        shutil.rmtree(path)
    return planted


def results(out):
    kept = ("grades.csv", "misconceptions.csv", "misconceptions.html")
    files = [p for p in out.rglob("*") if p.is_file() and (p.name in kept or "students" in p.parts)]
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in files}


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    with tempfile.TemporaryDirectory(prefix="accept") as name:
        folder = Path(name)
        planted = make_class(folder, size)
        secret = folder / "secret"
        secret.write_text("words that no student knows")
        bench.prepare()
        out = folder / "out"
        command = [sys.executable, str(HERE / "grade_class.py"), str(folder / "class"), "--hidden", str(secret), "--results", str(out)]
        begun = time.time()
        with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as grader:
            while not grader.stderr.readline().startswith(f"{size // 2} of"):
                pass
            grader.send_signal(signal.SIGKILL)
        done = subprocess.run(command, capture_output=True, text=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        kept = done.stderr.count("graded before")
        print(f"{size} submissions: {time.time() - begun:.0f} s on {os.cpu_count()} cores, {used.ru_utime + used.ru_stime:.0f} s of CPU;", flush=True)
        print(f"killed in the middle, {kept} results kept; exit code {done.returncode}")
        ok = done.returncode == 0 and kept >= size // 2
        astray, unnamed, rows = [], 0, Counter()
        for student, wrong in planted.items():
            tests = json.loads((out / "students" / student / "results.json").read_text())["tests"]
            if {test["number"] for test in tests if test["status"] == "failed"} != set(wrong):
                astray.append(student)
            for test in tests:
                unnamed += test["number"] in wrong and wrong[test["number"]] not in test["output"]
                for hint in grade_class.reasons(test):
                    rows[test["number"], hint] += 1
        total = sum(map(len, planted.values()))
        print(f"{total} planted wrong solutions; other tasks failed than planted: {astray or 'none'}; {unnamed} not named")
        with open(out / "misconceptions.csv", newline="") as file:
            listed = {(row["task"], row["reason"]): int(row["students"]) for row in csv.DictReader(file)}
        print(f"the histogram has {len(listed)} rows, {'equal to' if listed == rows else 'NOT EQUAL TO'} what the students were told")
        ok = ok and not astray and unnamed < 0.1 * total and listed == rows
        sample = sorted((folder / "class").iterdir(), reverse=True)[:: max(1, size // 12)]
        different = 0
        for path in sample:
            tree = path
            if path.suffix == ".zip":
                tree = folder / "unpacked" / path.stem
                with zipfile.ZipFile(path) as pack:
                    pack.extractall(tree)
            alone = folder / "alone.json"
            one = [sys.executable, str(HERE / "grade.py"), str(tree), "--hidden", str(secret), "--results", str(alone)]
            subprocess.run(one, check=True, capture_output=True)
            grouped = json.loads((out / "students" / path.stem / "results.json").read_text())
            different += grouped["tests"] != json.loads(alone.read_text())["tests"]
        print(f"{len(sample)} graded one by one in reverse order: {different} differ")
        ok = ok and different == 0
        before = results(out)
        subprocess.run(command, check=True, capture_output=True)
        ok = ok and results(out) == before
        print("graded again: the same bytes" if results(out) == before else "graded again: OTHER BYTES")
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
