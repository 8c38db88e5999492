"""Grades a submission: python3 tests/course/grade.py SUBMISSION [--tasks "1.1 2.1"] [--hidden FILE] [--results FILE]

Of the submission only the files that carry tasks are read. Each task is compiled by itself, first its own lines put into
the pristine file, then, if that is not all right, the whole file as submitted, and the better of the two counts: so an
error elsewhere costs nothing, and a helper function outside of the marked lines does no harm. The program that holds the
student's code gets inputs and prints raw outputs; the right answers are computed here, after it has ended. The hidden
inputs are drawn from the text of FILE, whatever it is; whoever has no such file draws what everybody can draw.
"""

import argparse
import json
import os
import stat
import sys
from pathlib import Path

import bench
import judge
import marks
import tasks

LARGEST = 1 << 18  # bytes of a source file
PUBLIC = "public"


def taken(submission, path):
    """The text of a submitted file, or the reason why there is none. The file may lie in its folder, in a tree one folder
    down, as in a zip of that folder, or alone, as in an upload of single files."""
    ways = [submission / path, *sorted(submission.glob(f"*/{path}")), submission / Path(path).name]
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


def grade_task(region, submission, hidden):
    """(points out of 100, messages)"""
    text, reason = taken(submission, region.path)
    if text is None:
        return 0.0, [reason]
    public, secret = (tasks.solved(region.task, seed) for seed in (PUBLIC, hidden))
    code = marks.code_of(region, text)
    attempts = ([bench.text_with(region, code)] if code is not None else []) + [text]
    best = (-1.0, [])
    for attempt in attempts:
        answers = bench.answers_of(region.path, attempt, public, secret)
        points, _ = judge.judged(public + secret, sum(answers, []))
        seen, messages = judge.judged(public, answers[0])
        if points < seen:
            messages.append("some of what is right on the public inputs is wrong on the hidden ones")
        if points > best[0] or (points == best[0] and best[1][0].startswith("does not compile")):
            best = points, messages
        if points == 100 or any("took more than" in message for message in messages):
            break
    return best


def write(path, tests):
    """Writes results.json for Gradescope, completely or not at all."""
    result = {
        "score": round(sum(test["score"] for test in tests), 2),
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    beside = path.with_name(path.name + ".new")
    beside.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    os.replace(beside, path)


def main():
    parser = argparse.ArgumentParser(description="grades a submission")
    parser.add_argument("submission", type=Path)
    parser.add_argument("--tasks", default="", help="the tasks that were handed out; default: all")
    parser.add_argument("--hidden", type=Path, help="a secret text, from which the hidden inputs are drawn")
    parser.add_argument("--results", type=Path, default=bench.OBJECTS / "results.json")
    options = parser.parse_args()
    if not options.submission.is_dir():
        parser.error(f"{options.submission}: no such folder")
    chosen = options.tasks.split() or list(tasks.TASKS)
    unknown = [task for task in chosen if task not in tasks.TASKS]
    if unknown:
        parser.error(f"unknown task {unknown[0]}; the tasks are {' '.join(tasks.TASKS)}")
    hidden = options.hidden.read_text() if options.hidden else "hidden"
    regions = [region for region in bench.regions() if region.task in chosen]
    tests = [
        {
            "name": region.title,
            "number": region.task,
            "score": 0.0,
            "max_score": float(region.points),
            "status": "failed",
            "output": "not graded",
            "visibility": "visible",
        }
        for region in regions
    ]
    options.results.parent.mkdir(parents=True, exist_ok=True)
    write(options.results, tests)
    bench.prepare()
    for region, test in zip(regions, tests):
        try:
            points, messages = grade_task(region, options.submission, hidden)
        except Exception as error:  # a fault of the grader must not cost the points of other tasks
            points, messages = 0.0, [f"the grader failed: {error!r}"]
        test["score"] = round(region.points * points / 100, 2)
        test["status"] = "passed" if points == 100 else "failed"
        test["output"] = "\n".join(messages) or "all right"
        write(options.results, tests)
        print(f"{region.task}  {test['score']:5g} / {region.points:<3d} {region.title}")
        for message in messages:
            print(f"       {message}")
    print(f"     {sum(t['score'] for t in tests):5g} / {sum(r.points for r in regions)}  of all, in {options.results}")
    if not options.hidden:
        print("     the hidden inputs come from a public word; HIDDEN=FILE keeps them secret", file=sys.stderr)


if __name__ == "__main__":
    main()
