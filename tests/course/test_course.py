"""Tests of the course kit itself: python3 tests/course/test_course.py. Submissions that attack the grader, the form of
results.json in every case, what the stripper refuses, and that a handout holds what it says. `test_course.py all` takes
minutes more: every handout is built by both compilers, reports what needs its tasks and is green with the reference.
"""

import contextlib
import io
import json
import math
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bench
import check
import handout
import judge
import marks
import misconceptions
import numpy_bench
import numpy_misconceptions
import tasks

ALL = list(tasks.TASKS)
RIGHT = dict(misconceptions.RIGHT)
NUMPY_RIGHT = dict(numpy_misconceptions.RIGHT)
WITH_BUILDS = {"all", "Builds"} & set(sys.argv[1:])
GRADE = [sys.executable, str(bench.ROOT / "tests/course/grade.py")]


def number(value):
    return type(value) in (int, float) and math.isfinite(value)


def text(value):
    return isinstance(value, str)


def one_of(*values):
    return lambda value: value in values


def list_of(form):
    return lambda value: isinstance(value, list) and all(conforms(item, form) for item in value)


def conforms(value, form):
    """Whether an object has no key but those of `form`, each with a value as it says."""
    return isinstance(value, dict) and all(key in form and form[key](entry) for key, entry in value.items())


# The form that Gradescope accepts, from its autograder specification.
VISIBILITY = one_of("hidden", "after_due_date", "after_published", "visible")
ANYTHING = {"visibility": VISIBILITY, "output": text, "extra_data": lambda value: isinstance(value, dict)}
TEST = {
    **ANYTHING,
    "score": number,
    "max_score": number,
    "status": one_of("passed", "failed"),
    "name": text,
    "number": text,
    "tags": lambda value: isinstance(value, list) and all(map(text, value)),
}
LEADERBOARD = {"name": text, "value": lambda value: number(value) or text(value), "order": one_of("asc", "desc")}
RESULT = {
    **ANYTHING,
    "score": number,
    "execution_time": number,
    "stdout_visibility": VISIBILITY,
    "tests": list_of(TEST),
    "leaderboard": list_of(LEADERBOARD),
}


def fault_of(results):
    """The fault in the text of a results.json, or nothing."""

    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    try:
        result = json.loads(results, parse_constant=refuse)
    except ValueError as error:
        return str(error)
    if not conforms(result, RESULT):
        return "a key or a value that Gradescope does not know"
    tests = result.get("tests", [])
    if "score" not in result and not (tests and all("score" in test for test in tests)):
        return "no score"
    for test in tests:  # Gradescope does not need these, but a reader does
        if not 0 <= test["score"] <= test["max_score"]:
            return "a score out of its range"
        if (test["status"] == "passed") != (test["score"] == test["max_score"]):
            return "a status that does not fit the score"
    return "" if abs(result["score"] - sum(test["score"] for test in tests)) < 0.005 else "a sum that is none"


class Form(unittest.TestCase):
    def test_what_gradescope_would_refuse_is_seen(self):
        good = {"score": 1, "tests": [{"score": 1, "max_score": 1, "status": "passed", "name": "a"}]}
        self.assertEqual(fault_of(json.dumps(good)), "")
        for key, value in (("score", "1"), ("score", math.nan), ("visibility", "no"), ("points", 1), ("score", 2)):
            self.assertNotEqual(fault_of(json.dumps({**good, key: value})), "", (key, value))
        for key, value in (("score", True), ("status", "ok"), ("output", None), ("tags", "a"), ("score", 2)):
            self.assertNotEqual(fault_of(json.dumps({**good, "tests": [{**good["tests"][0], key: value}]})), "", key)
        self.assertNotEqual(fault_of("{} {}"), "")
        self.assertNotEqual(fault_of("{}"), "")


ONE, OTHER = "2.1", "2.2"  # both are in the same file
POINTS, OTHERS_POINTS = (next(r.points for r in bench.regions() if r.task == task) for task in (ONE, OTHER))


