#!/usr/bin/env python3
"""The work of primer-bench (W1 to W5) in whatever of PyTorch, NumPy and scikit-learn is installed, one thread each, with the CPU
kernels that suit this machine. Prints how many times longer than primer each takes, and checks that the losses agree.
Usage: tests/bench_peers.py [BENCH PROGRAM [f64 | f32]] (make bench-peers)"""
import importlib
import importlib.util
import json
import math
import os
import subprocess
import sys
import time

PACKAGES = ["torch", "sklearn", "numpy"]
for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ[name] = "1"
if "avx512f" in (open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else ""):
    os.environ.setdefault("ATEN_CPU_CAPABILITY", "avx512")
    os.environ.setdefault("OPENBLAS_CORETYPE", "SKYLAKEX")
SYSTEM = "/usr/bin/python3"
if sys.executable != SYSTEM and os.path.exists(SYSTEM) and not all(importlib.util.find_spec(p) for p in PACKAGES):
    if subprocess.run([SYSTEM, "-c", "import numpy"], capture_output=True).returncode == 0:
        os.execv(SYSTEM, [SYSTEM] + sys.argv)
if not importlib.util.find_spec("numpy"):
    sys.exit("bench_peers: NumPy is not installed: there is nothing to compare with")
import numpy as np  # noqa: E402

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "build/primer-bench"
DTYPE = sys.argv[2] if len(sys.argv) > 2 else "f64"
REAL = np.float64 if DTYPE == "f64" else np.float32


def u(seed, i):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (np.asarray(i, np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def spirals():
    j = np.arange(1000)
    x, y = np.zeros((3000, 2)), np.zeros((3000, 3))
    for k in range(3):
        i = 1000 * k + j
        noise = np.sqrt(-2 * np.log(1 - u(2000, 2 * i))) * np.cos(2 * np.pi * u(2000, 2 * i + 1))
        r = j / 999
        t = 4 * k + 4 * r + 0.2 * noise
        x[i, 0], x[i, 1], y[i, k] = r * np.sin(t), r * np.cos(t), 1
    return x, y


def regression():
    x = 2 * u(3000, np.arange(10000)) - 1
    return x[:, None], (0.5 * np.sin(2 * np.pi * x) + 0.3 * x * x)[:, None]


def classification():
    x = u(4000, np.arange(784 * 10000)).reshape(10000, 784) - 0.5
    P = (2 * u(4001, np.arange(7840)) - 1).reshape(10, 784).T
    return x, np.eye(10)[np.argmax(x @ P, 1)]


def deep():
    x = 2 * u(6000, np.arange(1024 * 32)).reshape(1024, 32) - 1
    return x, 0.5 * np.sin(3 * x)


def xor():
    return np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])


# sizes, hidden, output, loss, optimiser, learning rate, batch, epochs, shuffled, data, final loss, tolerance
JOBS = {
    "W1": ([2, 4, 1], "tanh", "sigmoid", "bce", "sgd", 0.5, 4, 10000, False, xor, 4.591072e-4),
    "W2": ([2, 64, 64, 3], "tanh", "softmax", "ce", "adam", 1e-3, 32, 20, True, spirals, 0.1114721),
    "W3": ([1, 64, 64, 1], "gelu", "identity", "mse", "adam", 1e-3, 64, 10, True, regression, 2.918694e-4),
    "W4": ([784, 256, 128, 10], "relu", "softmax", "ce", "momentum", 0.01, 128, 5, True, classification, 1.431461),
    "W5": ([32] * 33, "tanh", "tanh", "mse", "sgd", 0.01, 32, 20, False, deep, 0.1277327),
}


def weights(sizes, hidden):
    for l, (n, m) in enumerate(zip(sizes, sizes[1:])):
        rectifier = hidden in ("relu", "gelu") and l + 2 < len(sizes)
        limit = math.sqrt(6 / n) if rectifier else math.sqrt(6 / (n + m))
        yield ((2 * u(1000 + l, np.arange(m * n)).reshape(m, n) - 1) * limit).astype(REAL)


def numpy_job(sizes, hidden, output, loss, optimizer, lr, batch, epochs, x, y, orders):
    """Backprop by hand: returns the final loss. GELU is left to the peers that have an erf."""
    W = [np.ascontiguousarray(w.T) for w in weights(sizes, hidden)]
    b = [np.zeros(w.shape[1], REAL) for w in W]
    parameters = W + b
    m, v, t = [np.zeros_like(p) for p in parameters], [np.zeros_like(p) for p in parameters], 0
    for e in range(epochs):
        total = 0.0
        for first in range(0, len(x), batch):
            rows = slice(first, first + batch) if orders is None else orders[e][first:first + batch]
            a, target = [x[rows]], y[rows]
            for l in range(len(W)):
                z = a[-1] @ W[l] + b[l]
                name = hidden if l + 1 < len(W) else output
                if name == "tanh":
                    a.append(np.tanh(z))
                elif name == "relu":
                    a.append(np.maximum(z, 0))
                elif name == "sigmoid":
                    a.append(1 / (1 + np.exp(-z)))
                else:
                    p = np.exp(z - z.max(1, keepdims=True))
                    a.append(p / p.sum(1, keepdims=True))
            n = len(target)
            if loss == "ce":
                value, delta = -np.log(a[-1][target == 1]).sum() / n, (a[-1] - target) / n
            elif loss == "bce":
                value = np.mean(np.logaddexp(0, z) - target * z)
                delta = (a[-1] - target) / n
            else:
                value = np.mean((a[-1] - target) ** 2)
                delta = 2 / target.size * (a[-1] - target) * (1 - a[-1] * a[-1])
            total += float(value) * n
            gradients = [None] * len(parameters)
            for l in reversed(range(len(W))):
                gradients[l], gradients[len(W) + l] = a[l].T @ delta, delta.sum(0)
                if l:
                    delta = delta @ W[l].T * ((1 - a[l] * a[l]) if hidden == "tanh" else (a[l] > 0))
            t += 1
            for i, (p, g) in enumerate(zip(parameters, gradients)):
                if optimizer == "sgd":
                    p -= REAL(lr) * g
                elif optimizer == "momentum":
                    m[i] = REAL(0.9) * m[i] + g
                    p -= REAL(lr) * m[i]
                else:
                    m[i] = REAL(0.9) * m[i] + REAL(0.1) * g
                    v[i] = REAL(0.999) * v[i] + REAL(0.001) * g * g
                    p -= REAL(lr / (1 - 0.9**t)) * m[i] / (np.sqrt(v[i] / REAL(1 - 0.999**t)) + REAL(1e-8))
    return total / len(x)


