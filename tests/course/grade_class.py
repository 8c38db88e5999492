"""Grades a class: python3 tests/course/grade_class.py SUBMISSIONS [--results FOLDER] [options of grade.py]. Each folder and each
zip in SUBMISSIONS is the submission of a student; its name is the student's. Several are graded at the same time, each exactly
as grade.py grades it alone; only what equal files answer, such as tasks that nobody has begun, is computed once.

FOLDER then has grades.csv, misconceptions.csv (how many students fell for which misconception), misconceptions.html (the same
as a page to project, without names) and for each student students/NAME/results.json and students/NAME/feedback.txt. If the
grading is interrupted, the same command goes on: it keeps each result that belongs to the same files, options and grader, and the answers of files in answers/.
"""

import contextlib
import csv
import ctypes
import hashlib
import html
import io
import json
import multiprocessing
import os
import re
import shutil
import signal
import stat
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import bench
import grade
import numpy_bench

MOST_ENTRIES = 1000  # of a zip, of those that are named like a file with tasks
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
AGAIN = r"(?i)\.zip$|[ _]*\(\d+\)$|[ _-](late|resubmission|resubmitted)([ _-].*)?$"  # what a later submission has in its name
PAGE = Path(__file__).with_name("misconceptions.html")
NOT_A_MISCONCEPTION = [  # what a message contains, and what the histogram says
    ("cannot be unpacked", "not handed in"),
    ("needs task", "not attempted"),
    ("No such file", "not handed in"),
    ("does not compile", "does not compile"),
    ("took more than", "takes too long"),
    ("was ended by", "crashes"),
]


def readable(name):
    """A name as text, also if an old program has written it with the letters of Windows."""
    raw = os.fsencode(name)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def submissions_in(folder):
    """((name of the student, path), … in alphabetical order, remarks for the lecturer). Any archive is a submission, so that a student who
    has sent one of the wrong kind is in the table, too."""
    entries = [e for e in sorted(folder.iterdir()) if not e.name.startswith((".", "__MACOSX"))]
    remarks = [f"{readable(e.name)}: neither a folder nor a zip; left out" for e in entries if not e.is_dir() and e.suffix.lower() not in ARCHIVES]
    entries = [e for e in entries if e.is_dir() or e.suffix.lower() in ARCHIVES]
    stems = [e.name if e.is_dir() else e.stem for e in entries]
    found = sorted((stem if stems.count(stem) == 1 else e.name, e) for stem, e in zip(stems, entries))
    first = {name.casefold(): name for name, _ in found}
    for name, _ in found:
        person = re.sub(AGAIN, "", name).casefold()
        if person != name.casefold() and person in first:
            remarks.append(f"{readable(first[person])}, {readable(name)}: the same student twice? Each is graded and has a row")
    return found, remarks


def unpack(path, folder):
    """Writes those files of a zip to `folder` that have the name of a file with tasks, and no others. A link becomes a link to
    nowhere, and a file that is too large becomes one that is a byte too large, so that the grader sees both and refuses them."""
    wanted = {Path(region.path).name for region in bench.regions() + numpy_bench.regions()}
    with zipfile.ZipFile(path) as pack:
        entries = [(entry, Path(entry.filename.replace("\\", "/")).parts) for entry in pack.infolist() if not entry.is_dir()]
        for entry, parts in [(e, parts) for e, parts in entries if parts and grade.own_name(parts[-1]) in wanted][:MOST_ENTRIES]:
            if set(parts) & {"..", "/", "__MACOSX"}:
                continue
            target = folder.joinpath(*parts)
            if len(parts) > 12 or os.path.lexists(target):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if stat.S_ISLNK(entry.external_attr >> 16):
                target.symlink_to("/nowhere")
                continue
            with pack.open(entry) as file:
                target.write_bytes(file.read(grade.LARGEST + 1))


@contextlib.contextmanager
def opened(path):
    """The folder of a submission, and what is wrong with it."""
    if path.is_dir():
        yield path, ""
        return
    with tempfile.TemporaryDirectory(prefix="zip") as name:
        fault = ""
        try:
            unpack(path, Path(name))
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
            fault = f"{readable(path.name)}: cannot be unpacked: {error}; hand in a folder or a zip"
        yield Path(name), fault


def edition_in(path):
    with opened(path) as (folder, _):
        return grade.edition_of(folder)


def fingerprint(folder, options, state):
    """Changes whenever the result might."""
    digest = hashlib.sha256(repr((state, options)).encode())
    for path in sorted({region.path for region in bench.regions() + numpy_bench.regions()}):
        digest.update(repr(grade.taken(folder, path)).encode())
    return digest.hexdigest()


