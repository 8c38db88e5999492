"""Makes a student's tree: python3 tests/course/handout.py OUT ["1.1 2.1 …"]. It takes only the sources that a student needs.
Stubs replace the solutions of the tasks (default: all). Then the new tree is searched for marks and for every telling line of
the solutions that were taken out; if anything is found, or the marks are not clean, there is no tree.
"""

import json
import re
import shutil
import sys
from pathlib import Path

import marks
import numpy_bench
import tasks

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "tests/course"
# The sources of a handout are these and all that they include, with the .cpp of each header.
ROOTS = ["tests/course/handout/src/main.cpp", "tests/programs/answers.cpp", "src/core/*.cpp"]
ROOTS += [f"tests/core/test_{name}.cpp" for name in "activation dense elementary initializer loss network optimizer".split()]
ROOTS += ["tests/training/test_gradcheck.cpp"]
TAKEN = [".clang-format", ".gitignore", "tests/doctest.cmake", "configs/[!di]*.toml"]  # iris and digits need data files
FOR_STUDENTS = ["check.py", "judge.py"]
LARGEST_HANDOUT = 120  # files


def files():
    """The files of the tree that a handout takes, relative to the root, with the golden numbers that its tests read."""
    waiting = [path for pattern in ROOTS for path in sorted(ROOT.glob(pattern))]
    taken = {path for pattern in TAKEN for path in ROOT.glob(pattern)}
    while waiting:
        path = waiting.pop()
        if path in taken or not path.exists():
            continue
        taken.add(path)
        text = path.read_text()
        for name in re.findall(r'#include "([^"]+)"', text):
            source = Path(name.replace("primer/", "src/", 1)).with_suffix(".cpp")
            waiting += [ROOT / "include" / name, ROOT / source, (path.parent / name).resolve()]
        taken |= {found for name in re.findall(r'[/"](\w+\.csv)"', text) if (found := ROOT / "tests/golden" / name).exists()}
    return sorted(path.relative_to(ROOT) for path in taken if COURSE not in path.parents)


def copy_tree(out):
    for path in files():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, out / path)
    shutil.copytree(COURSE / "handout", out, dirs_exist_ok=True)
    (out / "tests/course").mkdir()
    for name in FOR_STUDENTS:
        shutil.copy(COURSE / name, out / "tests/course" / name)


def strip(out, chosen):
    """Replaces the solutions of the chosen tasks by stubs, and removes the marks of all tasks."""
    for region in sorted(
        chosen + [r for r in marks.regions(out, list(tasks.TASKS)) if r not in chosen], key=lambda r: -r.first
    ):
        path = out / region.path
        text = path.read_text()
        lines = text.split("\n")
        if region in chosen:
            text = marks.replaced(
                text, region, marks.handed_out(region, lines[region.first], tasks.TASKS[region.task].stub)
            )
        else:
            text = marks.replaced(text, region, lines[region.first + 1 : region.last])
        path.write_text(text)
    for path in {out / region.path for region in chosen}:
        path.write_text(marks.with_include(path.read_text()))


def telling_lines(chosen):
    return {
        line: region
        for region in chosen
        for line in marks.telling_lines(region, (ROOT / region.path).read_text(), tasks.TASKS[region.task].stub)
    }


def leaks(out, chosen):
    """Every line of the tree that still has a mark or a part of a solution."""
    telling = telling_lines(chosen)
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        name = path.relative_to(out)
        if path.suffix in (".cpp", ".hpp"):
            for i, line in enumerate(text.split("\n")):
                if marks.LIKE_A_MARK.search(line):
                    yield f"{name}:{i + 1}: a mark is left"
        flat = marks.squeezed(text)
        for line, region in telling.items():
            if line in flat:
                yield f"{name}: contains a line of the solution of task {region.task}: {line}"


def readme(out, chosen):
    """The text for the student, with the file and the line of each task."""
    sections = "\n".join(
        f"## Task {r.task} ({r.points} points): {r.title}\n\nIn `{r.path}:{marks.line_of(r, (out / r.path).read_text())}`.\n{tasks.TASKS[r.task].brief}"
        for r in chosen
    )
    return (COURSE / "handout/README.md").read_text().replace("TASKS_GO_HERE\n", sections)