def torch_job(sizes, hidden, output, loss, optimizer, lr, batch, epochs, x, y, orders):
    import torch
    from torch import nn
    torch.set_num_threads(1)
    made = {"tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU}
    layers = []
    for l, w in enumerate(weights(sizes, hidden)):
        layer = nn.Linear(w.shape[1], w.shape[0], dtype=torch.float64 if REAL == np.float64 else torch.float32)
        layer.weight.data, layer.bias.data = torch.from_numpy(w), torch.zeros_like(layer.bias)
        layers.append(layer)
        name = hidden if l + 2 < len(sizes) else output
        if name in made:
            layers.append(made[name]())
    net = nn.Sequential(*layers)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    measure = {"ce": nn.CrossEntropyLoss, "bce": nn.BCEWithLogitsLoss, "mse": nn.MSELoss}[loss]()
    target = y.argmax(1) if loss == "ce" else y
    step = (torch.optim.Adam(net.parameters(), lr=lr) if optimizer == "adam" else
            torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9 if optimizer == "momentum" else 0))
    for e in range(epochs):
        total = 0.0
        order = None if orders is None else torch.from_numpy(orders[e])
        for first in range(0, len(x), batch):
            rows = slice(first, first + batch) if order is None else order[first:first + batch]
            step.zero_grad()
            value = measure(net(x[rows]), target[rows])
            value.backward()
            step.step()
            total += float(value.detach()) * len(target[rows])
    return total / len(x)


def sklearn_job(sizes, hidden, output, loss, optimizer, lr, batch, epochs, x, y, orders):
    """MLPClassifier on the same net, batch and optimiser, by partial_fit; it draws weights and order by itself, so that
    its loss is not compared."""
    import warnings
    from sklearn.neural_network import MLPClassifier
    warnings.simplefilter("ignore")
    net = MLPClassifier(sizes[1:-1], activation=hidden, solver="adam" if optimizer == "adam" else "sgd", alpha=0,
                        batch_size=batch, learning_rate_init=lr, momentum=0.9, nesterovs_momentum=False, max_iter=epochs,
                        n_iter_no_change=epochs + 1, tol=0, random_state=1)
    net.fit(x, y.argmax(1))
    return None


PEERS = [("NumPy", "numpy", numpy_job, ["W1", "W2", "W4", "W5"]), ("PyTorch", "torch", torch_job, list(JOBS)),
         ("scikit-learn", "sklearn", sklearn_job, ["W2", "W4"])]


def primer(workload):
    lines = subprocess.run([PROGRAM, "--json", workload], check=True, capture_output=True, text=True).stdout
    return json.loads(lines)


def main():
    print(f"{'':4} {'peer':13} {'peer':>10} {'primer':>10}  {'unit':10} {'primer is':>10}   loss")
    agree = True
    for workload, (sizes, hidden, output, loss, optimizer, lr, batch, epochs, shuffled, data, wanted) in JOBS.items():
        x, y = (np.ascontiguousarray(d, REAL) for d in data())
        most = 1000 if workload == "W1" else epochs  # W1: a tenth of the steps is enough for the peers' time
        for name, package, job, able in PEERS:
            if workload not in able or not importlib.util.find_spec(package):
                continue
            orders = [np.argsort(u(5000 + e, np.arange(len(x))), kind="stable") for e in range(epochs)] if shuffled else None
            importlib.import_module({"sklearn": "sklearn.neural_network"}.get(package, package))
            start = time.process_time()
            final = job(sizes, hidden, output, loss, optimizer, lr, batch, most, x, y, orders)
            seconds = time.process_time() - start
            ours = primer(workload)
            if ours["dtype"] != DTYPE:
                sys.exit(f"bench_peers: {PROGRAM} computes in {ours['dtype']}, not {DTYPE}")
            steps = most * math.ceil(len(x) / batch)
            theirs = seconds / steps * 1e6 if ours["metric"] == "µs/step" else most * len(x) / seconds
            times = theirs / ours["value"] if ours["metric"] == "µs/step" else ours["value"] / theirs
            same = "not compared" if final is None or most != epochs else f"{final:.7g}"
            if same != "not compared" and abs(final - wanted) > (2e-6 if DTYPE == "f64" else 1e-3) * wanted:
                same, agree = f"{final:.7g}, NOT {wanted:.7g}", False
            print(f"{workload:4} {name:13} {theirs:10.4g} {ours['value']:10.4g}  {ours['metric']:10} {times:8.1f} ×   {same}",
                  flush=True)
    return 0 if agree else 1


sys.exit(main())
