#!/usr/bin/env python3
"""Breaks the code in many small ways, one at a time, and sees the tests notice each.

Usage: tests/mutations.py [WORD]                     the faults of FAULTS, or those whose title contains WORD
       tests/mutations.py --random N --seed S [PART] N random faults, in the files whose path contains PART if one is given

A fault of FAULTS is a text that stands once in a source file and what it becomes; a text that is no longer there fails
at once. A random fault changes one token (tests/random_faults.py). It does not count if it does not compile or compiles
to the same object code. tests/equivalent_faults.txt lists those that leave the program the same, each with the reason.

The unit tests of the fault's own room run first, then all others, with the broken program as the one that they start:
the signatures of the configs and the quick claims are among them. A fault counts as noticed if a test fails twice, or if
the tests twice take ten times as long as those of the healthy code. Exits with 1 if a fault of FAULTS, or more than 3 %
of the random ones, go unnoticed. Several runs can go at once: they share a copy of the tree, build-mutants/tree-K. JOBS=1
in the environment judges one fault at a time."""
import argparse
import concurrent.futures
import fcntl
import hashlib
import itertools
import json
import os
import pathlib
import queue
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time

import random_faults

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build-mutants"
EQUIVALENT = ROOT / "tests" / "equivalent_faults.txt"
JOBS = int(os.environ.get("JOBS", min(2, os.cpu_count() or 1)))
PASS_MARK = 0.97
READERS = {"formats": ("toml", "table_reader", "csv", "json", "safetensors", "number", "utf8", "input", "fnv1a"),
           "runs": ("config", "samples", "experiment", "model", "named_tensor", "signature", "checkpoint")}

LOSS, ACTIVATION, DENSE, NETWORK = (f"core/{name}.cpp" for name in ("loss", "activation", "dense", "network"))
REGULARIZE, OPTIMIZER, INITIALIZER = (f"core/{name}.cpp" for name in ("regularize", "optimizer", "initializer"))
SCHEDULE = "training/schedule.cpp"
TRAINING, METRICS, FLOW, DATASET = (f"training/{name}.cpp" for name in ("training", "metrics", "flow", "dataset"))

