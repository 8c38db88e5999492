"""Tests of the course kit itself: python3 tests/course/test_course.py. Submissions that attack the grader, the form of
results.json in every case, what the stripper refuses, and that a handout holds what it says.
"""

import contextlib
import io
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import bench
import handout
import marks
import misconceptions
import tasks

ALL = list(tasks.TASKS)
RIGHT = dict(misconceptions.RIGHT)


def valid_results(path):
    """The form that Gradescope asks for."""
    result = json.loads(path.read_text())
    assert set(result) <= {
        "score",
        "execution_time",
        "output",
        "visibility",
        "stdout_visibility",
        "extra_data",
        "tests",
        "leaderboard",
    }
    assert result["visibility"] in ("hidden", "after_due_date", "after_published", "visible")
    assert result["tests"]
    for test in result["tests"]:
        assert set(test) <= {
            "score",
            "max_score",
            "status",
            "name",
            "number",
            "output",
            "tags",
            "visibility",
            "extra_data",
        }
        assert 0 <= test["score"] <= test["max_score"] and math.isfinite(test["score"])
        assert test["status"] in ("passed", "failed") and (test["status"] == "passed") == (
            test["score"] == test["max_score"]
        )
        assert all(isinstance(test[key], str) for key in ("name", "number", "output"))
    assert abs(result["score"] - sum(test["score"] for test in result["tests"])) < 1e-9
    return {test["number"]: test for test in result["tests"]}


class Grading(unittest.TestCase):
    """Every submission starts as a handout in which tasks 1.2 and 1.3, which share a file, are solved."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="course"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.out = self.folder / "submission"
        self.out.mkdir()
        handout.write_handout(self.out, [r for r in bench.regions()])
        self.file = self.out / "src/core/activation.cpp"
        self.solve("1.2", RIGHT["1.2"])
        self.solve("1.3", RIGHT["1.3"])

    def solve(self, task, code):
        region = next(r for r in bench.regions() if r.task == task)
        path = self.out / region.path
        lines = path.read_text().split("\n")
        begin = next(i for i, line in enumerate(lines) if line.lstrip().startswith(f"// Task {task} ("))
        end = next(i for i, line in enumerate(lines) if line.strip() == marks.YOURS_END.format(task))
        path.write_text("\n".join(lines[: begin + 1] + code.split("\n") + lines[end:]))

    def everywhere(self, code):
        self.file.write_text(self.file.read_text() + code)

    def grade(self, chosen="1.2 1.3"):
        results = self.folder / "results.json"
        command = [
            sys.executable,
            str(bench.ROOT / "tests/course/grade.py"),
            str(self.out),
            "--tasks",
            chosen,
            "--results",
            str(results),
        ]
        self.run_ = subprocess.run(command, capture_output=True, text=True, timeout=300)
        self.assertEqual(self.run_.returncode, 0, self.run_.stderr)
        return valid_results(results)

    def expect(self, points_12, points_13, words="", chosen="1.2 1.3"):
        tests = self.grade(chosen)
        self.assertEqual((tests["1.2"]["score"], tests["1.3"]["score"]), (points_12, points_13), tests)
        self.assertIn(words, tests["1.2"]["output"] + tests["1.3"]["output"])

    def test_what_is_right_gets_all_points(self):
        self.expect(5, 10)

    def test_a_compile_error_costs_its_task_alone(self):
        self.solve("1.2", "this is no C++;")
        self.expect(0, 10, "does not compile")

    def test_a_compile_error_between_the_tasks_costs_nothing(self):
        self.everywhere("this is no C++;")
        self.expect(5, 10)

    def test_a_crash_costs_its_task_alone(self):
        self.solve("1.2", "*static_cast<volatile int*>(nullptr) = 1;")
        self.expect(0, 10, "SIGSEGV")

    def test_a_hang_costs_its_task_alone(self):
        self.solve("1.2", "for (volatile int i = 0;; i = i + 1) {}")
        self.expect(0, 10, "took more than 10 seconds")

    def test_a_hang_of_the_compiler_costs_its_task_alone(self):
        self.solve("1.2", "struct A { constexpr A() { for (;;) {} } }; constexpr A endless;")
        self.expect(0, 10, "does not compile")

    def test_an_endless_print_costs_its_task_alone(self):
        self.solve("1.2", 'for (;;) __builtin_printf("spam ");')
        self.expect(0, 10, "printed too much")

    def test_all_memory_costs_its_task_alone(self):
        self.solve("1.2", "std::vector<double> v; for (;;) v.resize(v.size() + (1 << 20));")
        self.expect(0, 10, "bad_alloc")

    def test_leaving_before_main_costs_nothing_that_is_right(self):
        self.everywhere("\n#include <unistd.h>\nstatic const int leave = (_exit(0), 0);\n")
        self.expect(5, 10)

    def test_leaving_early_gives_no_points(self):
        self.solve("1.2", "__builtin_exit(0);".replace("__builtin_exit", "::_Exit"))
        self.expect(0, 10, "no answer")

    def test_forged_output_gives_no_points(self):
        self.solve(
            "1.2",
            'for (int i = 0; i < 4; ++i) __builtin_printf("ok 2 3 1 1 1 1 1 1\\n"); __builtin_fflush(nullptr);'.replace(
                " __builtin_fflush(nullptr);", ""
            ),
        )
        self.expect(0, 10, "does your code print?")

    def test_files_and_processes_of_the_grader_are_out_of_reach(self):
        own = self.folder / "results.json"
        self.solve(
            "1.2",
            f"""
