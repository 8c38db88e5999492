#!/usr/bin/env python3
"""Does the work of primer-bench in PyTorch, NumPy and scikit-learn, as far as this Python has them, and in tests/bench_peer.cpp
on Eigen and on OpenBLAS, as far as the compiler finds them: the same weights, rows, order and steps, in turns with primer, on one thread each, with the CPU kernels that suit the machine. Prints how many
times as long as primer each takes, and checks by the final loss that the work was the same.
Usage: tests/bench_peers.py [PROGRAM [WORKLOAD…]] (make bench-peers). PEER_FLAGS=-march=x86-64-v3 compiles the two programs
for another CPU."""
import importlib.util
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections import namedtuple

for variable in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[variable] = "1"
if os.path.exists("/proc/cpuinfo") and "avx512f" in open("/proc/cpuinfo").read():
    os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")  # by default both use older kernels
    os.environ.setdefault("OPENBLAS_CORETYPE", "SKYLAKEX")
try:
    import numpy as np
except ModuleNotFoundError:
    sys.exit(f"bench_peers: {sys.executable} has no NumPy and so no peer; try another Python:\n"
             "  make bench-peers PYTHON=/usr/bin/python3")

TURNS = 5
Job = namedtuple("Job", "sizes hidden output loss optimizer rate batch epochs shuffled")


def u(seed, i):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (np.asarray(i, np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def xor():
    return np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])


def spirals():
    i = np.arange(3000)
    k, j = np.divmod(i, 1000)
    r = j / 999
    t = 4 * k + 4 * r + 0.2 * np.sqrt(-2 * np.log(1 - u(2000, 2 * i))) * np.cos(2 * np.pi * u(2000, 2 * i + 1))
    return np.stack([r * np.sin(t), r * np.cos(t)], 1), np.eye(3)[k]


def regression():
    x = 2 * u(3000, np.arange(10000)) - 1
    return x[:, None], (0.5 * np.sin(2 * np.pi * x) + 0.3 * x * x)[:, None]


def classification():
    x = u(4000, np.arange(784 * 10000)).reshape(10000, 784) - 0.5
    P = 2 * u(4001, np.arange(7840)).reshape(10, 784) - 1
    return x, np.eye(10)[np.argmax(x @ P.T, 1)]


def deep():
    x = 2 * u(6000, np.arange(1024 * 32)).reshape(1024, 32) - 1
    return x, 0.5 * np.sin(3 * x)


TRAINED = {  # job, data, final loss in double
    "W1": (Job([2, 4, 1], "tanh", "sigmoid", "bce", "sgd", 0.5, 4, 10000, False), xor, 4.591072e-4),
    "W2": (Job([2, 64, 64, 3], "tanh", "softmax", "ce", "adam", 1e-3, 32, 20, True), spirals, 0.1114721),
    "W3": (Job([1, 64, 64, 1], "gelu", "identity", "mse", "adam", 1e-3, 64, 10, True), regression, 2.918694e-4),
    "W4": (Job([784, 256, 128, 10], "relu", "softmax", "ce", "momentum", 0.01, 128, 5, True), classification, 1.431461),
    "W5": (Job([32] * 33, "tanh", "tanh", "mse", "sgd", 0.01, 32, 20, False), deep, 0.1277327),
}
SPIRALS = TRAINED["W2"][0]


def weights(job, real):
    """The weights of each layer, outputs × inputs."""
    for l, (n, m) in enumerate(zip(job.sizes, job.sizes[1:])):
        rectifier = job.hidden in ("relu", "gelu") and l + 2 < len(job.sizes)
        limit = math.sqrt(6 / n) if rectifier else math.sqrt(6 / (n + m))
        yield ((2 * u(1000 + l, np.arange(m * n)).reshape(m, n) - 1) * limit).astype(real)


def row_orders(job, n):
    return [np.argsort(u(5000 + e, np.arange(n)), kind="stable") for e in range(job.epochs)] if job.shuffled else None


# A peer is a class. Its constructor takes a job and its weights. `rows` and `targets` convert the data; their time is not
# counted. `train` returns the mean loss of the last epoch, `infer` the outputs for each input. `lacks` says why the peer
# cannot do a job, `differs` how its work differs from primer's.