# (title, file under src, text, what it becomes)
FAULTS = [
    ("mse without its factor 2", LOSS, "return 2 * (a - y);", "return a - y;"),
    ("mae with the sign of its slope flipped", LOSS, "a > y ? real(1) : a < y ? real(-1)", "a < y ? real(1) : a > y ? real(-1)"),
    ("mae with a slope at 0", LOSS, "a > y ? real(1) : a < y ? real(-1) : a - y", "a >= y ? real(1) : a < y ? real(-1) : a - y"),
    ("huber without its clamp", LOSS, "std::clamp(a - y, -delta, delta)", "a - y"),
    ("huber that jumps at delta", LOSS, "delta * (d - delta / 2)", "delta * d"),
    ("binary cross-entropy's gradient twice too large", LOSS,
     "return a[i] - f.smooth(y[i]);", "return 2 * (a[i] - f.smooth(y[i]));"),
    ("cross-entropy's gradient as a mean over elements", LOSS,
     "(a[i] - smooth(y[i], y)) / rows(a)", "(a[i] - smooth(y[i], y)) / static_cast<real>(a.size())"),
    ("label smoothing forgotten in the gradient", LOSS,
     "(a[i] - smooth(y[i], y)) / rows(a)", "(a[i] - y[i]) / rows(a)"),
    ("label smoothing towards 1", LOSS, "epsilon / 2;", "epsilon;"),
    ("log-sum-exp that counts its maximum twice", LOSS, "z_i[top] = -std::numeric_limits<real>::infinity();", "(void)top;"),
    ("softplus that loses the digits of a right answer", LOSS, "softplus(-std::abs(z[i])) + (std::max(z[i], real(0))",
     "(softplus(z[i])"),
    ("0 log 0 as not-a-number", LOSS, "return p == 0 ? real(0) : p * log(q);", "return p * log(q);"),
    ("missing sigma prime", ACTIVATION, "dL_dz[i] = dL_da[i] * derivative[i];",
     "dL_dz[i] = dL_da[i] + 0 * derivative[i];"),
    ("sigmoid's slope from a", ACTIVATION, "return sigmoid_derivative(z); }  //", "return sigmoid(z) * (1 - sigmoid(z)); }  //"),
    ("tanh's slope from a", ACTIVATION, "return tanh_derivative(z);", "return 1 - tanh(z) * tanh(z);"),
    ("relu'(0) = 1", ACTIVATION, "z > 0 ? real(1) : z <= 0 ? real(0) : z;", "z >= 0 ? real(1) : z < 0 ? real(0) : z;"),
    ("leaky_relu as a maximum", ACTIVATION, "real leak() const { return alpha; }\n  real value(real z) const { return z > 0 ? z : alpha * z; }",
     "real leak() const { return alpha; }\n  real value(real z) const { return std::max(alpha * z, z * (z > 0)); }"),
    ("elu's slope without alpha", ACTIVATION, "z > 0 ? real(1) : alpha * exp(", "z > 0 ? real(1) : exp("),
    ("selu's slope without lambda", ACTIVATION, "return z > 0 ? lambda : lambda_alpha", "return z > 0 ? real(1) : lambda_alpha"),
    ("gelu's slope without its second term", ACTIVATION, "normal_cdf(z) + clamped(z, 40) * normal_pdf(z)", "normal_cdf(z)"),
    ("gelu_tanh's slope without its cubic term", ACTIVATION, "(1 + 3 * k * v * v)", "1"),
    ("silu's slope with a sign flipped", ACTIVATION, "sigmoid(z) + clamped(z, 800)", "sigmoid(z) - clamped(z, 800)"),
    ("prelu's alpha gradient from the wrong side", ACTIVATION, "return z[i] > 0 ? real(0)", "return z[i] < 0 ? real(0)"),
    ("prelu that forgets its learned alpha", ACTIVATION, "LeakyRelu{alpha_(0, 0)}", "LeakyRelu{initial_alpha_}"),
    ("softmax by its diagonal only", ACTIVATION, "a(i, j) * (dL_da(i, j) - dot)", "a(i, j) * (1 - a(i, j)) * dL_da(i, j) + 0 * dot"),
    ("softmax without its maximum", ACTIVATION, "subtract_maximum(z.row(i), a.row(i));", "std::ranges::copy(z.row(i), a.row(i).begin());"),
    ("dL/dW without batch_norm's part", DENSE, "const Tensor& delta = dL_du();", "const Tensor& delta = dL_dz;"),
    ("W transposed", DENSE, "multiply(delta, transposed(Wt), dL_dx)", "multiply(delta, Wt, dL_dx)"),
    ("residual without the gradient of its shortcut", DENSE, "if (residual && wants_dL_dx) add(dL_da, dL_dx);", ""),
    ("residual that forgets its input", DENSE, "if (residual) add(*x, a);", ""),
    ("dropout without its mask on the way back", DENSE, "dropped_ ? dropout->dL_ds : dL_da", "dL_da"),
    ("dropout in evaluation", DENSE, "dropped_ = training && dropout;", "dropped_ = dropout.has_value();"),
    ("biased running variance", REGULARIZE, "var_[j] * (n / (n - 1))", "var_[j]"),
    ("batch_norm's epsilon outside the root", REGULARIZE, "1 / sqrt(var[j] + eps)", "1 / (sqrt(var[j]) + eps)"),
    ("running mean with momentum the wrong way round", REGULARIZE,
     "(1 - momentum) * running_mean[j] + momentum * mean_[j]", "momentum * running_mean[j] + (1 - momentum) * mean_[j]"),
    ("evaluation with the batch's own mean", REGULARIZE, "training ? mean_ : running_mean", "mean_"),
    ("batch_norm's gradient through neither mean nor variance", REGULARIZE, "training_ ? 1 / static_cast<real>(N) : real(0)", "real(0)"),
    ("batch_norm's gradient off by one in its mean", REGULARIZE, "training_ ? 1 / static_cast<real>(N)", "training_ ? 1 / static_cast<real>(N - 1)"),
    ("dropout without its scale", REGULARIZE, "const real kept = 1 / (1 - p);", "const real kept = 1;"),
    ("a stale dropout mask", REGULARIZE, "Stream::dropout, step)", "Stream::dropout, step * 0)"),
    ("one dropout mask for all layers", REGULARIZE, "(layer << 32)", "(layer >> 32)"),
    ("adam's epsilon inside the root", OPTIMIZER, "(sqrt(v) * root + eps)", "sqrt(v * root * root + eps)"),
    ("adam's bias correction per tensor", OPTIMIZER, "const Step step{options_, learning_rate, ++state.steps};\n  for (std::size_t i = 0; i < parameters.size(); ++i) {",
     "for (std::size_t i = 0; i < parameters.size(); ++i) {\n    const Step step{options_, learning_rate, ++state.steps};"),
    ("adam without bias correction", OPTIMIZER, "static_cast<double>(lr) / (1 - power(options.beta1, t))", "static_cast<double>(lr)"),
    ("adamw's decay as part of the gradient", OPTIMIZER, "p *= 1 - lr * decay;", "g += decay * p;"),
    ("nesterov as plain momentum", OPTIMIZER, "nesterov ? g + mu * m : m", "m"),
    ("momentum with dampening", OPTIMIZER, "mu * m + g;", "mu * m + (1 - mu) * g;"),
    ("rmsprop that forgets to square", OPTIMIZER, "rho * v + (1 - rho) * g * g", "rho * v + (1 - rho) * g"),
    ("adagrad that forgets the past", OPTIMIZER, "v += g * g;", "v = g * g;"),
    ("weight decay with its sign flipped", OPTIMIZER, "else\n      g += decay * p;", "else\n      g -= decay * p;"),
    ("a cosine far outside of the range of cos", SCHEDULE, "std::fmod(time, 2 * o.schedule_t_max)", "time"),
    ("clipping without PyTorch's 1e-6", OPTIMIZER, "max_norm / (norm + real(1e-6))", "max_norm / norm"),
    ("clipping by the last tensor's norm", OPTIMIZER, "squares += sum_of_squares", "squares = sum_of_squares"),
    ("warm-up off by one step", SCHEDULE, "std::min(time / o.schedule_total_iters, 1.0)", "std::min((time + 1) / o.schedule_total_iters, 1.0)"),
    ("cosine without its floor", SCHEDULE, "o.schedule_eta_min + (learning_rate", "(learning_rate"),
    ("every layer with the weights of the first", NETWORK, "Random(seed, Stream::initialization, l)", "Random(seed, Stream::initialization, 1 + 0 * l)"),
    ("the loss of a canonical pair from probabilities", NETWORK, "canonical(loss) ? loss.value_from_logits(output.z, y, scratch_) : loss.value(output.a, y)", "loss.value(output.a, y)"),
    ("auto that ignores the leak", NETWORK, "static_cast<double>(sigma.leak())", "0 * static_cast<double>(sigma.leak())"),
    ("He by fan_out", INITIALIZER, "std::sqrt(6 / ((1 + alpha * alpha) * in))", "std::sqrt(6 / ((1 + alpha * alpha) * out))"),
    ("Xavier by fan_in alone", INITIALIZER, "std::sqrt(2 / (in + out))", "std::sqrt(1 / in)"),
    ("the epoch's loss as a mean over batches", TRAINING, "state.loss_sum += loss * loss_->weight(batch_.y);", "state.loss_sum += loss * static_cast<double>(batch_size_);"),
    ("the same order in every epoch", TRAINING, "Random(seed, Stream::shuffling, epoch)", "Random(seed, Stream::shuffling, epoch * 0)"),
    ("a schedule that starts at its second step", TRAINING, "? step - 1 :", "? step :"),
    ("confusion matrix transposed", METRICS, "confusion(actual[i], predicted[i])", "confusion(predicted[i], actual[i])"),
    ("macro F1 over absent classes", METRICS, "occurring += actual + predicted > 0 ? 1 : 0;", "occurring += 1;"),
    ("R2 without the mean of y", METRICS, "y(i, k) - mean", "y(i, k) - 0 * mean"),
    ("saturated below a half", FLOW, "saturation_threshold * largest_derivative", "0.5 * largest_derivative"),
    ("dead units counted as revived", FLOW, "layer.dead[j] != 0 && !now_dead", "layer.dead[j] != 0"),
    ("the update relative to the weights after it", FLOW, "add(1, before[i] * before[i]);", "add(1, W[i] * W[i]);"),
    ("unbiased standard deviation", DATASET, "std::sqrt(squares / n)", "std::sqrt(squares / (n - 1))"),
]