class Grading(unittest.TestCase):
    """Every submission starts as a handout in which both tasks are solved."""

    EXPECTED = ["hidden", "results.json", "submission"]  # what is in the folder after grading

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="course"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.results = self.folder / "results.json"
        self.secret = self.folder / "hidden"
        self.secret.write_text("xyzzy plugh\n")
        self.out = self.folder / "submission"
        self.out.mkdir()
        handout.write_handout(self.out, bench.regions())
        self.file = self.out / "src/core/dense.cpp"
        self.solve(ONE, RIGHT[ONE])
        self.solve(OTHER, RIGHT[OTHER])

    def solve(self, task, code):
        region = next(r for r in bench.regions() if r.task == task)
        path = self.out / region.path
        lines = path.read_text().split("\n")
        begin = next(i for i, line in enumerate(lines) if line.lstrip().startswith(f"// Task {task} ("))
        end = next(i for i, line in enumerate(lines) if line.strip() == region.end)
        path.write_text("\n".join([*lines[: begin + 1], *code.split("\n"), *lines[end:]]))

    def before(self, code):
        self.file.write_text(code + "\n" + self.file.read_text())

    def after(self, code):
        self.file.write_text(self.file.read_text() + "\n" + code)

    def command(self, chosen):
        hidden = ["--hidden", str(self.secret)]
        return [*GRADE, str(self.out), "--tasks", chosen, *hidden, "--results", str(self.results)]

    def grade(self, chosen):
        self.run_ = subprocess.run(self.command(chosen), capture_output=True, text=True, timeout=300)
        self.assertEqual(self.run_.returncode, 0, self.run_.stderr)
        self.assertEqual(fault_of(self.results.read_text()), "")
        self.assertNotIn("xyzzy", self.results.read_text() + self.run_.stdout + self.run_.stderr)
        return {test["number"]: test for test in json.loads(self.results.read_text())["tests"]}

    def expect(self, score, words=""):
        test = self.grade(ONE)[ONE]
        self.assertEqual(test["score"], score, test)
        self.assertIn(words, test["output"])

    def expect_loss_of_one_alone(self, words):
        tests = self.grade(f"{ONE} {OTHER}")
        self.assertEqual([tests[ONE]["score"], tests[OTHER]["score"]], [0, OTHERS_POINTS], tests)
        self.assertIn(words, tests[ONE]["output"])

    def test_what_is_right_gets_all_points(self):
        tests = self.grade(f"{ONE} {OTHER}")
        self.assertEqual([tests[ONE]["score"], tests[OTHER]["score"]], [POINTS, OTHERS_POINTS], tests)

    def test_a_compile_error_costs_its_task_alone(self):
        self.solve(ONE, "this is no C++;")
        self.expect_loss_of_one_alone("does not compile")

    def test_a_compile_error_between_the_tasks_costs_nothing(self):
        self.after("this is no C++;")
        self.expect(POINTS)

    def test_a_crash_costs_its_task_alone(self):
        self.solve(ONE, "u.data()[std::size_t(1) << 40] = 1;")
        self.expect_loss_of_one_alone("SIGSEGV")

    def test_a_hang_costs_its_task_alone(self):
        self.solve(ONE, "for (volatile int i = 0;; i = i + 1) {}")
        self.expect_loss_of_one_alone("took more than 10 seconds")

    def test_a_hang_of_the_compiler_costs_its_task_alone(self):
        spin = "constexpr auto spin = [](int n) { for (int i = 0; i < 260000; ++i) for (int j = 0; j < 4; ++j) n ^= i; return n; };"
        self.solve(ONE, spin + "".join(f"constexpr int v{i} = spin({i});" for i in range(1000)))
        self.expect_loss_of_one_alone("the compiler took more than 30 seconds")

    def test_an_endless_print_costs_its_task_alone(self):
        self.solve(ONE, 'for (;;) __builtin_printf("spam ");')
        self.expect_loss_of_one_alone("printed too much")

    def test_all_memory_costs_its_task_alone(self):
        self.solve(ONE, "for (std::vector<double> v;;) v.resize(v.size() + (1 << 20));")
        self.expect_loss_of_one_alone("bad_alloc")

    def test_a_whole_grader_that_is_ended_has_written_what_it_knew(self):
        self.solve(OTHER, "for (;;) {}")
        self.ended_grader()

    def ended_grader(self):
        with subprocess.Popen(
            self.command(f"{ONE} {OTHER}"), stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        ) as grader:
            grader.stdout.readline()
            grader.send_signal(signal.SIGKILL)
        self.assertEqual(fault_of(self.results.read_text()), "")
        self.assertEqual([test["score"] for test in json.loads(self.results.read_text())["tests"]], [POINTS, 0])

    def test_leaving_before_main_costs_nothing_that_is_right(self):
        self.after("#include <unistd.h>\nstatic const int leave = (_exit(0), 0);")
        self.expect(POINTS)

    def test_leaving_early_gives_no_points(self):
        self.solve(ONE, "::_Exit(0);")
        self.before("#include <cstdlib>")
        self.expect(0, "no answer")

    def test_forged_output_gives_no_points(self):
        forged = 'for (int i = 0; i < 8; ++i) __builtin_printf("ok 1 3 3 0 0 0 0 0 0 0 0 0\\n");'
        self.solve(ONE, forged)
        self.expect(0, "does your code print?")
        self.solve(ONE, 'throw std::runtime_error("");')
        self.after(
            f"#include <cstdio>\n#include <unistd.h>\nstatic const int forge = [] {{ {forged} std::fflush(stdout); _exit(0); return 0; }}();"
        )
        self.expect(0)

    def test_an_answer_without_end_does_not_fill_the_judge(self):
        self.solve(ONE, '__builtin_printf("ok 1000000000 0\\n"); throw std::runtime_error("");')
        self.expect(0)

    def test_words_of_a_submission_stay_words(self):
        self.solve(ONE, 'throw std::runtime_error("\\", \\"score\\": 100, \\x1b[2J\\r2.1     10 / 10  all\\u202e");')
        self.expect(0, "?[2J?")
        self.assertFalse(set("\x1b\r\u202e") & set(self.run_.stdout))

    def test_a_running_solution_reaches_nothing(self):
        self.before(
            "#include <cstdio>\n#include <cstdlib>\n#include <fcntl.h>\n#include <sched.h>\n#include <signal.h>\n#include <sys/resource.h>\n#include <sys/socket.h>\n#include <sys/stat.h>\n#include <unistd.h>"
        )
        here = self.folder
        self.solve(
            ONE,
            f"""std::string could;
const auto attempt = [&](const std::string& what, bool succeeded) {{ if (succeeded) could += what + " "; }};
const auto opens = [](const std::string& path, int how) {{ return open(path.c_str(), how, 0600) >= 0; }};
for (const std::string path : {{"{self.secret}", "{bench.OBJECTS}/dense.o", "{bench.ROOT}/src/core/dense.cpp", "/etc/passwd", "/proc/self/maps", "."}})
  attempt("read " + path, opens(path, O_RDONLY));
attempt("see the judge", opens("/proc/" + std::to_string(getppid()) + "/mem", O_RDWR));
attempt("forge scores", opens("{self.results}", O_WRONLY | O_TRUNC));
attempt("create", opens("{here}/left", O_WRONLY | O_CREAT) || opens("left", O_RDWR | O_CREAT) || opens("/dev/shm/left", O_RDWR | O_CREAT));
attempt("create with O_TMPFILE", opens("/tmp", O_RDWR | O_TMPFILE));
attempt("make a folder", mkdir("{here}/left", 0700) == 0);
attempt("link", symlink("{self.secret}", "left") == 0 || link("{self.secret}", "left") == 0);
attempt("rename", std::rename("{self.results}", "{here}/left") == 0);
attempt("remove", std::remove("{self.results}") == 0);
attempt("change rights", chmod("{self.secret}", 0777) == 0 || chdir("/") == 0);
for (int fd = 3; fd < 1024; ++fd) attempt("write to descriptor " + std::to_string(fd), write(fd, "x", 1) == 1);
attempt("kill the judge", kill(getppid(), SIGKILL) == 0 || kill(-1, 0) == 0 || kill(0, 0) == 0);
attempt("live on", fork() >= 0 || vfork() >= 0 || setsid() >= 0);
attempt("connect", socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
attempt("run a program", std::system("touch {here}/left") == 0);
const rlimit all{{RLIM_INFINITY, RLIM_INFINITY}};
attempt("lift a limit", setrlimit(RLIMIT_FSIZE, &all) == 0);
attempt("see an environment", environ != nullptr && *environ != nullptr);
throw std::runtime_error("could: " + could + "nothing else");""",
        )
        self.expect(0, "could: nothing else")
        self.assertEqual(sorted(p.name for p in here.iterdir()), self.EXPECTED)

    def test_another_program_in_its_place_gives_no_points(self):
        self.before("#include <cstdlib>\n#include <unistd.h>")
        self.solve(
            ONE,
            f'setenv("LD_PRELOAD", "{self.out}/own.so", 1); execl("/bin/sh", "sh", "-c", "touch {self.folder}/left", nullptr);'
            + 'throw std::runtime_error("still here");',
        )
        self.expect(0)
        self.assertFalse((self.folder / "left").exists())

    def test_hidden_inputs_are_not_there_while_the_public_ones_are_answered(self):
        self.before("#include <algorithm>\n#include <iostream>")
        self.solve(
            ONE,
            """std::string rest;
for (std::string word; std::cin >> word;) rest += " " + word;
throw std::runtime_error("then:" + rest.substr(rest.size() - std::min<std::size_t>(rest.size(), 200)));""",
        )
        self.expect(0, "then:")
        told = json.loads(self.results.read_text())["tests"][0]["output"].partition("then:")[2].split("\n")[0]
        asked = judge.encoded(tasks.solved(ONE, "public")).split()
        self.assertEqual(told.split()[1:], asked[-len(told.split()) + 1 :])

    def test_files_of_the_judge_cannot_be_included(self):
        up = "../" * 12
        source, secret = bench.ROOT / "src/core/dense.cpp", self.secret
        for line in (
            f'#include "{secret}"',
            f"#include <{up}{str(secret)[1:]}>",
            f'#define SECRET "{secret}"\n#include SECRET',
            f'asm(".incbin \\"{secret}\\"");',
            f'asm(".include \\"{secret}\\"");',
        ):
            with self.subTest(line):
                self.solve(ONE, line)
                self.expect(0, "does not compile")
        for way in (source, f"{up}{str(source)[1:]}"):
            with self.subTest(way):
                self.file.write_text(f'#include "{way}"\n')
                self.expect(0, "dense.cpp, which a solution has no need of")
        (self.out / "include/primer/core/elementary.hpp").write_text('#include_next "primer/core/elementary.hpp"\n')
        test = self.grade("1.1")["1.1"]
        self.assertEqual(test["score"], 0)
        self.assertIn("elementary.hpp, which a solution has no need of", test["output"])

    def test_links_and_large_files_are_not_read(self):
        elsewhere = self.folder / "elsewhere.cpp"
        shutil.copy(self.file, elsewhere)
        for make, words in (
            (lambda: self.file.symlink_to(elsewhere), "is a link"),
            (lambda: os.link(elsewhere, self.file), "not a regular file"),
            (lambda: os.mkfifo(self.file), "not a regular file"),
            (lambda: self.file.write_text("//" + "x" * (1 << 19)), "larger than"),
            (lambda: None, "No such file"),
        ):
            with self.subTest(words):
                self.file.unlink()
                make()
                self.expect(0, words)
        os.rename(self.out / "src", self.folder / "src")
        (self.out / "src").symlink_to(self.folder / "src")
        shutil.copy(elsewhere, self.folder / "src/core/dense.cpp")
        self.expect(0, "is a link")

    def test_tests_and_build_files_of_a_submission_do_not_count(self):
        self.solve(ONE, "u.resize(x->rows(), Wt.cols()); u.fill(1);")
        for name in (
            "tests/course/judge.py",
            "tests/course/public.json",
            "tests/programs/answers.cpp",
            "CMakeLists.txt",
            "Makefile",
            "include/primer/core/tensor.hpp",
            "results.json",
        ):
            (self.out / name).write_text("raise SystemExit(0)\n")
        self.expect(0)

    def test_a_file_as_it_comes_from_windows_is_as_good(self):
        self.file.write_bytes(b"\xef\xbb\xbf" + self.file.read_bytes().replace(b"\n", b"\r\n"))
        self.expect(POINTS)

    def test_a_file_may_come_in_a_folder_or_alone(self):
        inside = self.folder / "x"
        self.out.rename(inside)
        self.out.mkdir()
        inside.rename(self.out / "x")
        self.expect(POINTS)
        shutil.move(self.out / "x/src/core/dense.cpp", self.out)
        self.expect(POINTS)

    def test_helpers_outside_of_the_marked_lines_are_seen(self):
        self.solve(ONE, "helper(*x, Wt, b, u);")
        helper = "static void helper(const Tensor& x, const Tensor& Wt, const Tensor& b, Tensor& u) { multiply_add(x, Wt, b, u); }"
        self.file.write_text(self.file.read_text().replace("namespace primer {", "namespace primer {\n" + helper, 1))
        self.expect(POINTS)

    def test_part_of_a_task_gets_part_of_its_points(self):
        self.solve(OTHER, RIGHT[OTHER].replace("column_sums(delta, dL_db);", ""))
        self.assertEqual(self.grade(OTHER)[OTHER]["score"], 10)

    def test_grading_twice_gives_the_same_bytes(self):
        self.solve(ONE, misconceptions.affine(start="real s = 0;"))
        self.expect(0, "the bias is missing")
        first = self.results.read_bytes()
        self.expect(0)
        self.assertEqual(self.results.read_bytes(), first)

    def test_the_hidden_inputs_follow_from_the_secret(self):
        self.assertEqual(tasks.cases("1.1", "a"), tasks.cases("1.1", "a"))
        for task in ALL:
            self.assertNotEqual(tasks.cases(task, "a"), tasks.cases(task, "b"))


