"""What the checks ask a solution: python3 answers.py backprop.py [--confined GRADER]. It reads cases from standard input, hands each
to a function of the solution and prints what comes back, nothing else. It knows no expected value. A case is a kind, a number of
matrices, and each as rows, columns and entries; an answer is a line `ok` with matrices in the same form, or `threw` with a text.
With --confined the solution runs without the system calls that it does not need; GRADER is the folder of the grader's sandbox.
"""

import errno
import os
import sys

import numpy as np

STEPS = [2.0**-15, 2.0**-11, 2.0**-19, 2.0**-23]


class Changed(Exception):
    pass


def call(f, *arguments):
    """f(*arguments), which must not change its arguments and must give the same the second time."""
    copies = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    f(*copies)
    for i, (a, copy) in enumerate(zip(arguments, copies)):
        if isinstance(a, np.ndarray) and not np.array_equal(a, copy, equal_nan=True):
            raise Changed(f"{f.__name__} changes its argument {f.__code__.co_varnames[i]}: make a new array")
    return f(*arguments)


def several(result, count, f):
    if not isinstance(result, (tuple, list)) or len(result) != count:
        raise TypeError(f"{f.__name__} must return {count} values")
    return result


def optimize(step, rates, p, gradients, states):
    states, path = [np.zeros_like(p) for _ in range(states)], []
    for t, (rate, g) in enumerate(zip(rates[0], gradients), 1):
        p, *states = several(call(step, p, g[None, :], *states, t, rate), 1 + len(states), step)
        path.append(np.array(p, dtype=float).reshape(-1))
    return [np.stack(path)]


def sgd(s, rates, options, p, gradients):
    mu, nesterov, decay = options[0]

    def sgd_step(p, g, m, t, rate):
        return s.sgd_step(p, g, m, rate, mu, bool(nesterov), decay)

    return optimize(sgd_step, rates, p, gradients, 1)


def adam(s, rates, options, p, gradients):
    beta1, beta2, eps, decay, decoupled = options[0]

    def adam_step(p, g, m, v, t, rate):
        return s.adam_step(p, g, m, v, t, rate, beta1, beta2, eps, decay, bool(decoupled))

    return optimize(adam_step, rates, p, gradients, 2)


def initializer(s, kind, numbers):
    fan_in, fan_out, alpha = numbers[0]
    shape, spread = several(s.initial_spread(kind, int(fan_in), int(fan_out), alpha), 2, s.initial_spread)
    if shape not in ("uniform", "normal"):
        raise ValueError(f"initial_spread returns the shape {shape!r}; it is 'uniform' or 'normal'")
    return [[[float(shape == "uniform"), spread]]]


def gradcheck(s, x, W, b, y, sigma):
    """One unit with L = (a − y)²: the numeric derivatives with respect to W, b and x, the largest and the smallest over the steps."""
    values = {"W": W[0, 0], "b": b[0, 0], "x": x[0, 0]}
    numeric, excluded = [], []
    for name, here in values.items():

        def loss(p, name=name):
            v = {**values, name: p}
            z = v["W"] * v["x"] + v["b"]
            a = max(z, 0.0) if sigma[0, 0] else 1 / (1 + np.exp(-z))
            return (a - y[0, 0]) ** 2, (float(np.sign(z)),) if sigma[0, 0] else ()

        found = [s.numeric_derivative(loss, here, h * max(1.0, abs(here))) for h in STEPS]
        found = [float(d) for d in found if d is not None]
        excluded.append(float(not found))
        numeric.append([max(found), min(found)] if found else [0.0, 0.0])
    return [np.transpose(numeric), [excluded]]


KINDS = {
    "tanh": lambda s, z: [call(s.tanh, z), call(s.tanh_derivative, z)],
    "derivative": lambda s, derivative, dL_da: [call(s.through_activation, dL_da, derivative)],
    "softmax": lambda s, a, dL_da: [call(s.softmax_backward, a, dL_da)],
    "dense_forward": lambda s, x, W, b: [call(s.dense_forward, x, W, b[0])],
    "dense_backward": lambda s, x, W, b, dL_dz: several(call(s.dense_backward, x, W, dL_dz), 3, s.dense_backward),
    "cross_entropy": lambda s, z, a, y, e: [
        call(s.cross_entropy, z, y, e[0, 0]),
        call(s.cross_entropy_gradient, a, y, e[0, 0]),
    ],
    "sgd": sgd,
    "adam": adam,
    "gradcheck": gradcheck,
    **{name: lambda s, a, name=name: initializer(s, name, a) for name in ("xavier_uniform", "xavier_normal", "he_uniform", "he_normal")},
}


def matrices(words):
    while words:
        rows, cols = int(words[0]), int(words[1])
        yield np.array([float(w) for w in words[2 : 2 + rows * cols]]).reshape(rows, cols)
        words = words[2 + rows * cols :]


def as_text(value):
    if value is None:
        raise TypeError("the function returns nothing: is the `return` missing?")
    m = np.array(value, dtype=float)
    if m.ndim > 2:
        raise ValueError(f"the result has {m.ndim} dimensions; it is a matrix or a vector")
    m = np.atleast_2d(m)
    return " ".join([str(m.shape[0]), str(m.shape[1]), *(repr(float(v)) for v in m.flat)])


def own_line(error):
    """The student's line in which an error was raised. The grader shows none, because it counts the lines of another file."""
    place, trace = "", error.__traceback__
    while trace and "--confined" not in sys.argv:
        if trace.tb_frame.f_code.co_filename == os.path.basename(sys.argv[1]):
            place = f"{os.path.basename(sys.argv[1])}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def one_line(error):
    text, place = " ".join(str(error).split()), own_line(error)
    if type(error).__name__ == "NeedsTask":
        return f"{text}: write it at {place}" if place else text
    if type(error).__name__ == "Changed":
        return text
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return "your code printed too much"
    return f"{place}: {type(error).__name__}: {text}" if place else f"{type(error).__name__}: {text}"


def load(source, path):
    """The names that a solution defines."""
    names = {"__name__": "backprop"}
    exec(compile(source, path, "exec"), names)
    return type("Solution", (), {k: staticmethod(v) if callable(v) else v for k, v in names.items()})


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        source = file.read()
    cases = sys.stdin.read().split("\n")
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")  # what a solution prints does not get between the answers
    os.dup2(2, 1)
    np.seterr(all="ignore")
    if "--confined" in sys.argv:
        sys.path.insert(0, sys.argv[sys.argv.index("--confined") + 1])
        import sandbox

        sandbox.confine_self()
    fault, solution = "", None
    try:
        solution = load(source, os.path.basename(path))
    except SyntaxError as error:
        fault = f"does not compile: {os.path.basename(path)}:{error.lineno}: {error.msg}"
    except BaseException as error:  # a solution that leaves, too, must not stop the answers
        fault = one_line(error)
    for line in cases:
        if not line:
            continue
        try:
            if fault:
                raise RuntimeError
            kind, _, *words = line.split(" ")
            if kind.startswith("function/"):  # of a lecturer's own task
                found = call(getattr(solution, kind.partition("/")[2]), *matrices(words))
                found = found if isinstance(found, tuple) else (found,)
            else:
                found = KINDS[kind](solution, *matrices(words))
            result = "ok " + " ".join(map(as_text, found))
        except AttributeError as error:
            result = "threw " + (f"there is no function {error.name} here" if error.name and "Solution" in str(error) else one_line(error))
        except BaseException as error:
            result = "threw " + (fault or one_line(error))
        print(result, file=out, flush=True)


if __name__ == "__main__":
    main()