class Tree:
    """A copy of the tree with a healthy build of the tests, which no other run changes while this one uses it."""

    def __init__(self):
        WORK.mkdir(exist_ok=True)
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True)
        self.files = [f for f in listed.stdout.split("\n") if (ROOT / f).is_file()]
        tools = ("tests/mutations.py", "tests/random_faults.py", "tests/equivalent_faults.txt")
        contents = (f.encode() + (ROOT / f).read_bytes() for f in self.files if f not in tools)
        self.stamp = hashlib.sha256(b"".join(contents)).hexdigest()
        if not any(self.take(k, only_if_same=True) for k in range(9)) and not any(self.take(k, only_if_same=False) for k in range(9)):
            sys.exit("all of build-mutants/tree-0 … tree-8 are in use")

    def take(self, k, only_if_same):
        self.path = WORK / f"tree-{k}"
        self.build = self.path / "build"
        self.lock = open(WORK / f"tree-{k}.lock", "a")
        stamp = self.path / "stamp"
        try:
            fcntl.flock(self.lock, fcntl.LOCK_NB | (fcntl.LOCK_SH if only_if_same else fcntl.LOCK_EX))
        except OSError:
            return False
        if only_if_same:
            same = stamp.exists() and stamp.read_text() == self.stamp
            if same:
                self.read()
            else:
                self.lock.close()
            return same
        stamp.unlink(missing_ok=True)
        self.copy()
        self.make()
        self.read()
        self.measure()
        stamp.write_text(self.stamp)
        fcntl.flock(self.lock, fcntl.LOCK_SH)
        return True

    def copy(self):
        """Brings the copy up to date; a file that has not changed keeps its time, so that make leaves it alone."""
        for file in self.files:
            target = self.path / file
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.read_bytes() != (ROOT / file).read_bytes():
                shutil.copyfile(ROOT / file, target)
                shutil.copymode(ROOT / file, target)
        known = set(self.files)
        for folder in {f.split("/")[0] for f in self.files if "/" in f}:
            for path in (self.path / folder).rglob("*"):
                if path.is_file() and str(path.relative_to(self.path)) not in known:
                    path.unlink()

    def make(self):
        run = lambda *command: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        linker = ["-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld"] if shutil.which("ld.lld") else []
        run("cmake", "-S", self.path, "-B", self.build, "-G", "Unix Makefiles", "-DPRIMER_TESTS=ON", "-DCMAKE_BUILD_TYPE=None",
            "-DCMAKE_CXX_FLAGS=-O1", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *linker)
        targets = self.read_links()
        for program in targets:  # where the tests look for a program stands a script that starts the broken one under this name
            (self.build / program).unlink(missing_ok=True)
        run("cmake", "--build", self.build, "-j", str(JOBS), "--target", *targets.values())
        for program in targets:
            os.replace(self.build / program, self.build / f"healthy-{program}")
            (self.build / program).write_text(f'#!/usr/bin/env bash\nexec -a "$0" "$PRIMER_MUTANT/{program}" "$@"\n')
            (self.build / program).chmod(0o755)

    def read_links(self):
        """How primer-tests and the programs that it starts are linked; returns {file: target}."""
        started, = re.findall(r"add_dependencies\(primer-tests ([^)]+)\)", (self.path / "tests/CMakeLists.txt").read_text())
        self.link, targets = {}, {}
        for target in ["primer-tests", *started.split()]:
            link, = self.build.rglob(f"{target}.dir/link.txt")
            words = shlex.split(link.read_text())
            program = pathlib.Path(words[words.index("-o") + 1]).name
            targets[program] = target
            self.link[program] = (words, link.parent.parent.parent)
        return targets

    def read(self):
        """The commands that compile and link, and what each object file is made from."""
        self.read_links()
        self.compile, self.depends = {}, {}
        for entry in json.loads((self.build / "compile_commands.json").read_text()):
            command = re.sub(r"^\S*ccache ", "", entry["command"])
            output = pathlib.Path(entry["directory"]) / re.search(r" -o (\S+)", command)[1]
            if output.suffix == ".o" and output.exists():
                self.compile[output] = (shlex.split(command), pathlib.Path(entry["directory"]), pathlib.Path(entry["file"]))
                words = output.with_suffix(".o.d").read_text().replace("\\\n", " ").split()[1:]
                self.depends[output] = {(pathlib.Path(entry["directory"]) / word).resolve() for word in words}
        limits = self.path / "limits"
        self.limits = json.loads(limits.read_text()) if limits.exists() else {}

    def measure(self):
        """The seconds of work that the healthy tests take, which must pass."""
        folder = WORK / f"healthy-{os.getpid()}"
        folder.mkdir()
        for program in self.link:
            (folder / program).symlink_to(self.build / f"healthy-{program}")
        tests = {f"*tests/{room}/*": [f"--source-file=*tests/{room}/*"] for room in ("core", "training", *READERS)} | {"*": []}
        for name, arguments in tests.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            if self.run(folder, ["primer-tests", *arguments], None) != 0:
                sys.exit(f"the tests fail without any fault ({name}); mend them first")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.limits[name] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        (self.path / "limits").write_text(json.dumps(self.limits))
        shutil.rmtree(folder)

    def tests(self, room, name):
        """The unit tests in the order in which a fault of that source is most likely noticed: [(name, command)]."""
        mirror, rest = f"*tests/{room}/test_{name}.cpp", f"*tests/{room}/*"
        order = [(mirror, [f"--source-file={mirror}"]), (rest, [f"--source-file={rest}", f"--source-file-exclude={mirror}"]),
                 ("*", [f"--source-file-exclude={rest}"])]
        return [(name, ["primer-tests", "--abort-after=1", *arguments]) for name, arguments in order]

    def run(self, folder, command, limit, output=subprocess.DEVNULL):
        """The exit code of a program in `folder`, negative if a signal ended it; a limit is of CPU seconds."""
        def limit_it():
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
            if limit:
                resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        process = subprocess.Popen([folder / command[0], *command[1:]], cwd=self.path, env={**os.environ, "PRIMER_MUTANT": str(folder)},
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL,
                                   preexec_fn=limit_it, start_new_session=True)
        try:
            return process.wait(timeout=60 + 20 * limit if limit else None)
        except subprocess.TimeoutExpired:
            return -9
        finally:
            try:
                os.killpg(process.pid, 9)
            except ProcessLookupError:
                pass
            process.wait()

    def failure(self, folder, command, limit):
        """What the tests of a command notice, or None. A failure or a timeout counts only if it happens twice, because a
        busy machine may cause one; of a test that fails, only this test is repeated."""
        with open(folder / "output", "w") as output:
            code = self.run(folder, command, limit, output)
        if code == 0:
            return None
        names = re.findall(r"^TEST CASE:  (.*)$", (folder / "output").read_text(errors="replace"), re.MULTILINE)
        if names and self.run(folder, ["primer-tests", "--test-case=" + re.sub(r'[,"\\]', "?", names[-1])], limit) != 0:
            return f"'{names[-1]}'" + (f", signal {-code}" if code < 0 else "")
        code = self.run(folder, command, limit)
        if code == 0:
            return None
        return " ".join(command[2:]) + (f", signal {-code}" if code < 0 else "")

    def limit(self, case):
        room = case.rsplit("/", 1)[0] + "/*" if "/" in case else case
        return int(10 * self.limits.get(room, self.limits["*"])) + 5

    def verdict(self, fault, folder):
        """Who notices a fault: a word, or None. 'invalid' if it does not compile, 'same' if it makes no difference."""
        shutil.rmtree(folder, ignore_errors=True)
        original = (self.path / fault.file).resolve()
        mutant = folder / fault.file
        mutant.parent.mkdir(parents=True)
        mutant.write_text(fault.apply(original.read_text()))
        room, name = original.parent.name, original.stem
        order = self.tests(room, name)
        if original.suffix == ".cpp":
            rounds = [([o for o in self.compile if self.compile[o][2].resolve() == original], order)]
        else:
            affected = [o for o in self.compile if original in self.depends[o]]
            rounds = [(affected, order)]
            if room in ("core", "training", "formats"):  # their tests run no code of the rooms above: these can wait
                near = [o for o in affected if self.compile[o][2].parent.name == room]
                rounds = [(near, order[:-1]), ([o for o in affected if o not in near], order)]
        changed = {}
        for outputs, tests in rounds:
            if not self.compile_with(folder, mutant, outputs, changed):
                return "invalid"
            if not changed:
                continue
            for program in self.link if tests is order else ["primer-tests"]:
                if not self.link_with(folder, program, changed):
                    return "invalid"
            for case, command in tests:
                failure = self.failure(folder, command, self.limit(case))
                if failure is not None:
                    return f"noticed by {failure}"
        return None if changed else "same"

    def compile_with(self, folder, mutant, outputs, changed):
        """Compiles these objects with the mutant in the place of its original, and adds to `changed` those that differ."""
        for output in outputs:
            words, directory, source = self.compile[output]
            words = [str(mutant) if w == str(source) and mutant.suffix == ".cpp" else w for w in words]
            target = folder / f"{len(list(folder.glob('*.o')))}.o"
            words[words.index("-o") + 1] = str(target)
            words[1:1] = ["-w", f"-I{folder}/include", "-iquote", str(source.parent)]
            if not builds(words, directory):
                return False
            if target.read_bytes() != output.read_bytes():
                changed[output] = target
        return True

    def link_with(self, folder, program, changed):
        """Links a program with the changed objects, which come first so that their inline functions are the ones kept."""
        words, directory = self.link[program]
        objects = {p: {(d / w).resolve() for w in ws if w.endswith(".o")} for p, (ws, d) in self.link.items()}
        kept = [w for w in words if not (w.endswith(".o") and (directory / w).resolve() in changed)]
        kept[kept.index("-o") + 1] = str(folder / program)
        others = set().union(*objects.values()) - objects[program]
        first = next(k for k, w in enumerate(kept) if w.endswith((".o", ".a")))
        kept[first:first] = [str(target) for o, target in changed.items() if o not in others]
        return builds(kept, directory)