def numpy_here():
    try:
        return bool(numpy_bench.python())
    except SystemExit:
        return False


@unittest.skipUnless(numpy_here(), "no python3 here has NumPy")
class NumpyGrading(Grading):
    """The NumPy edition, attacked in the same ways. Every submission starts as a handout in which both tasks are solved."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="course"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.results = self.folder / "results.json"
        self.secret = self.folder / "hidden"
        self.secret.write_text("xyzzy plugh\n")
        self.out = self.folder / "submission"
        self.out.mkdir()
        handout.write_numpy_handout(self.out, numpy_bench.regions())
        self.file = self.out / numpy_bench.FILE
        self.solve(ONE, NUMPY_RIGHT[ONE])
        self.solve(OTHER, NUMPY_RIGHT[OTHER])

    def solve(self, task, code):
        region = next(r for r in numpy_bench.regions() if r.task == task)
        lines = self.file.read_text().split("\n")
        begin, end = lines.index(region.begin), lines.index(region.end)
        self.file.write_text("\n".join([*lines[: begin + 1], *code.split("\n"), *lines[end:]]))

    def body(self, code):
        self.solve(ONE, numpy_misconceptions.functions(dense_forward=code))

    def test_a_compile_error_costs_its_task_alone(self):
        self.solve(ONE, "this is no Python")
        self.expect_loss_of_one_alone("does not compile: backprop.py:")

    def test_a_compile_error_between_the_tasks_costs_nothing(self):
        self.after("this is no Python")
        self.expect(POINTS)

    def test_a_crash_costs_its_task_alone(self):
        self.body("import ctypes\nctypes.string_at(0)")
        self.expect_loss_of_one_alone("SIGSEGV")

    def test_a_hang_costs_its_task_alone(self):
        self.body("while True: pass")
        self.expect_loss_of_one_alone("took more than 10 seconds")

    def test_an_endless_print_costs_its_task_alone(self):
        self.body("while True: print('spam ' * 1000)")
        self.expect_loss_of_one_alone("printed too much")

    def test_all_memory_costs_its_task_alone(self):
        self.body("v = []\nwhile True: v.append(np.ones(1 << 24))")
        self.expect_loss_of_one_alone("MemoryError")

    def test_what_a_solution_prints_costs_nothing(self):
        self.body("print('ok 1 1 0.0')\nreturn x @ W.T + b")
        self.expect(POINTS)

    def test_leaving_gives_no_points(self):
        self.body("import os\nos._exit(0)")
        self.expect(0, "no answer")
        self.body("raise SystemExit(0)")
        self.expect(0, "SystemExit")

    def test_forged_output_gives_no_points(self):
        self.body("import os\nfor fd in range(1, 9):\n    try: os.write(fd, b'ok 1 3 3 0 0 0 0 0 0 0 0 0\\n')\n    except OSError: pass\nreturn x @ W.T + b + 1")
        self.expect(0)

    def test_an_answer_without_end_does_not_fill_the_judge(self):
        self.body("return np.zeros((100000, 1))")
        self.expect(0)

    def test_words_of_a_submission_stay_words(self):
        self.body("raise ValueError('\", \"score\": 100, \\x1b[2J\\r2.1     10 / 10  all\\u202e')")
        self.expect(0, "?[2J")
        self.assertFalse(set("\x1b\r\u202e") & set(self.run_.stdout))

    def test_a_running_solution_reaches_nothing(self):
        here = self.folder
        self.before(
            f"""import ctypes, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
could = []
def attempt(what, f):
    try:
        if f() not in (-1, None): could.append(what)
    except BaseException: pass
for path in ("{self.secret}", "{bench.ROOT}/tests/course/judge.py", "/etc/passwd", "/proc/self/maps", "."):
    attempt("read " + path, lambda: os.open(path, os.O_RDONLY))
    attempt("read in C " + path, lambda: libc.open(path.encode(), 0))