class NumPy:
    """Backprop by hand, with all parameters in one array and all gradients in another."""

    def __init__(self, job, real):
        self.job = job
        W = [w.T for w in weights(job, real)]
        self.p = np.concatenate([w.ravel() for w in W] + [np.zeros(w.shape[1], real) for w in W])
        self.g = np.zeros_like(self.p)
        self.W, self.b = self.views(self.p, W)
        self.dW, self.db = self.views(self.g, W)
        if job.hidden == "gelu":
            from scipy.special import erf
            self.erf = erf

    @staticmethod
    def lacks(job):
        return "has no erf without SciPy" if job.hidden == "gelu" and not installed("scipy") else None

    @staticmethod
    def differs(job):
        return None

    @staticmethod
    def views(flat, W):
        ends = np.cumsum([w.size for w in W] + [w.shape[1] for w in W])
        parts = np.split(flat, ends[:-1])
        return [part.reshape(w.shape) for part, w in zip(parts, W)], parts[len(W):]

    def rows(self, x):
        return x

    targets = rows

    def activate(self, l, a, training=True):
        """The output of layer l for the input a, and σ′(z) in training. Sigmoid and softmax need no σ′ before their own losses."""
        z = a @ self.W[l]
        z += self.b[l]
        name = self.job.hidden if l + 1 < len(self.W) else self.job.output
        slope = None
        if name == "tanh":
            a = np.tanh(z)
            slope = training and 1 - a * a
        elif name == "relu":
            a = np.maximum(z, 0)
            slope = training and z > 0
        elif name == "gelu":
            cdf = 0.5 * (1 + self.erf(z * math.sqrt(0.5)))
            a = z * cdf
            slope = training and cdf + z * (math.sqrt(0.5 / math.pi) * np.exp(-0.5 * z * z))
        elif name == "sigmoid":
            a = 1 / (1 + np.exp(-z))
        elif name == "softmax":
            a = np.exp(z - z.max(1, keepdims=True))
            a /= a.sum(1, keepdims=True)
        else:
            a, slope = z, 1
        return a, slope

    def train(self, x, y, orders):
        job, p, g = self.job, self.p, self.g
        m, v, t = np.zeros_like(p), np.zeros_like(p), 0
        for e in range(job.epochs):
            total = 0.0
            for first in range(0, len(x), job.batch):
                rows = slice(first, first + job.batch) if orders is None else orders[e][first:first + job.batch]
                a, slopes, target = [x[rows]], [], y[rows]
                for l in range(len(self.W)):
                    value, slope = self.activate(l, a[-1])
                    a.append(value)
                    slopes.append(slope)
                n = len(target)
                if job.loss == "ce":
                    loss, delta = -np.log(a[-1][target == 1]).sum() / n, (a[-1] - target) / n
                elif job.loss == "bce":
                    loss, delta = -np.mean(np.log(np.where(target == 1, a[-1], 1 - a[-1]))), (a[-1] - target) / n
                else:
                    miss = a[-1] - target
                    loss, delta = np.mean(miss * miss), 2 / miss.size * miss * slopes[-1]
                total += float(loss) * n
                for l in reversed(range(len(self.W))):
                    np.matmul(a[l].T, delta, out=self.dW[l])
                    np.sum(delta, 0, out=self.db[l])
                    if l:
                        delta = delta @ self.W[l].T * slopes[l - 1]
                t += 1
                if job.optimizer == "adam":
                    m += 0.1 * (g - m)
                    v += 0.001 * (g * g - v)
                    p -= job.rate / (1 - 0.9**t) * m / (np.sqrt(v) * (1 / math.sqrt(1 - 0.999**t)) + 1e-8)
                elif job.optimizer == "momentum":
                    m *= 0.9
                    m += g
                    p -= job.rate * m
                else:
                    p -= job.rate * g
        return total / len(x)

    def infer(self, inputs):
        outputs = []
        for a in inputs:
            for l in range(len(self.W)):
                a = self.activate(l, a, training=False)[0]
            outputs.append(a)
        return outputs