def builds(command, directory):
    """Whether a compiler or linker succeeds; one that fails is started again, because the system may have killed it."""
    return any(subprocess.run(command, cwd=directory, capture_output=True).returncode == 0 for _ in range(2))


def without_comment(line):
    return re.sub(r"\s*//.*", "", line).strip()


def equivalent_faults():
    """{(file, line, line with the fault)} of tests/equivalent_faults.txt."""
    listed, file, old = set(), "", []
    before = ""
    for line in EQUIVALENT.read_text().splitlines():
        if re.fullmatch(r"\S+\.[ch]pp", line):
            file = line
        elif line.startswith("- "):
            old = [*old, without_comment(line[2:])] if before == "-" else [without_comment(line[2:])]
        elif line.startswith("+ "):
            listed |= {(file, text, without_comment(line[2:])) for text in old}
        before = line[:1]
    return listed


def judge(tree, faults, name, enough):
    """(fault, verdict, seconds) for each fault, in order, until `enough` of them count. What an earlier run of this name
    found out about the same tree is taken from its file."""
    found = WORK / f"{name}.jsonl"
    known = {tuple(key): verdict for key, verdict in map(json.loads, found.read_text().splitlines())} if found.exists() else {}
    folder = WORK / f"{name}-{os.getpid()}"
    slots = queue.SimpleQueue()
    for k in range(JOBS):
        slots.put(folder / f"worker-{k}")

    def one(fault):
        start = time.monotonic()
        key = (tree.stamp, fault.file, fault.start, fault.before, fault.after)
        if key not in known:
            slot = slots.get()
            try:
                known[key] = tree.verdict(fault, slot)
            finally:
                slots.put(slot)
            with open(found, "a") as file:
                file.write(json.dumps([key, known[key]]) + "\n")
        return fault, known[key], time.monotonic() - start

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        running = [pool.submit(one, fault) for fault in itertools.islice(faults, 2 * JOBS)]
        while running and enough > 0:
            result = running.pop(0).result()
            running += [pool.submit(one, fault) for fault in itertools.islice(faults, 1)]
            enough -= result[1] not in ("invalid", "same")
            yield result
        for job in running:
            job.cancel()
    shutil.rmtree(folder, ignore_errors=True)