attempt("see the judge", lambda: os.open(f"/proc/{{os.getppid()}}/mem", os.O_RDWR))
attempt("forge scores", lambda: os.open("{self.results}", os.O_WRONLY | os.O_TRUNC))
attempt("create", lambda: os.open("{here}/left", os.O_WRONLY | os.O_CREAT))
attempt("make a folder", lambda: os.mkdir("{here}/left") or 1)
attempt("link", lambda: os.symlink("{self.secret}", "{here}/left") or 1)
attempt("remove", lambda: os.remove("{self.results}") or 1)
attempt("kill the judge", lambda: os.kill(os.getppid(), signal.SIGKILL) or 1)
attempt("kill all in C", lambda: libc.kill(-1, 0))
attempt("fork", os.fork)
attempt("live on", lambda: os.setsid() or 1)
attempt("a socket", lambda: __import__("socket").socket() and 1)
attempt("a socket in C", lambda: libc.socket(2, 1, 0))
attempt("run a program in C", lambda: 1 if libc.system(b"touch {here}/left") == 0 else None)
attempt("run a program", lambda: __import__("subprocess").run(["touch", "{here}/left"]) and 1)
attempt("become a program", lambda: os.execv("/bin/sh", ["sh", "-c", "touch {here}/left"]))
attempt("a thread", lambda: __import__("threading").Thread(target=print).start() or 1)
attempt("the secret", lambda: 1 if any("xyzzy" in str(v) for f in sys._current_frames().values() for v in f.f_globals.values()) else None)
attempt("an environment", lambda: 1 if set(os.environ) - {{"OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH", "LC_CTYPE"}} else None)
"""
        )
        self.body("raise ValueError('could: ' + ' '.join(could) + 'nothing else')")
        self.expect(0, "could: nothing else")
        self.assertEqual(sorted(p.name for p in here.iterdir()), self.EXPECTED)

    def test_hidden_inputs_are_not_there_while_the_public_ones_are_answered(self):
        self.body("import sys\nraise ValueError('then:' + sys.stdin.read())")
        self.expect(0, "then:")
        told = json.loads(self.results.read_text())["tests"][0]["output"].partition("then:")[2].split("\n")[0]
        self.assertEqual(told, "")

    def test_links_and_large_files_are_not_read(self):
        elsewhere = self.folder / "elsewhere.py"
        shutil.copy(self.file, elsewhere)
        for make, words in (
            (lambda: self.file.symlink_to(elsewhere), "is a link"),
            (lambda: os.link(elsewhere, self.file), "not a regular file"),
            (lambda: os.mkfifo(self.file), "not a regular file"),
            (lambda: self.file.write_text("#" + "x" * (1 << 19)), "larger than"),
        ):
            with self.subTest(words):
                self.file.unlink()
                make()
                self.expect(0, words)

    def test_tests_and_build_files_of_a_submission_do_not_count(self):
        self.body("return x @ W.T")
        for name in ("judge.py", "answers.py", "check.py", "numpy.py", "sandbox.py", "public.json"):
            (self.out / name).write_text("raise SystemExit(0)\n")
        self.expect(0, "the bias is missing")

    def test_a_file_may_come_in_a_folder_or_alone(self):
        inside = self.folder / "x"
        self.out.rename(inside)
        self.out.mkdir()
        inside.rename(self.out / "x")
        self.expect(POINTS)

    def test_helpers_outside_of_the_marked_lines_are_seen(self):
        self.body("return helper(x, W, b)")
        self.after("def helper(x, W, b):\n    return x @ W.T + b\n")
        self.expect(POINTS)

    def test_part_of_a_task_gets_part_of_its_points(self):
        self.solve(OTHER, numpy_misconceptions.gradients(b="d.mean(axis=0)"))
        self.assertEqual(self.grade(OTHER)[OTHER]["score"], 10)

    def test_grading_twice_gives_the_same_bytes(self):
        self.body("return x @ W.T")
        self.expect(0, "the bias is missing")
        first = self.results.read_bytes()
        self.expect(0)
        self.assertEqual(self.results.read_bytes(), first)

    def test_a_whole_grader_that_is_ended_has_written_what_it_knew(self):
        self.solve(OTHER, numpy_misconceptions.functions(dense_backward="while True: pass"))
        super().ended_grader()

    test_a_hang_of_the_compiler_costs_its_task_alone = None
    test_another_program_in_its_place_gives_no_points = None  # part of the attack above
    test_files_of_the_judge_cannot_be_included = None
    test_leaving_before_main_costs_nothing_that_is_right = None
    test_leaving_early_gives_no_points = None
    test_the_hidden_inputs_follow_from_the_secret = None


ATTACKS = """a_running_solution_reaches_nothing forged_output_gives_no_points files_of_the_judge_cannot_be_included
links_and_large_files_are_not_read another_program_in_its_place_gives_no_points words_of_a_submission_stay_words
hidden_inputs_are_not_there_while_the_public_ones_are_answered tests_and_build_files_of_a_submission_do_not_count
an_endless_print_costs_its_task_alone a_hang_costs_its_task_alone all_memory_costs_its_task_alone leaving_gives_no_points
leaving_early_gives_no_points an_answer_without_end_does_not_fill_the_judge"""


def in_a_class(case):
    """The same attacks by one submission of a class."""

    def set_up(self):
        case.setUp(self)
        submission = self.folder / "class/ada"
        submission.parent.mkdir()
        self.out.rename(submission)
        self.file = submission / self.file.relative_to(self.out)
        self.out = submission
        self.results = self.folder / "graded/students/ada/results.json"

    def command(self, chosen):
        script = str(bench.ROOT / "tests/course/grade_class.py")
        hidden = ["--hidden", str(self.secret)]
        return [sys.executable, script, str(self.out.parent), "--tasks", chosen, *hidden, "--results", str(self.folder / "graded")]

    kept = [f"test_{name}" for name in ATTACKS.split()]
    left_out = {name: None for name in dir(case) if name.startswith("test_") and name not in kept}
    made = type(f"{case.__name__}InAClass", (case,), {"setUp": set_up, "command": command, "EXPECTED": ["class", "graded", "hidden"], **left_out})
    return unittest.skipUnless(case is Grading or numpy_here(), "no python3 here has NumPy")(made)


GradingInAClass, NumpyGradingInAClass = in_a_class(Grading), in_a_class(NumpyGrading)


class Class(unittest.TestCase):
    """A class of submissions, each one file, as folders and zips."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="course"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.subs, self.out = self.folder / "subs", self.folder / "out"
        self.subs.mkdir()

    def hand_in(self, name, task, code, path=None):
        """A submission whose file has `code` in place of the solution of `task`."""
        region = next(r for r in bench.regions() if r.task == task)
        lines = marks.handed_out(region, bench.original(region.path).split("\n")[region.first], code)
        text = marks.with_include(marks.replaced(bench.original(region.path), region, lines))
        if name.endswith(".zip"):
            with zipfile.ZipFile(self.subs / name, "w") as pack:
                pack.writestr(path or f"tree/{region.path}", text)
        else:
            (self.subs / name / region.path).parent.mkdir(parents=True)
            (self.subs / name / region.path).write_text(text)

    def command(self, *more):
        script = str(bench.ROOT / "tests/course/grade_class.py")
        return [sys.executable, script, str(self.subs), "--tasks", ONE, "--results", str(self.out), *more]

    def grade(self, *more):
        done = subprocess.run(self.command(*more), capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        for result in self.out.glob("students/*/results.json"):
            self.assertEqual(fault_of(result.read_text()), "", result)
        self.assertFalse((self.out / "work").exists())
        return done

    def results(self):
        files = [p for p in self.out.rglob("*") if p.is_file() and "answers" not in p.parts]
        return {p.relative_to(self.out).as_posix(): p.read_bytes() for p in files}

    def test_a_class_gets_the_grades_of_each_alone_also_after_a_kill(self):
        no_bias = misconceptions.affine(start="real s = 0;")
        self.hand_in("ada", ONE, RIGHT[ONE])
        self.hand_in("=bob()", ONE, no_bias)
        self.hand_in("cy.zip", ONE, no_bias)
        self.hand_in("di", ONE, "this is no C++;")
        if numpy_here():  # both languages in one class
            (self.subs / "gil").mkdir()
            region = next(r for r in numpy_bench.regions() if r.task == ONE)
            lines = marks.handed_out(region, "", numpy_misconceptions.affine("x @ W.T"))
            (self.subs / "gil/backprop.py").write_text(marks.replaced(numpy_bench.original(region.path), region, lines))
        else:
            self.hand_in("gil", ONE, no_bias)
        self.hand_in("ed", ONE, tasks.TASKS[ONE].stub.strip("\n"))
        (self.subs / "fy.zip").write_bytes(b"PK\x03\x04 and no more")
        (self.subs / "empty").mkdir()
        with subprocess.Popen(self.command("--jobs", "1"), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as grader:
            while not grader.stderr.readline().startswith("2 of 8"):
                pass
            grader.send_signal(signal.SIGKILL)
        before = {p: p.stat().st_mtime_ns for p in self.out.glob("students/*/results.json")}
        self.assertGreaterEqual(len(before), 2)
        self.grade()
        for path, time in before.items():
            self.assertEqual(path.stat().st_mtime_ns, time)  # it was not graded again
        interrupted = self.results()
        shutil.rmtree(self.out)
        self.grade("--jobs", "3")
        self.assertEqual(self.results(), interrupted)
        rows = [line.split(",") for line in (self.out / "grades.csv").read_text().splitlines()]
        points = {name: score for name, score, *_ in rows[1:]}
        self.assertEqual(points, {"ada": "10", "'=bob()": "0", "cy": "0", "di": "0", "ed": "0", "empty": "0", "fy": "0", "gil": "0"})
        counts = (self.out / "misconceptions.csv").read_text().splitlines()[1:]
        self.assertEqual(
            sorted(counts),
            [f"1,8,{ONE},does not compile", f"1,8,{ONE},not attempted", f"2,8,{ONE},not handed in", f"3,8,{ONE},the bias is missing"],
        )
        self.assertIn("<b>3</b> <span>the bias is missing", (self.out / "misconceptions.html").read_text())
        alone = self.folder / "alone.json"
        subprocess.run([*GRADE, str(self.subs / "=bob()"), "--tasks", ONE, "--results", str(alone)], check=True, capture_output=True)
        tests = json.loads((self.out / "students/=bob()/results.json").read_text())["tests"]
        self.assertEqual(tests, json.loads(alone.read_text())["tests"])

    def test_odd_submissions_get_one_clear_line_each_and_lose_nothing(self):
        region = next(r for r in bench.regions() if r.task == ONE)
        right, path = RIGHT[ONE], region.path
        self.hand_in("Jörg Müller.zip", ONE, right, f"Jörg Müller/Abgabe 1/Übung/{path}")
        with zipfile.ZipFile(self.subs / "Jörg Müller.zip", "a") as pack:
            pack.writestr("__MACOSX/Jörg Müller/src/core/._dense.cpp", "junk")
            pack.writestr(f"__MACOSX/{path}", "junk")
        self.hand_in("ada", ONE, "")
        self.hand_in("ada (1).zip", ONE, right)
        self.hand_in("bo.zip", ONE, right, "dense-1.cpp")
        self.hand_in("bo_LATE_77_handout.zip", ONE, right, "a\\src\\core\\dense (2).cpp")
        self.hand_in("Zoë O'Neil", ONE, right)
        (self.subs / "Zoë O'Neil/src").rename(self.subs / "src")
        (self.subs / "Zoë O'Neil/my work/handout").mkdir(parents=True)
        (self.subs / "src").rename(self.subs / "Zoë O'Neil/my work/handout/src")
        self.hand_in("cy", ONE, right)
        windows = self.subs / "cy" / path
        text = windows.read_bytes()
        windows.write_bytes(b"\xef\xbb\xbf" + windows.read_bytes().replace(b"\n", b"\r\n"))
        (self.subs / "cy").rename(self.subs / os.fsdecode(b"L\xf6we"))  # written by an old Windows
        with zipfile.ZipFile(self.subs / "large.zip", "w") as pack:
            for i in range(11000):
                pack.writestr(f"venv/{i}.py", "")
            pack.writestr(f"tree/{path}", text)
        zipfile.ZipFile(self.subs / "empty.zip", "w").close()
        (self.subs / "dan").mkdir()
        (self.subs / "dan/notes.txt").write_text("sorry")
        (self.subs / "eve.tar.gz").write_bytes(b"\x1f\x8b")
        (self.subs / "list.xlsx").write_bytes(b"PK")
        said = self.grade().stderr
        rows = dict(line.split(",")[:2] for line in (self.out / "grades.csv").read_text().splitlines()[1:])
        whole = ["Jörg Müller", "Löwe", "Zoë O'Neil", "ada (1)", "bo", "bo_LATE_77_handout", "large"]
        self.assertEqual(rows, {**dict.fromkeys(whole, "10"), **dict.fromkeys(["ada", "dan", "empty", "eve.tar"], "0")})
        remarks = [line.removeprefix("remark: ") for line in said.splitlines() if line.startswith("remark: ")]
        twice = "the same student twice? Each is graded and has a row"
        self.assertEqual(
            remarks,
            [
                f"ada, ada (1): {twice}",
                f"bo, bo_LATE_77_handout: {twice}",
                "dan: it has no file with tasks",
                "empty: it has no file with tasks",
                "eve.tar: eve.tar.gz: cannot be unpacked: File is not a zip file; hand in a folder or a zip",
                "list.xlsx: neither a folder nor a zip; left out",
            ],
        )

    def test_right_values_and_visibility_can_be_withheld_and_a_limit_be_set(self):
        self.hand_in("bob", ONE, misconceptions.affine(start="real s = 0;"))
        self.hand_in("eve", ONE, "for (volatile int i = 0;; i = i + 1) {}")
        self.grade("--withhold", "--visibility", "after_due_date", "--seconds", "1")
        bob, eve = (json.loads((self.out / f"students/{name}/results.json").read_text()) for name in ("bob", "eve"))
        self.assertEqual([bob["visibility"], bob["tests"][0]["visibility"]], ["after_due_date"] * 2)
        self.assertRegex(bob["tests"][0]["output"], r"^your z at \S+ is \S+, which is not x Wᵀ \+ b: the bias is missing$")
        self.assertIn("took more than 1 seconds", eve["tests"][0]["output"])

    def test_a_mistake_of_the_lecturer_gets_one_line(self):
        self.hand_in("ada", ONE, RIGHT[ONE])
        (self.folder / "blank").write_text(" \n")
        (self.folder / "none").mkdir()
        grade_class, one = str(bench.ROOT / "tests/course/grade_class.py"), GRADE[1]
        for script, words, told in (
            (one, [""], "grade.py: argument submission: write make grade SUBMISSION=folder, or SUBMISSIONS=folder for a class"),
            (one, ["x"], "grade.py: argument submission: x: no such folder"),
            (grade_class, ["x"], "grade_class.py: argument submissions: x: no such folder"),
            (grade_class, ["none"], "grade_class.py: none: no folder and no zip in it; each submission is one"),
            (grade_class, ["subs/ada"], "grade_class.py: subs/ada: this is one submission; write make grade SUBMISSION=subs/ada"),
            (grade_class, ["subs", "--tasks", "9"], f"grade_class.py: unknown task 9; the tasks are {' '.join(ALL)}"),
            (grade_class, ["subs", "--seconds", "0"], "grade_class.py: --seconds must be at least 1"),
            *(
                (script, ["subs", "--hidden", file], f"{Path(script).name}: {file}: no such file, or it is empty; write any text of your own that students do not have")
                for script in (one, grade_class)
                for file in ("y", "blank")
            ),
        ):
            with self.subTest(words):
                done = subprocess.run([sys.executable, script, *words], cwd=self.folder, capture_output=True, text=True)
                said = [line for line in done.stderr.splitlines() if "come from a public word" not in line]
                self.assertEqual((done.returncode, said), (2, [told]))

    def test_a_zip_reaches_nothing_outside(self):
        secret = self.folder / "dense.cpp"
        secret.write_text(bench.original("src/core/dense.cpp"))
        with zipfile.ZipFile(self.subs / "eve.zip", "w") as pack:
            pack.writestr("../dense.cpp", "over")
            pack.writestr(str(secret), "over")
            link = zipfile.ZipInfo("src/core/dense.cpp")
            link.external_attr = 0o120777 << 16
            pack.writestr(link, str(secret))
        with zipfile.ZipFile(self.subs / "mal.zip", "w", zipfile.ZIP_DEFLATED) as pack:
            pack.writestr("src/core/dense.cpp", "/" * (1 << 28))
        self.grade()
        told = [json.loads((self.out / f"students/{n}/results.json").read_text())["tests"][0]["output"] for n in ("eve", "mal")]
        self.assertIn("is a link", told[0])
        self.assertIn("larger than", told[1])
        self.assertEqual(secret.read_text(), bench.original("src/core/dense.cpp"))


class Tasks(unittest.TestCase):
    def test_the_reference_is_all_right_and_the_bare_handout_worth_nothing(self):
        for task in ALL:
            with self.subTest(task):
                self.assertEqual(misconceptions.graded("c++", task, None), (100, []))
                self.assertEqual(misconceptions.graded("c++", task, tasks.TASKS[task].stub.strip("\n"))[0], 0)


class Check(unittest.TestCase):
    def test_an_error_in_a_function_that_the_student_calls_is_traced_to_the_students_line(self):
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "a.hpp").write_text(
                "int f();\n// Task 1.1 (5 points): a. Your code from here\n  f(abs(z));\n// to here (task 1.1)\ng();\n"
            )
            on_the_way = ["a.hpp: In instantiation of f:", "a.hpp:3:3:   required from here", "a.hpp:1:5: error: no"]
            with unittest.mock.patch.object(check, "ROOT", Path(name)):
                self.assertEqual(check.own_line(on_the_way, on_the_way[2]), "a.hpp:3: f(abs(z));")
                self.assertEqual(check.own_line(["a.hpp:3:1: error: no"], "a.hpp:3:1: error: no"), "")  # it says so itself
                self.assertEqual(check.own_line(["a.hpp:5:1: error: no"], "a.hpp:5:1: error: no"), "")


class Marks(unittest.TestCase):
    def refused(self, text, words):
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "src").mkdir()
            (Path(name) / "src/a.cpp").write_text(text)
            with self.assertRaises(marks.Refused) as caught:
                marks.regions(name, ALL)
            self.assertIn(words, str(caught.exception))

    def test_marks_that_are_not_clean_are_refused(self):
        begin, end = "// task 1.1 (5 points): a", "// end of task 1.1"
        self.refused(f"{begin}\n// task 1.2 (5 points): b\n{end}\n", "begins inside task 1.1")
        self.refused(f"{begin}\n", "does not end")
        self.refused(f"{end}\n", "does not begin")
        self.refused(f"{begin}\n// end of task 1.2\n", "does not begin")
        self.refused(f"{begin}\n{end}\n{begin}\n{end}\n", "a second time")
        self.refused("// task 9.9 (5 points): a\n// end of task 9.9\n", "unknown task 9.9")
        self.refused("// task 1.1: a\n", "not a mark")
        self.refused("f();  // end of task 1.1\n", "not a mark")

    def test_ten_marks_with_a_hundred_points(self):
        regions = bench.regions()
        self.assertEqual([r.task for r in regions], ALL)
        self.assertEqual(sum(r.points for r in regions), 100)
        self.assertLess(2 * len(regions), 25)