class PyTorch:
    def __init__(self, job, real):
        import torch
        from torch import nn
        torch.set_num_threads(1)
        self.job, self.torch = job, torch
        made = {"tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU}
        layers = []
        for l, w in enumerate(weights(job, real)):
            layer = nn.Linear(w.shape[1], w.shape[0])
            layer.weight.data, layer.bias.data = torch.from_numpy(w), torch.from_numpy(np.zeros(len(w), real))
            layers.append(layer)
            name = job.hidden if l + 2 < len(job.sizes) else job.output
            if name in made:  # the loss contains sigmoid or softmax
                layers.append(made[name]())
        self.net = nn.Sequential(*layers)
        self.loss = {"ce": nn.CrossEntropyLoss, "bce": nn.BCEWithLogitsLoss, "mse": nn.MSELoss}[job.loss]()

    @staticmethod
    def lacks(job):
        return None

    @staticmethod
    def differs(job):
        return None

    def rows(self, x):
        return self.torch.from_numpy(x)

    def targets(self, y):
        return self.torch.from_numpy(y.argmax(1) if self.job.loss == "ce" else y)

    def train(self, x, y, orders):
        job, torch = self.job, self.torch
        step = (torch.optim.Adam(self.net.parameters(), lr=job.rate) if job.optimizer == "adam" else
                torch.optim.SGD(self.net.parameters(), lr=job.rate, momentum=0.9 if job.optimizer == "momentum" else 0))
        for e in range(job.epochs):
            total = 0.0
            for first in range(0, len(x), job.batch):
                rows = slice(first, first + job.batch) if orders is None else orders[e][first:first + job.batch]
                step.zero_grad(set_to_none=True)
                target = y[rows]
                loss = self.loss(self.net(x[rows]), target)
                loss.backward()
                step.step()
                total += loss.item() * len(target)
        return total / len(x)

    def infer(self, inputs):
        with self.torch.inference_mode():
            return [self.torch.softmax(self.net(x), 1) for x in inputs]


class ScikitLearn:
    def __init__(self, job, real):
        from sklearn.neural_network import MLPClassifier, MLPRegressor
        warnings.simplefilter("ignore")
        self.job = job
        K = job.sizes[-1]
        classifies = job.loss != "mse"
        # Its squared error is half the sum over the outputs, not their mean; the learning rate makes up for the factor.
        self.net = (MLPClassifier if classifies else MLPRegressor)(
            job.sizes[1:-1], activation=job.hidden, solver="adam" if job.optimizer == "adam" else "sgd", alpha=0,
            batch_size=job.batch, learning_rate_init=job.rate if classifies else job.rate * 2 / K,
            momentum=0.9 if job.optimizer == "momentum" else 0, nesterovs_momentum=False, max_iter=job.epochs,
            n_iter_no_change=job.epochs + 1, shuffle=False, warm_start=True)
        if classifies:  # one step creates the arrays …
            labels = np.arange(max(K, 2))
            self.net.partial_fit(np.zeros((len(labels), job.sizes[0]), real), labels, labels)
        else:
            self.net.partial_fit(np.zeros((1, job.sizes[0]), real), np.zeros((1, K), real))
        del self.net._optimizer  # … and is then undone
        for l, w in enumerate(weights(job, real)):
            self.net.coefs_[l][:], self.net.intercepts_[l][:] = w.T, 0

    @staticmethod
    def lacks(job):
        return "has no gelu" if job.hidden == "gelu" else None

    @staticmethod
    def differs(job):
        if job.output == "tanh":
            return "its regressor ends in the identity: one tanh less, another loss"
        return "its Adam adds ε before the bias is corrected" if job.optimizer == "adam" else None

    def rows(self, x):
        return x

    def targets(self, y):
        return y if self.job.loss == "mse" else y.argmax(1) if y.shape[1] > 1 else y[:, 0].astype(int)

    def train(self, x, y, orders):
        if orders is None:
            self.net.fit(x, y)
        else:
            for order in orders:
                self.net.partial_fit(x[order], y[order])
        return None if self.job.output == "tanh" else self.net.loss_

    def infer(self, inputs):
        return [self.net.predict_proba(x) for x in inputs]


class ByHand:
    """tests/bench_peer.cpp, a program of its own. It gets a job as a file."""

    @staticmethod
    def lacks(job):
        return None

    differs = lacks

    @classmethod
    def measure(cls, workload, real, data):
        """The seconds for one step, sample, row or process, and the loss."""
        if workload == "W7":
            x, y = spirals()  # the program reads them again, from the file
            job, work = SPIRALS._replace(epochs=50), 3
        elif workload in TRAINED:
            job, work, (x, y) = TRAINED[workload][0], 0, data
        else:
            job, work, x = SPIRALS, 1 if workload == "W6a" else 2, np.concatenate(data)
            y = np.zeros((len(x), 3))
        orders = row_orders(job, len(x)) if work in (0, 3) else None
        code = {name: i for i, name in enumerate(("identity", "tanh", "relu", "gelu", "sigmoid", "softmax"))}
        header = [len(job.sizes) - 1, code[job.hidden], code[job.output], ("mse", "bce", "ce").index(job.loss),
                  ("sgd", "momentum", "adam").index(job.optimizer), job.batch, job.epochs, orders is not None, len(x), work]
        parts = [np.array(header, np.int32), np.array([job.rate]), np.array(job.sizes, np.int32), *weights(job, real),
                 np.ascontiguousarray(x, real), np.ascontiguousarray(y, real), np.array(orders or [], np.int32)]
        path = os.path.join(cls.folder, "job")
        with open(path, "wb") as file:
            for part in parts:
                file.write(part.tobytes())
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        answer = subprocess.run([cls.program, path, *([data] if work == 3 else [])], check=True, capture_output=True, text=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds, rows, result = map(float, answer.split())
        if work == 3:
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, result
        units = math.ceil(rows / job.batch) if workload in ("W1", "W5") else rows
        return seconds / (units * (job.epochs if work == 0 else 1)), result


class Eigen(ByHand):
    pass


class OpenBLAS(ByHand):
    pass


def compile_by_hand(real, folder):
    """The peers of ByHand for which the compiler finds the library."""
    name = {np.float64: "double", np.float32: "float"}[real]
    flags = os.environ.get("PEER_FLAGS", "-march=native").split()
    for peer, options, libraries in ((Eigen, ["-I/usr/include/eigen3"], []),
                                     (OpenBLAS, ["-DPEER_GEMM=cblas_" + name[0].replace("f", "s") + "gemm"], ["-lopenblas"])):
        peer.folder, peer.program = folder, os.path.join(folder, peer.__name__)
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench_peer.cpp")
        command = ["g++", "-std=c++20", "-O3", *flags, "-ffast-math", "-DNDEBUG", "-w", "-DPEER_REAL=" + name, *options, source,
                   "-o", peer.program, *libraries]
        if subprocess.run(command, capture_output=True).returncode == 0:
            yield peer.__name__


PEERS = {"NumPy": ("numpy", NumPy), "PyTorch": ("torch", PyTorch), "scikit-learn": ("sklearn", ScikitLearn),
         "Eigen": (None, Eigen), "OpenBLAS": (None, OpenBLAS)}


def installed(package):
    return package is not None and importlib.util.find_spec(package) is not None


def timed(work):
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def whole_process(name, real, path):
    """The body of W7: reads the CSV file, trains, and prints the accuracy on the training rows."""
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    x, labels = np.ascontiguousarray(table[:, :2], real), table[:, 2].astype(int)
    job = SPIRALS._replace(epochs=50)
    net = PEERS[name][1](job, real)
    orders = [net.rows(order) for order in row_orders(job, len(x))]
    net.train(net.rows(x), net.targets(np.eye(3, dtype=real)[labels]), orders)
    print(np.mean(np.argmax(np.asarray(net.infer([net.rows(x)])[0]), 1) == labels))


# One measurement of a peer: the seconds for one step, sample, row or process, and the loss that shows that the work was the same.


def measure(workload, name, real, data):
    make = PEERS[name][1]
    if issubclass(make, ByHand):
        return make.measure(workload, real, data)
    if workload == "W7":
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        answer = subprocess.run([sys.executable, __file__, "--w7", name, np.dtype(real).name, data], check=True,
                                capture_output=True, text=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, float(answer)
    if workload in TRAINED:
        job = TRAINED[workload][0]
        net = make(job, real)
        x, y = data
        orders = row_orders(job, len(x))
        inputs = net.rows(x), net.targets(y), orders and [net.rows(order) for order in orders]
        seconds, loss = timed(lambda: net.train(*inputs))
        units = math.ceil(len(x) / job.batch) if workload in ("W1", "W5") else len(x)
        return seconds / (units * job.epochs), loss
    net = make(SPIRALS, real)
    batches = data if workload == "W6a" else data * 20  # 3000 batches of one row, or twenty times a batch of 4096 rows
    inputs = [net.rows(batch) for batch in batches]
    net.infer(inputs[:1])
    seconds, outputs = timed(lambda: net.infer(inputs))
    counted = outputs if workload == "W6a" else outputs[:1]
    return seconds / (len(batches) * len(data[0])), float(sum(np.asarray(a)[:, 0].sum(dtype=float) for a in counted))


def data_of(workload, real, folder):
    if workload in TRAINED:
        return [np.ascontiguousarray(d, real) for d in TRAINED[workload][1]()]
    x, y = spirals()
    if workload == "W7":
        path = os.path.join(folder, "spirals.csv")
        table = np.column_stack([x.astype(real), y.argmax(1)])
        np.savetxt(path, table, "%.17g,%.17g,%d", header="x,y,label", comments="")
        return path
    x = x.astype(real)
    return list(np.split(x, len(x))) if workload == "W6a" else [np.resize(x, (4096, 2))]


def primer(program, workload):
    run = subprocess.run([program, "--json", workload], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"bench_peers: {program} {workload}: {run.stderr.strip()}")
    return json.loads(run.stdout)


def blas():
    """The name of the BLAS library that the peers use, as far as the system knows it."""
    if not os.path.exists("/proc/self/maps"):
        return "unknown"
    files = {line.split()[-1] for line in open("/proc/self/maps") if "/" in line}
    files = [f for f in sorted(files) if "blas" in os.path.basename(f) or "mkl" in os.path.basename(f)]
    fast = [os.path.basename(f) for f in files if any(word in f for word in ["openblas", "mkl", "blis"])]
    if fast:
        return next((f for f in fast if "openblas" in f), fast[0])
    return " ".join(files) + ", a slow one; for a fair race install OpenBLAS (Debian: libopenblas0-pthread)"


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "build/primer-bench"
    wanted = {**{w: trained[2] for w, trained in TRAINED.items()}, "W6a": 1002.094, "W6b": 1339.319, "W7": 0.9967}
    peers = [name for name, (package, _) in PEERS.items() if installed(package)]
    real = {"f64": np.float64, "f32": np.float32}[primer(program, "W1")["dtype"]]
    print(f"{sys.executable}: " + ", ".join(f"{name} {importlib.import_module(PEERS[name][0]).__version__}" for name in peers)
          + f"; BLAS: {blas()}")
    digits, exact = (6, 1.5e-6) if real == np.float64 else (4, 1e-4)  # the rounding of float grows with the steps
    print(f"Process time on one thread in {np.dtype(real).name}, median of {TURNS} turns; ratio: how many times primer's time.")
    print(f"Losses are compared to {digits} digits, W7's accuracy to 3.\n")
    print(f"{'':4} {'peer':13} {'peer':>9} {'primer':>9}  {'unit':10} {'ratio':>8}   loss")
    agree = True
    with tempfile.TemporaryDirectory() as folder:
        peers += compile_by_hand(real, folder)
        for workload in sys.argv[2:] or wanted:
            data = data_of(workload, real, folder)
            job = TRAINED[workload][0] if workload in TRAINED else SPIRALS
            able = [name for name in peers if not PEERS[name][1].lacks(job)]
            ours, theirs = [], {name: [] for name in able}
            for _ in range(TURNS):
                ours.append(primer(program, workload))
                for name in able:
                    theirs[name].append(measure(workload, name, real, data))
            metric = ours[0]["metric"]
            scale = {"µs": 1e-6, "s": 1}.get(metric.split("/")[0])  # None: a rate, per second
            for name in peers:
                if name not in able:
                    print(f"{workload:4} {name:13} {PEERS[name][1].lacks(job)}")
                    continue
                own = [run["value"] for run in ours]
                values = [seconds / scale if scale else 1 / seconds for seconds, _ in theirs[name]]
                times = statistics.median(v / o if scale else o / v for v, o in zip(values, own))
                loss = theirs[name][0][1]
                differs = PEERS[name][1].differs(job) if workload in TRAINED else None
                tolerance = 1e-3 if workload == "W7" else 1e-4 if differs else exact
                if loss is None:
                    verdict = "not compared"
                elif abs(loss - wanted[workload]) <= tolerance * wanted[workload]:
                    verdict = f"{loss:.7g}"
                else:
                    verdict, agree = f"{loss:.7g}, NOT {wanted[workload]:.7g}", False
                verdict += f" ({differs})" if differs else ""
                print(f"{workload:4} {name:13} {statistics.median(values):9.4g} {statistics.median(own):9.4g}  {metric:10} "
                      f"{times:6.2f} ×   {verdict}", flush=True)
    if not agree:
        print("bench_peers: a loss is not the specified one, so its time is for other work", file=sys.stderr)
    return 0 if agree else 1


if sys.argv[1:2] == ["--w7"]:
    whole_process(sys.argv[2], np.dtype(sys.argv[3]).type, sys.argv[4])
else:
    sys.exit(main())