def workflow(chosen):
    """The workflow for GitHub Classroom. Each task is a step, because a step gets all points or none."""
    steps = [
        "name: Autograding",
        "on: [push, workflow_dispatch]",
        "permissions: {checks: write, actions: read, contents: read}",
        "jobs:",
        "  check:",
        "    runs-on: ubuntu-latest",
        "    steps:",
        "      - uses: actions/checkout@v4",
    ]
    names = {r.task: "task-" + r.task.replace(".", "-") for r in chosen}
    for r in chosen:
        steps += [
            f'      - name: "Task {r.task}, {r.title}"',
            f"        id: {names[r.task]}",
            "        uses: classroom-resources/autograding-command-grader@v1",
            "        with:",
            f'          test-name: "Task {r.task}"',
            f"          command: python3 tests/course/check.py {r.task}",
            "          timeout: 10",
            f"          max-score: {r.points}",
        ]
    steps += [
        "      - name: Report",
        "        uses: classroom-resources/autograding-grading-reporter@v1",
        "        env:",
    ]
    steps += [f'          {name.upper()}_RESULTS: "${{{{steps.{name}.outputs.result}}}}"' for name in names.values()]
    steps += ["        with:", f"          runners: {','.join(names.values())}"]
    return "\n".join(steps) + "\n"


def write_handout(out, chosen):
    copy_tree(out)
    strip(out, chosen)
    public = {r.task: tasks.solved(r.task, "public") for r in chosen}
    (out / "tests/course/public.json").write_text(json.dumps(public, ensure_ascii=False))
    (out / "README.md").write_text(readme(out, chosen))
    folder = out / ".github/workflows"
    folder.mkdir(parents=True)
    (folder / "classroom.yml").write_text(workflow(chosen))


def write_numpy_handout(out, chosen):
    """The NumPy edition: one folder of a few files."""
    for path in sorted(numpy_bench.EDITION.glob("*.py")):
        shutil.copy(path, out / path.name)
    shutil.copy(COURSE / "judge.py", out / "judge.py")
    text = numpy_bench.original(numpy_bench.FILE)
    for region in sorted(numpy_bench.regions(), key=lambda r: -r.first):
        lines = text.split("\n")[region.first + 1 : region.last]
        if region in chosen:
            lines = marks.handed_out(region, "", numpy_bench.stub(region))
        text = marks.replaced(text, region, lines)
    (out / numpy_bench.FILE).write_text(text)
    public = {r.task: tasks.solved(r.task, "public", "python") for r in chosen}
    (out / "public.json").write_text(json.dumps(public, ensure_ascii=False))
    listed = "\n".join(
        f"- Task {r.task} ({r.points} points): {r.title}, `{r.path}:{marks.line_of(r, text)}`" for r in chosen
    )
    readme = (numpy_bench.EDITION / "README.md").read_text()
    (out / "README.md").write_text(readme.replace("TASKS_GO_HERE", listed))


def numpy_leaks(out, chosen):
    """The lines of solutions that the file of a student still has."""
    text = (out / numpy_bench.FILE).read_text().split("\n")
    for region in chosen:
        shown = numpy_bench.stub(region).split("\n")
        for line in numpy_bench.original(region.path).split("\n")[region.first + 1 : region.last]:
            if line.strip() and line not in shown and line in text:
                yield f"{numpy_bench.FILE}: contains a line of the solution of task {region.task}: {line.strip()}"


def main():
    if len(sys.argv) < 2 or not sys.argv[1]:
        raise SystemExit('write: make assignment OUT=folder [TASKS="1.1 2.1"] [LANGUAGE=python]')
    language = sys.argv[3] if len(sys.argv) > 3 and sys.argv[3] else "c++"
    if language not in ("c++", "python"):
        raise SystemExit(f"LANGUAGE={language}: write python, or leave it out for C++")
    out = Path(sys.argv[1]).resolve()
    asked = " ".join(sys.argv[2:3]).split() or list(tasks.TASKS)
    unknown = [task for task in asked if task not in tasks.TASKS]
    if unknown:
        raise SystemExit(f"unknown task {unknown[0]}; the tasks are {' '.join(tasks.TASKS)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SystemExit(f"{out}: not an empty folder")
    try:
        marked = marks.regions(ROOT, list(tasks.TASKS)) if language == "c++" else numpy_bench.regions()
        chosen = [region for region in marked if region.task in asked]
    except marks.Refused as refused:
        raise SystemExit(str(refused))
    missing = set(asked) - {region.task for region in chosen}
    if missing:
        raise SystemExit(f"task {min(missing)} is not marked in the sources")
    out.mkdir(parents=True, exist_ok=True)
    (write_handout if language == "c++" else write_numpy_handout)(out, chosen)
    found = list((leaks if language == "c++" else numpy_leaks)(out, chosen))
    if found:
        shutil.rmtree(out)
        raise SystemExit("\n".join(found))
    count = sum(path.is_file() for path in out.rglob("*"))
    print(
        f"{out}: {count} files, tasks {' '.join(r.task for r in chosen)}, {sum(r.points for r in chosen)} points; no mark and no line of a solution is left"
    )


if __name__ == "__main__":
    main()