class Handout(unittest.TestCase):
    def make(self, *arguments):
        folder = tempfile.mkdtemp(prefix="course")
        self.addCleanup(shutil.rmtree, folder)
        sys.argv = ["handout.py", f"{folder}/out", *arguments]
        with contextlib.redirect_stdout(io.StringIO()):
            handout.main()
        return Path(folder) / "out"

    def test_each_task_alone_takes_out_that_one(self):
        for region in bench.regions():
            out = self.make(region.task)
            changed = [
                p.relative_to(out).as_posix()
                for p in marks.sources(out)
                if (bench.ROOT / p.relative_to(out)).exists()
                and "needs_task" in p.read_text()
                and p.name != "needs_task.hpp"
            ]
            self.assertEqual(changed, [region.path])

    def test_a_solution_that_is_left_somewhere_is_found(self):
        out = self.make()
        regions = bench.regions()
        self.assertEqual(list(handout.leaks(out, regions)), [])
        for region in regions:
            solution = (bench.ROOT / region.path).read_text().split("\n")[region.first + 1 : region.last]
            (out / "notes.txt").write_text(" ".join(" ".join(solution).split()))
            self.assertIn(f"task {region.task}", " ".join(handout.leaks(out, regions)))
        (out / "notes.txt").unlink()
        (out / "src/core/tensor.cpp").write_text("// task 1.1 (5 points): a\n")
        self.assertEqual(list(handout.leaks(out, regions)), ["src/core/tensor.cpp:1: a mark is left"])

    def test_a_handout_is_small_and_names_the_line_of_each_task(self):
        out = self.make()
        self.assertLessEqual(sum(path.is_file() for path in out.rglob("*")), handout.LARGEST_HANDOUT)
        readme = (out / "README.md").read_text()
        for region in bench.regions():
            (line,) = re.findall(rf"`{region.path}:(\d+)`", readme.partition(f"## Task {region.task} ")[2].partition("## Task")[0])
            lines = (out / region.path).read_text().split("\n")
            self.assertIn(f"Task {region.task} ", lines[int(line) - 2])

    def test_the_program_of_a_handout_compiles(self):
        out = self.make()
        arguments = ["-std=c++20", "-fsyntax-only", f"-I{out}/include", out / "src/main.cpp"]
        done = subprocess.run([bench.compiler(), *arguments], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_lecturers_files_stay_behind(self):
        out = self.make()
        self.assertEqual(
            sorted(p.name for p in (out / "tests/course").iterdir()), ["check.py", "judge.py", "public.json"]
        )
        self.assertNotIn("grade.py", (out / "Makefile").read_text())

    def test_unknown_tasks_and_full_folders_are_refused(self):
        with self.assertRaises(SystemExit):
            self.make("9.9")
        sys.argv = ["handout.py", str(bench.ROOT)]
        with self.assertRaises(SystemExit):
            handout.main()


class OwnTask(unittest.TestCase):
    """The README's example of a lecturer's own task, added to a copy of the tree."""

    def test_two_marks_and_an_entry_make_a_task(self):
        with tempfile.TemporaryDirectory() as name:
            root, out = Path(name) / "primer", Path(name) / "out"
            ignored = shutil.ignore_patterns("build", "build-[!c]*", "runs", ".git", "__pycache__", "class", "g++", "clang++")
            shutil.copytree(bench.ROOT, root, ignore=ignored)
            example = (root / "README.md").read_text().partition('"7.1": own(')
            entry = example[1] + example[2].partition("\n```")[0]
            table = root / "tests/course/own_tasks.py"
            table.write_text(table.read_text().replace("return {}", "return {" + entry.replace("\n", "\n    ") + "}"))
            file = root / "src/core/activation.cpp"
            solution = next(line for line in file.read_text().split("\n") if "sigmoid(z) + clamped(z, 800)" in line)
            marked = f"  // task 7.1 (10 points): the derivative of silu\n{solution}\n  // end of task 7.1"
            file.write_text(file.read_text().replace(solution, marked))

            def run(script, *words):
                done = subprocess.run([sys.executable, root / f"tests/course/{script}", *words], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                return done.stdout

            run("handout.py", out, "7.1")
            self.assertIn("## Task 7.1 (10 points): the derivative of silu", (out / "README.md").read_text())
            graded = ["grade.py", out, "--tasks", "7.1", "--results", Path(name) / "results.json"]
            self.assertIn("needs task 7.1", run(*graded))
            handed_in = out / "src/core/activation.cpp"
            gap = '  real derivative(real z) const { needs_task("7.1", z); }'
            self.assertIn(gap, handed_in.read_text())
            text = handed_in.read_text()
            wrong = "  real derivative(real z) const { return sigmoid(z); }"
            handed_in.write_text(text.replace(gap, wrong))
            self.assertIn("σ(z) + z σ(z) (1 − σ(z)) gives", said := run(*graded))
            self.assertIn("two terms", said)
            handed_in.write_text(text.replace(gap, solution))
            self.assertIn("10 / 10", run(*graded))

    @unittest.skipUnless(numpy_here(), "no python3 here has NumPy")
    def test_two_marks_and_the_same_entry_make_a_task_in_numpy(self):
        with tempfile.TemporaryDirectory() as name:
            root, out = Path(name) / "primer", Path(name) / "class/ada"
            ignored = shutil.ignore_patterns("build", "build-[!c]*", "runs", ".git", "__pycache__", "class", "g++", "clang++")
            shutil.copytree(bench.ROOT, root, ignore=ignored)
            example = (root / "README.md").read_text().partition('"7.1": own(')
            entry = (example[1] + example[2].partition("\n```")[0]).replace("activation/silu", "function/silu")
            table = root / "tests/course/own_tasks.py"
            table.write_text(table.read_text().replace("return {}", "return {" + entry.replace("\n", "\n    ") + "}"))
            solution = 'def silu(z):\n    """Returns σ(z) z and its derivative."""\n    s = 1 / (1 + np.exp(-z))\n    return z * s, s * (1 + z * (1 - s))\n'
            with open(root / "tests/course/numpy/backprop.py", "a") as file:
                file.write(f"\n\n# task 7.1 (10 points): silu and its derivative\n{solution}# end of task 7.1\n")

            def run(*words, **more):
                command = [numpy_bench.python(), *map(str, words)]
                done = subprocess.run(command, capture_output=True, text=True, **more)
                return done.stdout + done.stderr

            course, results = root / "tests/course", Path(name) / "out"
            self.assertIn("tasks 7.1, 10 points", run(course / "handout.py", out, "7.1", "python"))
            self.assertIn("silu and its derivative, `backprop.py:", (out / "README.md").read_text())
            self.assertRegex(run(out / "check.py"), r"needs task 7\.1: write it at backprop\.py:\d+\n")
            text = (out / "backprop.py").read_text()
            gap = '    raise NeedsTask("7.1")\n'
            self.assertIn(gap, text)
            self.assertNotIn("z * s", text)
            line = text[: text.index(gap)].count("\n") + 1
            (out / "backprop.py").write_text(text.replace(gap, "    return unknown(z)\n"))
            self.assertIn(f"  backprop.py:{line}: NameError: name 'unknown' is not defined\n", run(out / "check.py"))
            wrong = "    s = 1 / (1 + np.exp(-z))\n    return z * s, s\n"
            (out / "backprop.py").write_text(text.replace(gap, wrong))
            self.assertIn("the product rule has two terms", run(out / "check.py", "7.1"))
            (out.parent / "bob").mkdir()
            (out.parent / "bob/backprop.py").write_text(text.replace(gap, solution.partition('"""\n')[2]))
            run(course / "grade_class.py", out.parent, "--tasks", "7.1 1.1", "--results", results)
            rows = (results / "grades.csv").read_text().splitlines()
            self.assertEqual(rows, ["student,1.1,7.1,score,of", "ada,15,5,20,25", "bob,15,10,25,25"])
            self.assertIn("two terms", (results / "misconceptions.csv").read_text())


class Readme(unittest.TestCase):
    """Runs the README's commands for lecturers in a tree beside a handout and a submission."""

    def test_the_lines_for_lecturers_work(self):
        text = (bench.ROOT / "README.md").read_text()
        lines = [line.split(" #")[0].strip() for line in text.splitlines() if line.startswith("    make ")]
        self.assertEqual([line.split()[1] for line in lines], ["assignment", "assignment", "grade", "grade", "autograder", "misconceptions"])
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "primer"
            shutil.copytree(bench.ROOT, root, ignore=shutil.ignore_patterns("build*", "runs", ".git", "__pycache__"))
            (Path(folder) / "secret.txt").write_text("words that no student knows\n")
            for line in lines[:5]:  # another test runs the last
                done = subprocess.run(["sh", "-c", line], cwd=root, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, line + done.stdout + done.stderr)
                if line == lines[0]:
                    shutil.copytree(Path(folder) / "handout", Path(folder) / "alice")
                    shutil.copytree(Path(folder) / "handout", Path(folder) / "class/bob")
            self.assertFalse(fault_of((root / "alice.json").read_text()))
            self.assertTrue((root / "autograder.zip").stat().st_size > 0)


def safetensors(path):
    raw = path.read_bytes()
    n = int.from_bytes(raw[:8], "little")
    result = {}
    for name, t in json.loads(raw[8 : 8 + n]).items():
        if name != "__metadata__":
            begin, end = t["data_offsets"]
            numbers = struct.unpack(f"<{(end - begin) // 8}d", raw[8 + n + begin : 8 + n + end])
            cols = t["shape"][-1]
            result[name] = [list(numbers[i : i + cols]) for i in range(0, len(numbers), cols)]
    return result


@unittest.skipUnless((bench.ROOT / "build/primer").exists() and numpy_here(), "needs build/primer and NumPy")
class Verify(unittest.TestCase):
    def test_verify_finds_and_names_wrong_arrays_and_raises_no_false_alarm(self):
        script = bench.ROOT / "tests/course/verify_slips.py"
        done = subprocess.run([numpy_bench.python(), script, bench.ROOT / "build/primer"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


@unittest.skipUnless((bench.ROOT / "build/primer").exists(), "build/primer is not built")
class HandoutData(unittest.TestCase):
    def near(self, A, B):
        self.assertEqual(tasks.shape(A), tasks.shape(B))
        for a, b in zip(sum(A, []), sum(B, [])):
            self.assertAlmostEqual(a, b, delta=1e-12)

    def test_traces_and_steps_are_what_the_formulas_say(self):
        with tempfile.TemporaryDirectory() as name:
            out = Path(name)
            script = bench.ROOT / "tests/course/handout_data.sh"
            subprocess.run(["sh", script, bench.ROOT / "build/primer", out], check=True, capture_output=True)
            for network in ("tanh", "sigmoid", "softmax"):
                t = safetensors(out / f"{network}.trace.safetensors")
                start = safetensors(out / f"{network}.weights.safetensors")
                W, b = start["layers.1.weight"], start["layers.1.bias"]
                self.near(t["1.z"], tasks.forward([t["1.x"], W, b]))
                self.near(t["1.dL_dz"], tasks.each(lambda g, s: g * s, t["1.dL_da"], t["1.slope"]))
                self.near(t["1.dL_dW"], tasks.product(tasks.transposed(t["1.dL_dz"]), t["1.x"]))
                self.near(t["1.dL_da"], tasks.product(t["2.dL_dz"], start["layers.2.weight"]))
                for rule in ("sgd", "adam"):
                    after = safetensors(out / f"{network}.{rule}.safetensors")["layers.1.weight"]
                    self.assertEqual(tasks.shape(after), tasks.shape(W))
                    self.assertNotEqual(after, W)
            self.near(t["2.dL_dz"], tasks.each(lambda a, y: (a - y) / len(t["y"]), t["2.a"], t["y"]))
            loss = tasks.cross_entropy([t["2.z"], None, t["y"], [[0.0]]])
            self.assertAlmostEqual(t["loss"][0][0], loss, delta=1e-12)


@unittest.skipUnless(WITH_BUILDS, "takes minutes: python3 tests/course/test_course.py all, or Builds for it alone")
class Builds(unittest.TestCase):
    """Handouts of all tasks and of each alone are built as a student builds them, and all tests are run. For each compiler
    there is one tree, build-course/COMPILER: from handout to handout only the files that differ are compiled anew."""

    def follow(self, new, tree):
        """Makes `tree` equal to `new` without touching files that are equal already."""
        files = {path.relative_to(new) for path in new.rglob("*") if path.is_file()}
        for path in {path.relative_to(tree) for path in tree.rglob("*") if path.is_file()} - files:
            if path.parts[0] != "build":
                (tree / path).unlink()
        for path in files:
            if not (tree / path).exists() or (tree / path).read_bytes() != (new / path).read_bytes():
                (tree / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(new / path, tree / path)

    def outcome_of(self, tree):
        """The last line of the tests, after the lines of the failures."""
        built = subprocess.run(
            ["cmake", "--build", tree / "build", "--target", "primer", "primer-tests", "answers"], capture_output=True, text=True
        )
        self.assertEqual(built.returncode, 0, built.stdout[-3000:] + built.stderr[-3000:])
        ran = subprocess.run([tree / "build/primer-tests"], capture_output=True, text=True, cwd=tree, errors="replace")
        lines = ran.stdout.strip().split("\n")
        return "\n".join([line for line in lines if line.startswith("FAILED")] + lines[-1:])

    def checks_of(self, tree, chosen):
        """The result of `make check` for each task."""
        told = subprocess.run(
            [sys.executable, tree / "tests/course/check.py"], capture_output=True, text=True, cwd=tree
        ).stdout
        return [told.partition(f"task {task}: ")[2].partition("\ntask ")[0] for task in chosen]

    def follow_readme(self, tree, missing):
        """Runs the README's commands. Each ends with exit code 0, and says what it lacks."""
        text = (tree / "README.md").read_text()
        commands = [line.split(" #")[0].strip() for line in text.split("\n") if line.startswith(("    make", "    build/"))]
        self.assertGreaterEqual(len(commands), 9)
        lacking = set()
        for command in commands:
            if command == "make test" or (command == "make" and len(missing) == 1):
                continue  # outcome_of has run the tests
            done = subprocess.run(["sh", "-c", command], cwd=tree, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, command + done.stdout + done.stderr)
            self.assertNotIn("***", done.stdout + done.stderr)
            lacking |= set(re.findall(r"needs task (\d\.\d)", done.stdout)) if command.startswith("build/") else set()
        self.assertTrue(lacking <= set(missing))
        self.assertTrue(lacking or not {"1.1", "2.1", "2.2"} & set(missing), missing)

    def check(self, compiler):
        tree = bench.OBJECTS / compiler
        tree.mkdir(parents=True, exist_ok=True)
        for chosen in [ALL] + [[task] for task in ALL]:
            with tempfile.TemporaryDirectory() as new:
                regions = [r for r in bench.regions() if r.task in chosen]
                handout.write_handout(Path(new), regions)
                self.assertEqual(list(handout.leaks(Path(new), regions)), [])
                self.follow(Path(new), tree)
            configure = ["cmake", "-S", tree, "-B", tree / "build", "-DPRIMER_TESTS=ON"]
            subprocess.run([*configure, f"-DCMAKE_CXX_COMPILER={compiler}"], check=True, capture_output=True)
            said = self.outcome_of(tree)
            print(compiler, " ".join(chosen), said, flush=True)
            found = {part.split(":")[0] for part in said.split("; task ")[1:]}
            self.assertIn(" 0 failed", said)
            self.assertTrue(found and found <= set(chosen), said)
            for task, told in zip(chosen, self.checks_of(tree, chosen)):
                self.assertRegex(told, "needs task [0-9]" if len(chosen) > 1 else f"needs task {task}")
            self.follow_readme(tree, chosen)
        public = {task: tasks.solved(task, "public") for task in ALL}
        (tree / "tests/course/public.json").write_text(json.dumps(public, ensure_ascii=False))
        for path in {region.path for region in bench.regions()}:
            lines = (bench.ROOT / path).read_text().split("\n")
            unmarked = "\n".join(line for line in lines if not marks.LIKE_A_MARK.search(line))
            if (
                unmarked != (tree / path).read_text()
            ):  # a restored mark changes nothing, so this need not be compiled
                shutil.copy(bench.ROOT / path, tree / path)
        said = self.outcome_of(tree)
        print(compiler, "reference put back:", said, flush=True)
        self.assertIn(" 0 failed, 0 need a task", said)
        for told in self.checks_of(tree, ALL):
            self.assertEqual(told.strip(), "all right")

    def test_every_handout_with_every_compiler(self):
        compilers = [name for name in ("g++", "clang++") if shutil.which(name)]
        os.environ.setdefault("CMAKE_BUILD_PARALLEL_LEVEL", str(max(1, os.cpu_count() // len(compilers))))
        with ThreadPoolExecutor(len(compilers)) as pool:
            list(pool.map(self.check, compilers))


# Run at the same time as the others, because a run of all tests takes minutes.
BESIDE = ["Grading", "GradingInAClass", "HandoutData", "Tasks"]


def main():
    bench.prepare()
    chosen = [argument for argument in sys.argv[1:] if argument != "all"]
    if chosen:
        unittest.main(argv=[sys.argv[0], *chosen])
    rest = [name for name, case in globals().items() if isinstance(case, type) and issubclass(case, unittest.TestCase)]
    rest = [name for name in rest if name not in BESIDE and (name != "Builds" or WITH_BUILDS)]
    commands = [[sys.executable, __file__, *BESIDE], [sys.executable, __file__, *rest, *(["all"] if WITH_BUILDS else [])]]
    both = [subprocess.Popen(command) for command in commands]
    sys.exit(max(process.wait() for process in both))


if __name__ == "__main__":
    main()
