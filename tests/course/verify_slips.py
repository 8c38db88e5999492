"""The proof that `primer verify` is good: python3 tests/course/verify_slips.py build/primer, in a Python with NumPy. Passes through
two small networks, computed in NumPy with each wrong solution of numpy_misconceptions.py that changes an array, must be found at
the first array that is wrong, and at least 85 % of them named with the right words; none may be named with other words. Right
passes, in float64 and float32, with sums in other orders, in C and in Fortran order, of initial and of trained weights, must raise
no alarm; so must PyTorch's, if it is installed.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import numpy_bench
import numpy_misconceptions

CONFIG = """seed = {seed}
[data]
generator = "gaussians"
classes = 3
points = {points}
shuffle = false
[[layer]]
units = 4
activation = "tanh"
[[layer]]
units = 4
activation = "{second}"
init = "xavier_normal"
[[layer]]
activation = "softmax"
[train]
loss = "cross_entropy"
batch_size = 0
epochs = {epochs}
learning_rate = 0.5
"""
TRACED = {"1.1", "1.2", "1.3", "2.1", "2.2", "3.1"}  # the tasks whose functions a pass calls
# What verify says where numpy_misconceptions.py expects other words of the judge.
SAYS = {
    "z where a belongs": "use `a` instead of z",
    "the square forgotten": "the square is missing",
    "the sigmoid's derivative": "another activation function: sigmoid",
    "tanh of a instead of z": "at `a` instead of z",
    "the sign turned": "the sign is wrong",
    "no derivative": "the factor σ′(z) is missing",
    "no ∂L/∂a": "∂L/∂a is missing",
    "added to the result of the call before": "still contains the previous results",
    "descent's minus": "the sign is wrong",
    "descent's minus for b": "the sign is wrong",
    "derivative taken for a": "not by 1 − slope²",
    "a (1 − a) once more": "not by slope (1 − slope)",
    "in place": "changed the array in place",
    "∂L/∂a handed on": "Jacobian of softmax is missing",
    "added to the call before": "still contains the previous results",
    "W for Wᵀ, where it fits": "only the bias is computed",  # the first layer is not square, and the solution leaves the product out there
    "the bias by sample": "the bias is missing",  # there are more samples than units, and the solution leaves the bias out
    "one bias for all": "all units get the first bias",
    "δ and x exchanged": "transposed",
    "xᵀ δ": "transposed",
    "∂L/∂b over all": "the sum over all samples and units",
    "the sum over the samples forgotten": "the sum over the samples is missing",
    "∂L/∂b over the units": "all its numbers are 0",  # of softmax the sum over the units is 0
    "∂L/∂b added to the call before": "still contains the previous results",
    "∂L/∂W added to the call before": "still contains the previous results",
    "the mean over all entries": "divide by N, the number of samples",
    "y − a": "the sign is wrong",
    "an unweighted sum": "subtract Σₖ gₖ aₖ, not Σₖ gₖ",
    "plus for minus": "adds Σₖ gₖ aₖ to gⱼ",
    "the bias as a factor": "you multiply x Wᵀ by the bias",
    "the targets forgotten": "the targets y are not subtracted",
    "the gradient of the sum": "1/N is missing",
    "through softmax again": "already contains σ′",
}
FORWARD, BACKWARD = ["x", "z", "a", "slope"], ["dL_da", "dL_dz", "dL_dW", "dL_db", "dL_dx"]
ORDER = [f"{l}.{q}" for l in (1, 2, 3) for q in FORWARD] + ["loss"] + [f"{l}.{q}" for l in (3, 2, 1) for q in BACKWARD]


def load(path):
    raw = Path(path).read_bytes()
    n = 8 + int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8:n])
    head.pop("__metadata__", None)
    return {
        k: np.frombuffer(raw[n:], "<f8", int(np.prod(t["shape"])), t["data_offsets"][0]).reshape(t["shape"])
        for k, t in head.items()
    }


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def one_pass(own, x, y, layers, second):
    t = {"y": y}
    sigma = ["tanh", second, "softmax"]
    for l, (W, b) in enumerate(layers, 1):
        t[f"{l}.x"] = x
        t[f"{l}.z"] = own["dense_forward"](x, W, b)
        smooth = sigma[l - 1] == "softmax"
        t[f"{l}.a"] = x = softmax(t[f"{l}.z"]) if smooth else own["tanh"](t[f"{l}.z"])
        t[f"{l}.slope"] = x * (1 - x) if smooth else own["tanh_derivative"](t[f"{l}.z"])
    t["loss"] = np.asarray(own["cross_entropy"](t["3.z"], y))
    for l in (3, 2, 1):
        if l == 3:
            t["3.dL_dz"] = own["cross_entropy_gradient"](t["3.a"], y)
        else:
            t[f"{l}.dL_da"] = g = t[f"{l + 1}.dL_dx"]
            soft = sigma[l - 1] == "softmax"
            t[f"{l}.dL_dz"] = own["softmax_backward"](t[f"{l}.a"], g) if soft else own["through_activation"](g, t[f"{l}.slope"])
        W, b = layers[l - 1]
        t[f"{l}.dL_dW"], t[f"{l}.dL_db"], t[f"{l}.dL_dx"] = own["dense_backward"](t[f"{l}.x"], W, t[f"{l}.dL_dz"])
    return t


def functions_of(source):
    names = {}
    exec(compile(source, "backprop.py", "exec"), names)
    return names


def first_wrong(t, right):
    for name in ORDER:
        if name not in t:
            continue
        a, b = np.asarray(t[name]), right[name]
        if a.shape != b.shape or not np.allclose(a, b, rtol=0, atol=1e-9 * max(np.abs(b).max(), 1e-300)):
            return name
    return None


class Example:
    def __init__(self, primer, folder, seed, second, points=6, epochs=0):
        self.primer, self.folder, self.second = primer, Path(folder), second
        self.config = self.folder / f"{second}{seed}.toml"
        self.config.write_text(CONFIG.format(seed=seed, second=second, points=points, epochs=epochs))
        out = self.folder / f"run{second}{seed}"
        self.run("train", self.config, "--quiet", "--out", out)
        model = {name: values.copy() for name, values in load(out / "model.safetensors").items()}
        generator = np.random.default_rng(seed)
        for name in model:  # biases that are not 0
            if name.endswith(".bias") and epochs == 0:
                model[name] = generator.uniform(-0.5, 0.5, model[name].shape)
        self.init = self.folder / f"{second}{seed}.init.npz"
        np.savez(self.init, **model)
        trace = self.folder / "trace.safetensors"
        self.run("trace", self.config, "--out", trace)
        first = load(trace)
        self.layers = [(model[f"layers.{l}.weight"], model[f"layers.{l}.bias"]) for l in (1, 2, 3)]
        self.x, self.y = first["1.x"], first["y"]
        self.right = one_pass(functions_of(numpy_bench.original("backprop.py")), self.x, self.y, self.layers, second)

    def run(self, *words, code=0):
        done = subprocess.run([self.primer, *map(str, words)], capture_output=True, text=True)
        if done.returncode != code and code is not None:
            raise SystemExit(f"{words}: {done.stdout}{done.stderr}")
        return done

    def verify(self, arrays):
        file = self.folder / "mine.npz"
        np.savez(file, **arrays)
        return self.run("verify", file, self.config, "--init", self.init, code=None)


def summed_backwards(own):
    """The same formulas with sums from the last term to the first."""
    back = dict(own)
    back["dense_forward"] = lambda x, W, b: own["dense_forward"](x[:, ::-1].copy(), W[:, ::-1].copy(), 0) + b
    back["dense_backward"] = lambda x, W, d: (
        sum(np.outer(d[i], x[i]) for i in reversed(range(len(x)))),
        sum(d[i] for i in reversed(range(len(d)))),
        np.einsum("ij,jk->ik", d[:, ::-1], W[::-1]),
    )
    return back


def false_alarms(primer, folder):
    own = functions_of(numpy_bench.original("backprop.py"))
    alarms, tried = 0, 0
    for seed in range(1, 26):
        trained = {"points": 300, "epochs": 400} if seed % 4 == 0 else {}
        e = Example(primer, folder, seed, "tanh" if seed % 2 else "softmax", **trained)
        single = [(W.astype("f4"), b.astype("f4")) for W, b in e.layers]
        passes = [
            one_pass(summed_backwards(own) if seed % 3 else own, e.x, e.y, e.layers, e.second),
            one_pass(own, e.x.astype("f4"), e.y.astype("f4"), single, e.second),
        ]
        if seed % 5 == 0:
            passes[0] = {k: np.asfortranarray(v) for k, v in passes[0].items()}
        for t in passes:
            done = e.verify(t)
            tried += 1
            if done.returncode != 0:
                alarms += 1
                print(f"false alarm: {done.stdout}{done.stderr}")
    print(f"{tried} right passes: {alarms} false alarms")
    return alarms == 0


def torch_agrees(primer, folder):
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed: its passes are not compared")
        return True
    ok = True
    for dtype in (torch.float64, torch.float32):
        e = Example(primer, folder, 77, "tanh")
        x = torch.tensor(e.x, dtype=dtype, requires_grad=True)
        W = [torch.tensor(w, dtype=dtype, requires_grad=True) for w, _ in e.layers]
        b = [torch.tensor(v, dtype=dtype, requires_grad=True) for _, v in e.layers]
        t, a = {"1.x": x}, x
        for l in range(3):
            t[f"{l + 1}.z"] = z = torch.nn.functional.linear(a, W[l], b[l])
            t[f"{l + 1}.a"] = a = torch.tanh(z) if l < 2 else torch.softmax(z, 1)
            z.retain_grad()
        t["loss"] = torch.nn.functional.cross_entropy(z, torch.tensor(e.y.argmax(1)))
        t["loss"].backward()
        arrays = {k: v.detach().numpy() for k, v in t.items()}
        for l in range(3):
            arrays |= {f"{l + 1}.dL_dz": t[f"{l + 1}.z"].grad.numpy(), f"{l + 1}.dL_dW": W[l].grad.numpy(), f"{l + 1}.dL_db": b[l].grad.numpy()}
        done = e.verify(arrays)
        print(f"PyTorch {dtype}: {done.stdout.split(':')[0]}")
        ok = ok and done.returncode == 0
    return ok


def main():
    primer = os.path.abspath(sys.argv[1])
    np.seterr(all="ignore")
    with tempfile.TemporaryDirectory() as folder:
        examples = {second: Example(primer, folder, 3, second) for second in ("tanh", "softmax")}
        tried = found = named = misnamed = 0
        for task, what, words, code in numpy_misconceptions.WRONG:
            if task not in TRACED:
                continue
            e = examples["softmax" if task == "1.3" else "tanh"]
            region = next(r for r in numpy_bench.regions() if r.task == task)
            try:
                t = one_pass(functions_of(numpy_bench.text_with(region, code.split("\n"))), e.x.copy(), e.y, e.layers, e.second)
                arrays = {name: np.array(value, dtype=float) for name, value in t.items()}
            except Exception:
                continue  # it computes nothing
            want = first_wrong(arrays, e.right)
            if want is None:
                continue  # wrong for other numbers only
            told = e.verify(arrays).stdout.split("\n")[1]
            tried += 1
            at_it = told.startswith(f"{want} is the first")
            found += at_it
            slip = (told.split(" gives ")[-1] if " gives " in told else told.partition(": ")[2]).partition(": ")[2]
            is_named = SAYS.get(what, words) in slip
            named += is_named
            misnamed += bool(slip) and not is_named
            print(f"{task}  {'found' if at_it else 'NOT FOUND'}  {'named' if is_named else 'MISNAMED' if slip else 'NOT NAMED'}  {what}: {told}")
        print(f"{tried} wrong passes: {found / tried:.1%} found at the right array, {named / tried:.1%} named, {misnamed} with other words")
        ok = found == tried and named >= 0.85 * tried and misnamed == 0
        ok = false_alarms(primer, folder) and ok
        ok = torch_agrees(primer, folder) and ok
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