std::FILE* f = std::fopen("{own}", "w");
const bool wrote = f != nullptr;
const bool removed = std::remove("{own}") == 0;
const bool outside = std::fopen("{self.folder}/left.txt", "w") != nullptr;
const bool killed = kill(getppid(), 9) == 0;
const bool forked = fork() >= 0;
const bool connected = socket(AF_INET, SOCK_STREAM, 0) >= 0;
const bool ran = std::system("touch {self.folder}/ran.txt") == 0;
throw std::runtime_error(std::string("could: ") + (wrote ? "write " : "") + (removed ? "remove " : "") + (outside ? "create " : "") + (killed ? "kill " : "")
  + (forked ? "fork " : "") + (connected ? "connect " : "") + (ran ? "run " : "") + "nothing else");""",
        )
        self.everywhere("\n")
        text = self.file.read_text()
        self.file.write_text(
            "#include <cstdio>\n#include <cstdlib>\n#include <signal.h>\n#include <sys/socket.h>\n#include <unistd.h>\n"
            + text
        )
        self.expect(0, 10, "could: nothing else")
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), ["results.json", "submission"])

    def test_hidden_inputs_are_no_file_and_answers_are_nowhere(self):
        secret = self.folder / "hidden"
        secret.write_text("a secret")
        self.solve(
            "1.2",
            'std::string all; for (const char* name : {"results.json", "expected.json", "tests/course/hidden"}) if (std::FILE* f = std::fopen(name, "r")) all += name; throw std::runtime_error("found: " + all);',
        )
        self.file.write_text("#include <cstdio>\n" + self.file.read_text())
        self.expect(0, 10, "found: ")
        self.assertNotIn("found: r", self.run_.stdout)

    def test_links_and_large_files_are_not_read(self):
        shutil.copy(self.file, self.folder / "elsewhere.cpp")
        self.file.unlink()
        self.file.symlink_to(self.folder / "elsewhere.cpp")
        self.expect(0, 0, "is a link")
        self.file.unlink()
        os.link(self.folder / "elsewhere.cpp", self.file)
        self.expect(0, 0, "not a regular file")
        self.file.unlink()
        os.mkfifo(self.file)
        self.expect(0, 0, "not a regular file")
        self.file.unlink()
        self.file.write_text("//" + "x" * (1 << 19))
        self.expect(0, 0, "larger than")
        self.file.unlink()
        self.expect(0, 0, "No such file")

    def test_tests_and_build_files_of_a_submission_do_not_count(self):
        self.solve("1.2", "dL_dz.fill(1);")
        for name in (
            "tests/course/judge.py",
            "tests/programs/answers.cpp",
            "CMakeLists.txt",
            "include/primer/core/tensor.hpp",
        ):
            (self.out / name).write_text("raise SystemExit(0)\n")
        self.expect(0, 10)

    def test_helpers_outside_of_the_marked_lines_are_seen(self):
        self.solve("1.2", "helper(slope, dL_da, dL_dz);")
        text = self.file.read_text()
        self.file.write_text(
            text.replace(
                "void Activation::backward",
                "static void helper(const Tensor& slope, const Tensor& dL_da, Tensor& dL_dz) {\n"
                + RIGHT["1.2"]
                + "\n}\nvoid Activation::backward",
            )
        )
        self.expect(5, 10)

    def test_grading_twice_gives_the_same_bytes(self):
        self.solve("1.3", misconceptions.row(result="p(j) * g(j)"))
        self.expect(5, 0, "sum over the row is missing")
        first = (self.folder / "results.json").read_bytes()
        self.grade()
        self.assertEqual((self.folder / "results.json").read_bytes(), first)

    def test_the_hidden_inputs_follow_from_the_secret(self):
        self.assertEqual(tasks.cases("1.1", "a"), tasks.cases("1.1", "a"))
        for task in ALL:
            self.assertNotEqual(tasks.cases(task, "a"), tasks.cases(task, "b"))


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
        out = (
            Path(self.enterContext(tempfile.TemporaryDirectory())) / "out"
            if hasattr(self, "enterContext")
            else Path(tempfile.mkdtemp()) / "out"
        )
        sys.argv = ["handout.py", str(out), *arguments]
        with contextlib.redirect_stdout(io.StringIO()):
            handout.main()
        return out

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
        (out / "data/notes.txt").write_text("multiply_add(*x, Wt,\n b, u);")
        (out / "src/core/tensor.cpp").write_text("// task 1.1 (5 points): a\n")
        self.assertEqual(len(list(handout.leaks(out, regions))), 2)

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


@unittest.skipUnless(
    "Builds" in sys.argv[1:], "takes many minutes: name it, python3 tests/course/test_course.py Builds"
)
class Builds(unittest.TestCase):
    """Handouts of each task alone and of all are built as a student builds them, and all tests are run."""

    def follow(self, new, tree):
        """Makes `tree` what `new` is, without touching what is the same already."""
        for path in [p for p in new.rglob("*") if p.is_file()]:
            there = tree / path.relative_to(new)
            there.parent.mkdir(parents=True, exist_ok=True)
            if not there.exists() or there.read_bytes() != path.read_bytes():
                shutil.copy(path, there)

    def tests_of(self, tree, compiler):
        subprocess.run(
            ["cmake", "-S", tree, "-B", tree / "build", f"-DCMAKE_CXX_COMPILER={compiler}", "-DPRIMER_TESTS=ON"],
            check=True,
            capture_output=True,
        )
        built = subprocess.run(
            ["cmake", "--build", tree / "build", "-j2", "--target", "primer-tests"], capture_output=True, text=True
        )
        self.assertEqual(built.returncode, 0, built.stdout[-3000:] + built.stderr[-3000:])
        return subprocess.run(
            [tree / "build/primer-tests"], capture_output=True, text=True, cwd=tree, errors="replace"
        ).stdout

    def check(self, compiler):
        with tempfile.TemporaryDirectory() as name:
            tree = Path(name) / "tree"
            for chosen in [ALL] + [[task] for task in ALL]:
                new = Path(name) / "-".join(chosen)
                regions = [r for r in bench.regions() if r.task in chosen]
                new.mkdir()
                handout.write_handout(new, regions)
                self.assertEqual(list(handout.leaks(new, regions)), [])
                self.follow(new, tree)
                said = self.tests_of(tree, compiler)
                print(compiler, " ".join(chosen), said.strip().split("\n")[-1], flush=True)
                found = {part.split(":")[0].strip() for part in said.strip().split("\n")[-1].split("; task ")[1:]}
                self.assertIn(" 0 failed", said, said)
                self.assertTrue(found and found <= set(chosen), said)
            for region in bench.regions():
                shutil.copy(bench.ROOT / region.path, tree / region.path)
            said = self.tests_of(tree, compiler)
            print(compiler, "reference put back", said.strip().split("\n")[-1], flush=True)
            self.assertIn(" 0 failed, 0 need a task", said, said)

    def test_with_gcc(self):
        self.check("g++")

    @unittest.skipUnless(shutil.which("clang++"), "no clang++ here")
    def test_with_clang(self):
        self.check("clang++")


if __name__ == "__main__":
    bench.prepare()
    unittest.main()
