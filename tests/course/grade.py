"""Grades a submission: python3 tests/course/grade.py SUBMISSION [--tasks "1.1 2.1"] [--hidden FILE] [--results FILE], or all
submissions in a folder (see grade_class.py).

The grader reads only the files with tasks. It compiles each task by itself: first the student's own lines in the original
file, then, if these are not all right, the whole file as submitted. The better result counts. So an error elsewhere costs
nothing, and a helper function outside of the marked lines does no harm. The program that holds the student's code gets
inputs and prints raw outputs; the right answers are computed here, after it has ended. The hidden inputs are drawn from the
text of FILE. Without FILE they are drawn from a word that everybody can read.
"""

import argparse
import hashlib
import json
import os
import re
import stat
import sys
from pathlib import Path
from typing import NamedTuple

import bench
import judge
import marks
import numpy_bench
import tasks

LARGEST = 1 << 18  # bytes of a source file
MOST_SEARCHED = 100  # folders in which a file may lie alone
PUBLIC = "public"
VISIBILITIES = ["visible", "after_due_date", "after_published", "hidden"]


class Options(NamedTuple):
    tasks: tuple  # the numbers of the tasks that were handed out
    hidden: str = "hidden"  # the text that the hidden inputs are drawn from
    seconds: int = 10  # processor time of a run
    right_values: bool = True  # whether a message shows the right value
    visibility: str = "visible"  # when Gradescope shows the result to the student


def folder_of(text):
    if not text:
        raise argparse.ArgumentTypeError("write make grade SUBMISSION=folder, or SUBMISSIONS=folder for a class")
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text}: no such folder")
    return Path(text)


class Parser(argparse.ArgumentParser):
    def error(self, message):  # in one line, without the usage
        self.exit(2, f"{self.prog}: {message}\n")


def add_options(parser):
    parser.add_argument("--tasks", default="", help="the tasks that were handed out; default: all")
    parser.add_argument("--hidden", type=Path, help="a secret text, from which the hidden inputs are drawn")
    parser.add_argument("--seconds", type=int, default=10, help="processor time for each run of a task; default: 10")
    parser.add_argument("--withhold", action="store_true", help="do not show the right values")
    parser.add_argument("--visibility", choices=VISIBILITIES, default="visible", help="when Gradescope shows the result")


def options_of(parser, arguments):
    chosen = arguments.tasks.split() or list(tasks.TASKS)
    unknown = [task for task in chosen if task not in tasks.TASKS]
    if unknown:
        parser.error(f"unknown task {unknown[0]}; the tasks are {' '.join(tasks.TASKS)}")
    if arguments.seconds < 1:
        parser.error("--seconds must be at least 1")
    if arguments.hidden and not (arguments.hidden.is_file() and arguments.hidden.read_text(errors="replace").strip()):
        parser.error(f"{arguments.hidden}: no such file, or it is empty; write any text of your own that students do not have")
    if not arguments.hidden:
        print("the hidden inputs come from a public word; HIDDEN=FILE keeps them secret", file=sys.stderr)
    hidden = arguments.hidden.read_text(errors="replace") if arguments.hidden else "hidden"
    return Options(tuple(chosen), hidden, arguments.seconds, not arguments.withhold, arguments.visibility)


def folders_of(submission, depth=3):
    """The submission and the folders in it, the outer ones first, and none through a link."""
    level = [submission]
    for _ in range(depth + 1):
        yield from level
        level = [e for folder in level for e in sorted(folder.iterdir()) if e.is_dir() and not e.is_symlink() and not e.name.startswith((".", "__"))]


def own_name(name):
    """The name of a file before a browser or a course system has numbered it: "dense (1).cpp" and "dense-1.cpp" are dense.cpp."""
    return re.sub(r"( ?\(\d+\)|-\d+)(?=\.\w+$)", "", name)


def taken(submission, path):
    """The text of a submitted file, or the reason why there is none. The file may lie in its folder, in a tree up to three folders
    down, as in a zip of that folder, or alone, as in an upload of single files, also with the number of a later upload."""
    name = Path(path).name
    folders = list(folders_of(submission))
    ways = [folder / path for folder in folders]
    ways += [way for folder in folders[:MOST_SEARCHED] for way in sorted(folder.iterdir()) if own_name(way.name) == name]
    place = next((way for way in ways if os.path.lexists(way)), ways[0])
    if place.resolve() != submission.resolve() / place.relative_to(submission):
        return None, f"{path} is a link"
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        return None, f"{path}: {error.strerror}"
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1:
            return None, f"{path} is not a regular file of its own"
        if facts.st_size > LARGEST:
            return None, f"{path} is larger than {LARGEST} bytes"
        return file.read(LARGEST).decode(errors="replace"), ""


def edition_of(submission):
    """What grades a submission: it is one of the NumPy edition if it has that edition's file."""
    text, reason = taken(submission, numpy_bench.FILE)
    return bench if text is None and "No such file" in reason else numpy_bench


kept_answers = None  # a folder, if what equal files answer is computed once; grade_class.py sets it