def stored(out, mark):
    """The tests of an earlier result for the same submission, or None."""
    try:
        result = json.loads((out / "results.json").read_text())
        return result["tests"] if result["extra_data"]["graded_as"] == mark and (out / "feedback.txt").exists() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def grade_student(job):
    """(name, tests, whether an earlier result was kept, what is odd about the submission)"""
    name, path, out, options, state = job
    with opened(path) as (folder, fault):
        mark = fingerprint(folder, options, state + fault)
        files = {region.path for region in grade.edition_of(folder).regions()}
        odd = fault if fault or any(grade.taken(folder, path)[0] is not None for path in files) else "it has no file with tasks"
        if tests := stored(out, mark):
            return name, tests, True, odd
        if fault:
            tests = grade.empty_tests(options)
            for test in tests:
                test["output"] = fault
        else:
            tests = grade.grade(folder, options)
    out.mkdir(parents=True, exist_ok=True)
    grade.write_text(out / "feedback.txt", "\n".join([readable(name), "", *grade.feedback(tests)]) + "\n")
    grade.write(out / "results.json", tests, options, {"graded_as": mark})
    return name, tests, False, odd


def begin_work(folder, answers):
    """A worker ends when the grader is killed, and leaves its files where the next call removes them."""
    tempfile.tempdir = str(folder)
    grade.kept_answers = answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def cell(text):
    """Text that a spreadsheet does not take for a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def grades_csv(graded):
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    tests = graded[0][1]
    table.writerow(["student", *(test["number"] for test in tests), "score", "of"])
    for name, tests in graded:
        scores = [f"{test['score']:g}" for test in tests]
        table.writerow([cell(readable(name)), *scores, f"{grade.score(tests):g}", f"{sum(test['max_score'] for test in tests):g}"])
    return text.getvalue()


def reasons(test):
    """What a student fell for in a task: misconceptions, or in what other way the solution failed."""
    if test["status"] == "passed":
        return []
    if hints := test.get("extra_data", {}).get("misconceptions"):
        return hints
    return [next((what for words, what in NOT_A_MISCONCEPTION if words in test["output"]), "wrong in a way that has no name")]


def histogram(graded):
    """(number of students, task, reason), the most frequent first."""
    counts = Counter((test["number"], reason) for _, tests in graded for test in tests for reason in reasons(test))
    return sorted(((n, task, reason) for (task, reason), n in counts.items()), key=lambda row: (-row[0], row[1:]))


def histogram_csv(rows, students):
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["students", "of", "task", "reason"])
    table.writerows([n, students, task, reason] for n, task, reason in rows)
    return text.getvalue()


def page(rows, students, tests):
    names = {test["number"]: test["name"] for test in tests}
    bars = "\n".join(
        f'<li style="--share: {n / students:.3f}"><b>{n}</b> <span>{html.escape(reason)}</span> <small>{task} {html.escape(names[task])}</small></li>'
        for n, task, reason in rows
    )
    return PAGE.read_text().replace("{{bars}}", bars).replace("{{students}}", str(students))


def main():
    parser = grade.Parser(description="grades all submissions in a folder")
    parser.add_argument("submissions", type=grade.folder_of)
    parser.add_argument("--results", type=Path, default=bench.OBJECTS / "class")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many submissions are graded at the same time")
    grade.add_options(parser)
    arguments = parser.parse_args()
    if any((arguments.submissions / region.path).exists() for region in bench.regions() + numpy_bench.regions()):
        parser.error(f"{arguments.submissions}: this is one submission; write make grade SUBMISSION={arguments.submissions}")
    options = grade.options_of(parser, arguments)
    found, remarks = submissions_in(arguments.submissions)
    if not found:
        parser.error(f"{arguments.submissions}: no folder and no zip in it; each submission is one{''.join('; ' + remark for remark in remarks[:3])}")
    for edition in {edition_in(path) for _, path in found}:
        edition.prepare()
    state = bench.state()
    out = arguments.results.resolve()
    work = out / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    answers = out / "answers" / state[:16]
    for old in (out / "answers").glob("*"):
        if old != answers:  # of another state of the grader
            shutil.rmtree(old)
    answers.mkdir(parents=True, exist_ok=True)
    jobs = [(name, path.resolve(), out / "students" / name, options, state) for name, path in found]
    graded = []
    with multiprocessing.get_context("fork").Pool(max(1, arguments.jobs), begin_work, [work, answers]) as pool:
        for name, tests, kept, odd in pool.imap_unordered(grade_student, jobs):
            graded.append((name, tests))
            how = ", graded before" if kept else ""
            shown = "".join(c if c.isprintable() else "?" for c in readable(name))
            print(f"{len(graded)} of {len(jobs)}: {shown} {grade.score(tests):g}{how}", file=sys.stderr, flush=True)
            remarks += [f"{shown}: {odd}"] if odd else []
    shutil.rmtree(work, ignore_errors=True)
    graded.sort()
    rows = histogram(graded)
    for name, text in (
        ("grades.csv", grades_csv(graded)),
        ("misconceptions.csv", histogram_csv(rows, len(graded))),
        ("misconceptions.html", page(rows, len(graded), graded[0][1])),
    ):
        grade.write_text(out / name, text)
    for remark in sorted(remarks):
        print(f"remark: {remark}", file=sys.stderr)
    for n, task, reason in rows:
        print(f"{n:4d} of {len(graded)}  {task}  {reason}")
    scores = sorted(grade.score(tests) for _, tests in graded)
    print(f"{len(graded)} submissions, median {scores[len(scores) // 2]:g} of {sum(t['max_score'] for t in graded[0][1]):g}, in {arguments.results}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("interrupted; the same command goes on from here")