def seeded(tree, word):
    texts = {}
    faults = []
    for title, file, text, instead in FAULTS:
        file = file if file.startswith("include/") else "src/" + file
        source = texts.setdefault(file, (tree.path / file).read_text())
        if source.count(text) != 1:
            sys.exit(f"'{title}': {text!r} stands {source.count(text)} times in {file}, not once; bring tests/mutations.py up to date")
        if word in title:
            faults.append((title, random_faults.Fault(file, source.index(text), text, instead)))
    start = time.monotonic()
    survivors = 0
    for (title, _), (fault, verdict, _) in zip(faults, judge(tree, (f for _, f in faults), "seeded", len(faults))):
        if verdict in ("invalid", "same"):
            sys.exit(f"'{title}' does not compile, or to the same object code")
        survivors += verdict is None
        print(f"{verdict or 'SURVIVED':40}  {fault.file:32}  {title}", flush=True)
    print(f"{len(faults) - survivors} of {len(faults)} faults noticed in {time.monotonic() - start:.0f} s")
    return survivors == 0


def in_scope(file):
    room, name = pathlib.Path(file).parent.name, pathlib.Path(file).stem
    return re.match(r"(src|include/primer)/", file) and (room in ("core", "training") or name in READERS.get(room, ()))


def at_random(tree, number, seed, part):
    texts = {f: (tree.path / f).read_text() for f in tree.files if in_scope(f) and part in f}
    listed = equivalent_faults()
    for file, old, _ in sorted(listed):
        if file in texts and old not in map(without_comment, texts[file].split("\n")):
            sys.exit(f"{old!r} no longer stands in {file}; bring tests/equivalent_faults.txt up to date")
    results = {"invalid": 0, "same": 0, "equivalent": 0, "noticed": 0, None: 0}
    start = time.monotonic()
    for fault, verdict, seconds in judge(tree, random_faults.draw(texts, seed), f"seed-{seed}", number):
        text = texts[fault.file]
        old, new = fault.lines(text)
        if verdict is None and (fault.file, without_comment(old), without_comment(new)) in listed:
            verdict = "equivalent"
        results[verdict.split()[0] if verdict else None] += 1
        if verdict in ("invalid", "same"):
            continue
        before, after = (" ".join(part.split()) for part in (fault.before, fault.after))
        print(f"{fault.file}:{fault.line(text)}: {before} → {after}  {verdict or 'SURVIVED'}  {seconds:.0f} s", flush=True)
        if verdict is None:
            print(f"  - {old}\n  + {new}", flush=True)
    counted = results["noticed"] + results["equivalent"] + results[None]
    good = (results["noticed"] + results["equivalent"]) / max(counted, 1)
    print(f"{results['noticed']} of {counted} noticed, {results['equivalent']} equivalent, {100 * good:.1f} %; not counted: "
          f"{results['invalid']} that do not compile, {results['same']} with the same object code; {time.monotonic() - start:.0f} s")
    return good >= PASS_MARK


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("word", nargs="?", default="")
    options = parser.parse_args()
    tree = Tree()
    passed = at_random(tree, options.random, options.seed, options.word) if options.random else seeded(tree, options.word)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