def answers_of(edition, path, text, groups, seconds):
    if not kept_answers:
        return edition.answers_of(path, text, *groups, seconds=seconds)
    asked = repr((edition.LANGUAGE, path, text, seconds, [judge.encoded(cases) for cases in groups]))
    file = kept_answers / hashlib.sha256(asked.encode()).hexdigest()
    if file.exists():
        return json.loads(file.read_text())
    answers = edition.answers_of(path, text, *groups, seconds=seconds)
    if "took more than" not in str(answers):  # that may depend on what else the machine does
        write_text(file, json.dumps(answers), f".{os.getpid()}")
    return answers


def grade_task(edition, region, submission, options):
    """The judgement of one task, with the messages and hints on the public inputs."""
    text, reason = taken(submission, region.path)
    if text is None:
        return judge.Judgement(0.0, [reason], [])
    public, secret = (tasks.solved(region.task, seed, edition.LANGUAGE) for seed in (PUBLIC, options.hidden))
    code = marks.code_of(region, text)
    attempts = ([edition.text_with(region, code)] if code is not None else []) + [text]
    best, told_all = None, True
    for attempt in attempts:
        answers = answers_of(edition, region.path, attempt, [public, secret], options.seconds)
        points = judge.judged(public + secret, sum(answers, [])).points
        seen, messages, hints = judge.judged(public, answers[0], options.right_values)
        if points < seen:
            messages.append("some of what is right on the public inputs is wrong on the hidden ones")
        whole = not any(words in message for message in messages for words in ("does not compile", "is not defined"))
        if best is None or points > best.points or (points == best.points and not told_all):
            best, told_all = judge.Judgement(points, messages, hints), whole
        if points == 100 or any("took more than" in message for message in messages):
            break
        if whole and marks.nothing_but_the_tasks(text, edition.original(region.path)):
            break  # the student wrote nothing outside of the marked lines
    return best


def empty_tests(options):
    """The tests of results.json before anything is graded: of every task that is marked in an edition."""
    regions = {region.task: region for region in numpy_bench.regions() + bench.regions()}
    return [
        {
            "name": regions[task].title,
            "number": task,
            "score": 0.0,
            "max_score": float(regions[task].points),
            "status": "failed",
            "output": "not graded",
            "visibility": options.visibility,
        }
        for task in tasks.TASKS
        if task in regions and task in options.tasks
    ]


def fill(test, judgement):
    test["score"] = round(test["max_score"] * judgement.points / 100, 2)
    test["status"] = "passed" if judgement.points == 100 else "failed"
    test["output"] = "\n".join(judgement.messages) or "all right"
    test["extra_data"] = {"misconceptions": judgement.hints}


def grade(submission, options, done=lambda tests: None):
    """The tests of results.json. Calls done(tests) after each task."""
    tests = empty_tests(options)
    done(tests)
    edition = edition_of(submission)
    regions = {region.task: region for region in edition.regions()}
    for test in tests:
        region = regions.get(test["number"])
        try:
            judgement = (
                grade_task(edition, region, submission, options)
                if region
                else judge.Judgement(0.0, [f"this task is not marked in the {edition.LANGUAGE} edition"], [])
            )
        except Exception as error:  # a fault of the grader must not cost the points of other tasks
            judgement = judge.Judgement(0.0, [f"the grader failed: {error!r}"], [])
        fill(test, judgement)
        done(tests)
    return tests


def score(tests):
    return round(sum(test["score"] for test in tests), 2)


def feedback(tests):
    """What a student reads about each task."""
    for test in tests:
        yield f"{test['number']}  {test['score']:5g} / {test['max_score']:<3g} {test['name']}"
        if test["status"] == "failed":
            yield from (f"       {message}" for message in test["output"].split("\n"))
    yield f"     {score(tests):5g} / {sum(test['max_score'] for test in tests):g}  of all"


def write(path, tests, options, extra=None):
    """Writes results.json for Gradescope, completely or not at all."""
    result = {
        "score": score(tests),
        "visibility": options.visibility,
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": extra or {},
    }
    write_text(path, json.dumps(result, indent=1, ensure_ascii=False) + "\n")


def write_text(path, text, suffix=".new"):
    beside = path.with_name(path.name + suffix)
    beside.write_text(text)
    os.replace(beside, path)


def main():
    parser = Parser(description="grades a submission")
    parser.add_argument("submission", type=folder_of)
    parser.add_argument("--results", type=Path, default=bench.OBJECTS / "results.json")
    add_options(parser)
    arguments = parser.parse_args()
    options = options_of(parser, arguments)
    arguments.results.parent.mkdir(parents=True, exist_ok=True)
    write(arguments.results, empty_tests(options), options)
    edition_of(arguments.submission).prepare()
    shown = 0

    def done(tests):
        nonlocal shown
        write(arguments.results, tests, options)
        lines = list(feedback([test for test in tests if test["output"] != "not graded"]))[:-1]
        print("".join(line + "\n" for line in lines[shown:]), end="", flush=True)
        shown = len(lines)

    tests = grade(arguments.submission, options, done)
    print(list(feedback(tests))[-1] + f", in {arguments.results}")


if __name__ == "__main__":
    main()
