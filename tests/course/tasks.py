"""The tasks: the stub that replaces each solution, the text for the student, the inputs, the right answers and the wrong
answers with a known cause. This file computes the right answers from the formulas, without any part of the library.
"""

import functools
import math
import random
from typing import Callable, NamedTuple

inf, nan = math.inf, math.nan


class Wrong(NamedTuple):
    """The answer that a misconception leads to, and the hint for a student who gives it."""

    quantity: str
    hint: str
    answer: Callable


class Task(NamedTuple):
    stub: str  # replaces the solution
    brief: str  # for the student
    kinds: dict  # kind of case: (share of the points, names of the quantities)
    draw: Callable  # random.Random → cases (kind, arguments); a case's first aspect word follows the kind after a space
    right: dict  # kind: arguments → quantities
    formula: dict  # quantity: the formula, for messages
    wrong: list
    where: Callable = lambda kind, arguments, i, j: f"[{i}][{j}]"
    rtol: float = 1e-9
    on_throw: str = ""  # a hint for shapes that do not fit


def shape(m):
    return len(m), len(m[0])


def each(f, *ms):
    return [[f(*entries) for entries in zip(*rows)] for rows in zip(*ms)]


def transposed(m):
    return [list(column) for column in zip(*m)]


def total(values):
    values = list(values)
    return math.fsum(values) if all(map(math.isfinite, values)) else sum(values)


def dot(u, v):
    return total(a * b for a, b in zip(u, v))


def product(A, B):
    return [[dot(row, column) for column in zip(*B)] for row in A]


def quiet(f):
    """f, which returns NaN or ∞ where Python would raise."""

    def g(*arguments):
        try:
            return f(*arguments)
        except OverflowError:
            return inf
        except (ZeroDivisionError, ValueError):
            return nan

    return g


exp = quiet(math.exp)


def log(x):
    return -inf if x == 0 else math.log(x)


def matrix(r, rows, cols, scale=1.0):
    return [[round(r.uniform(-2, 2) * scale, 3) or 0.5 for _ in range(cols)] for _ in range(rows)]


def probabilities(z):
    result = []
    for row in z:
        e = [math.exp(v - max(row)) for v in row]
        result.append([v / total(e) for v in e])
    return result


# 1.1 tanh and its derivative


def tanh_derivative(z):
    e = math.exp(-2 * abs(z))
    return 4 * e / (1 + e) ** 2


def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def tanh_cases(r):
    ordinary = [0.5, -1.0, 2.0, -0.25] + [round(r.uniform(-4, 4), 3) for _ in range(8)]
    far = [20.0, -25.0] + [round(r.uniform(19, 300), 2) for _ in range(3)]
    return [("tanh", [[ordinary]]), ("tanh far out", [[far + [800.0, -1e308]]])]


def of_tanh(f):
    return lambda a: each(quiet(f), a[0])


def exp_quotient(z):
    return (exp(2 * z) - 1) / (exp(2 * z) + 1)


TANH = Task(
    stub="""
template <typename T>
inline T tanh(T z) {
  needs_task("1.1", z);
}

// tanh′(z), from z and not from a.
template <typename T>
inline T tanh_derivative(T z) {
  needs_task("1.1", z);
}
""",
    brief="""
Write a = tanh(z) = (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ) and its derivative tanh′(z) = 1 − a², both as functions of z. There are two
difficulties. First, eᶻ overflows at z = 710, so express both in e = e^(−2|z|), which cannot overflow:
tanh |z| = (1 − e)/(1 + e). Second, 1 − a² rounds to 0 from |z| = 19 on, where the derivative is small but not 0: find its form
in e. You can use `exp`, `expm1`, `std::abs` (not `abs`, which rounds to whole numbers) and `std::copysign`. `sigmoid` and
`sigmoid_derivative`, a few lines below, show the style.
""",
    kinds={"tanh": (60, ["tanh", "derivative"]), "tanh far out": (40, ["tanh", "derivative"])},
    draw=tanh_cases,
    right={"tanh": lambda a: [each(math.tanh, a[0]), each(tanh_derivative, a[0])]},
    formula={"tanh": "(1 − e)/(1 + e) with e = exp(−2|z|) and the sign of z", "derivative": "1 − a² with a = tanh(z)"},
    wrong=[
        Wrong(
            "derivative",
            "for large |z| a rounds to 1, and 1 − a² rounds to 0: compute the derivative from e = exp(−2|z|)",
            of_tanh(lambda z: 1 - math.tanh(z) ** 2),
        ),
        Wrong("derivative", "did you pass z where a belongs?", of_tanh(lambda z: 1 - z * z)),
        Wrong("derivative", "is a squared in it?", of_tanh(lambda z: 1 - math.tanh(z))),
        Wrong("derivative", "a (1 − a) is the derivative of the sigmoid", of_tanh(lambda z: math.tanh(z) * (1 - math.tanh(z)))),
        Wrong("derivative", "this is the derivative of the sigmoid", of_tanh(lambda z: sigmoid(z) * (1 - sigmoid(z)))),
        Wrong("derivative", "is tanh applied twice?", of_tanh(lambda z: 1 - math.tanh(math.tanh(z)) ** 2)),
        Wrong("derivative", "this is the value, not its derivative", of_tanh(math.tanh)),
        Wrong("derivative", "it has the wrong sign: 1 − a², not a² − 1", of_tanh(lambda z: math.tanh(z) ** 2 - 1)),
        Wrong("derivative", "the sign is wrong: replace the plus by a minus", of_tanh(lambda z: 1 + math.tanh(z) ** 2)),
        Wrong("derivative", "e must be exp(−2|z|): is the factor 2 in it?", of_tanh(lambda z: tanh_derivative(z / 2))),
        Wrong(
            "derivative",
            "the outer factor of the chain rule is missing: this is a quarter of the derivative",
            of_tanh(lambda z: tanh_derivative(z) / 4),
        ),
        Wrong(
            "derivative", "−2a is the second step; the derivative is the first derivative", of_tanh(lambda z: -2 * math.tanh(z))
        ),
        Wrong(
            "derivative",
            "exp overflows for large |z|: use e = exp(−2|z|), which cannot overflow",
            of_tanh(lambda z: 1 - exp_quotient(z) ** 2),
        ),
        Wrong("tanh", "this is the sigmoid", of_tanh(sigmoid)),
        Wrong("tanh", "exp overflows for large |z|: use e = exp(−2|z|), which cannot overflow", of_tanh(exp_quotient)),
        Wrong(
            "tanh",
            "exp overflows for large |z|: use e = exp(−2|z|), which cannot overflow",
            of_tanh(lambda z: (1 - exp(-2 * z)) / (1 + exp(-2 * z))),
        ),
        Wrong(
            "tanh",
            "exp overflows for large |z|: use e = exp(−2|z|), which cannot overflow",
            of_tanh(lambda z: (exp(z) - exp(-z)) / (exp(z) + exp(-z))),
        ),
        Wrong("tanh", "2σ(z) − 1 is tanh(z/2): is the factor 2 in the exponent?", of_tanh(lambda z: math.tanh(z / 2))),
        Wrong("tanh", "the sign of z is lost", of_tanh(lambda z: math.tanh(abs(z)))),
    ],
    where=lambda kind, arguments, i, j: f"z = {arguments[0][i][j]:g}",
)


# 1.2 the elementwise rule


def of_two(f):
    return lambda a: each(quiet(f), a[0], a[1])


SLOPE = Task(
    stub='needs_task("1.2", derivative, dL_da, dL_dz);',
    brief="""
Write ∂L/∂z = ∂L/∂a ⊙ σ′(z) to `dL_dz`: multiply every entry of ∂L/∂a by the entry of `derivative` at the same position.
Entry `t(i, j)` of a `Tensor` is in row i and column j; `t[i]` counts all entries, row by row. The buffer may contain an
earlier batch: assign, do not add.
""",
    kinds={"derivative": (100, ["dL_dz"])},
    draw=lambda r: [("derivative", [matrix(r, 2, 3), matrix(r, 2, 3)]), ("derivative", [matrix(r, 4, 2), matrix(r, 4, 2)])],
    right={"derivative": lambda a: [each(lambda s, g: s * g, a[0], a[1])]},
    formula={"dL_dz": "∂L/∂a ⊙ σ′(z)"},
    wrong=[
        Wrong("dL_dz", "the derivative σ′(z) is not in your result", of_two(lambda s, g: g)),
        Wrong("dL_dz", "this is σ′(z) alone; ∂L/∂a is not in your result", of_two(lambda s, g: s)),
        Wrong("dL_dz", "⊙ is a product: you add", of_two(lambda s, g: s + g)),
        Wrong("dL_dz", "⊙ is a product: you divide", of_two(lambda s, g: g / s)),
        Wrong("dL_dz", "the derivative is applied twice", of_two(lambda s, g: g * s * s)),
        Wrong("dL_dz", "the buffer still contains the previous pass: assign, do not add", of_two(lambda s, g: 2 * g * s)),
        Wrong("dL_dz", "the minus sign belongs to the optimiser", of_two(lambda s, g: -g * s)),
        Wrong(
            "dL_dz",
            "the loss already contains the mean over the batch",
            lambda a: each(lambda s, g: s * g / len(a[0]), a[0], a[1]),
        ),
        Wrong(
            "dL_dz", "you multiply by a (1 − a), but `derivative` already contains σ′(z)", of_two(lambda s, g: g * s * (1 - s))
        ),
        Wrong("dL_dz", "this takes `derivative` for a, but `derivative` is already σ′(z)", of_two(lambda s, g: g * (1 - s * s))),
        Wrong(
            "dL_dz",
            "only the first row is computed: a batch has many rows",
            lambda a: [[s * g * (i == 0) for s, g in zip(*rows)] for i, rows in enumerate(zip(a[0], a[1]))],
        ),
        Wrong("dL_dz", "∂L/∂a is squared", of_two(lambda s, g: g * g * s)),
    ],
)


# 1.3 softmax


def softmax_cases(r):
    return [
        ("softmax", [probabilities(matrix(r, rows, k)), matrix(r, rows, k)])
        for rows, k in ((1, 3), (2, 3), (3, 3), (4, 5))
    ]


def by_row(f):
    return lambda a: [f(p, g) for p, g in zip(a[0], a[1])]


def running_dot(a):
    rows, sum_so_far = [], 0
    for p, g in zip(a[0], a[1]):
        sum_so_far += dot(p, g)
        rows.append([p_j * (g_j - sum_so_far) for p_j, g_j in zip(p, g)])
    return rows


def dot_over_batch(a):
    columns = [dot(p, g) for p, g in zip(transposed(a[0]), transposed(a[1]))]
    return [[p_j * (g_j - d) for p_j, g_j, d in zip(p, g, columns)] for p, g in zip(a[0], a[1])]


def softmax_right(p, g):
    return [p_j * (g_j - dot(p, g)) for p_j, g_j in zip(p, g)]


SOFTMAX = Task(
    stub='needs_task("1.3", a, dL_da, dL_dz);',
    brief="""
aⱼ = exp zⱼ / Σₖ exp zₖ couples the units of a row: ∂aₖ/∂zⱼ = aₖ (δⱼₖ − aⱼ). With g = ∂L/∂a the vector–Jacobian product
Σₖ gₖ ∂aₖ/∂zⱼ is aⱼ (gⱼ − Σₖ gₖ aₖ), row by row. Derive it, then write it; no K × K matrix is needed.
""",
    kinds={"softmax": (100, ["dL_dz"])},
    draw=softmax_cases,
    right={"softmax": lambda a: [by_row(softmax_right)(a)]},
    formula={"dL_dz": "aⱼ (gⱼ − Σₖ gₖ aₖ), g = ∂L/∂a,"},
    wrong=[
        Wrong(
            "dL_dz",
            "this is only the diagonal of the Jacobian: each output depends on every z of the row",
            by_row(lambda p, g: [a * (1 - a) * v for a, v in zip(p, g)]),
        ),
        Wrong("dL_dz", "the sum over the row is missing", by_row(lambda p, g: [a * v for a, v in zip(p, g)])),
        Wrong(
            "dL_dz",
            "the sum must weigh each gₖ with aₖ",
            by_row(lambda p, g: [a * (v - total(g)) for a, v in zip(p, g)]),
        ),
        Wrong(
            "dL_dz",
            "the sum must weigh each gₖ with aₖ: this is the mean of g",
            by_row(lambda p, g: [a * (v - total(g) / len(g)) for a, v in zip(p, g)]),
        ),
        Wrong("dL_dz", "it has the wrong sign", by_row(lambda p, g: [-v for v in softmax_right(p, g)])),
        Wrong("dL_dz", "the factor aⱼ is missing", by_row(lambda p, g: [v - dot(p, g) for v in g])),
        Wrong(
            "dL_dz",
            "aⱼ must also multiply the sum: check the parentheses",
            by_row(lambda p, g: [a * v - dot(p, g) for a, v in zip(p, g)]),
        ),
        Wrong(
            "dL_dz",
            "the sign is wrong: replace the plus by a minus",
            by_row(lambda p, g: [a * (v + dot(p, g)) for a, v in zip(p, g)]),
        ),
        Wrong("dL_dz", "the sum continues from row to row: start it at 0 in each row", running_dot),
        Wrong("dL_dz", "the sum runs over the batch; it must run over the units of one row", dot_over_batch),
        Wrong(
            "dL_dz",
            "the loss already contains the mean over the batch",
            lambda a: each(lambda v: v / len(a[0]), by_row(softmax_right)(a)),
        ),
        Wrong(
            "dL_dz",
            "(a − g) is the gradient of softmax with cross-entropy together; here g may be any gradient",
            by_row(lambda p, g: [a - v for a, v in zip(p, g)]),
        ),
        Wrong("dL_dz", "softmax's gradient is not ∂L/∂a itself: the Jacobian is missing", lambda a: a[1]),
        Wrong(
            "dL_dz",
            "the sum leaves out k = j",
            by_row(lambda p, g: [p[j] * (g[j] - (dot(p, g) - p[j] * g[j])) for j in range(len(p))]),
        ),
    ],
)


# 2.1 and 2.2 the dense layer


def forward(a):
    return [[dot(row, w) + b for w, b in zip(a[1], a[2][0])] for row in a[0]]


def forward_with(f):
    """f(x of a sample, W of a unit, b of that unit) → z"""
    return lambda a: [[f(row, w, b) for w, b in zip(a[1], a[2][0])] for row in a[0]]


def square(f):
    """f if W is square; otherwise the answer cannot be predicted."""
    return lambda a: f(a) if len(a[1]) == len(a[1][0]) else None


def forward_cases(r):
    return [
        ("dense_forward", [matrix(r, n, i), matrix(r, o, i), matrix(r, 1, o)])
        for n, i, o in ((3, 3, 3), (2, 3, 4), (5, 4, 2), (1, 1, 1))
    ]


TURNED = "is W transposed where it should not be, or not transposed where it should be? Wt contains Wᵀ, inputs × units"

FORWARD = Task(
    stub='needs_task("2.1", *x, Wt, b, u);',
    brief="""
Compute u = x Wᵀ + b: uᵢⱼ = bⱼ + Σₖ xᵢₖ Wⱼₖ. Without batch normalisation, u is z. x is batch × inputs, b is 1 × units. The layer
stores Wᵀ as `Wt`, inputs × units, so Wⱼₖ is `Wt(k, j)`. Give `u` its shape with `u.resize(x->rows(), Wt.cols())`. Then write
three loops, or find the function in `primer/core/product.hpp` that does the same.
""",
    kinds={"dense_forward": (100, ["z"])},
    draw=forward_cases,
    right={"dense_forward": lambda a: [forward(a)]},
    formula={"z": "x Wᵀ + b"},
    wrong=[
        Wrong("z", "the bias is missing", forward_with(lambda x, w, b: dot(x, w))),
        Wrong("z", "the bias is subtracted", forward_with(lambda x, w, b: dot(x, w) - b)),
        Wrong(
            "z",
            "the bias is added once for every input: add it once",
            forward_with(lambda x, w, b: dot(x, w) + b * len(x)),
        ),
        Wrong("z", "the sum leaves out the last input", forward_with(lambda x, w, b: dot(x[:-1], w[:-1]) + b)),
        Wrong("z", "the sum leaves out the first input", forward_with(lambda x, w, b: dot(x[1:], w[1:]) + b)),
        Wrong(
            "z",
            "this is divided by the number of inputs: it is a sum, not a mean",
            forward_with(lambda x, w, b: dot(x, w) / len(x) + b),
        ),
        Wrong("z", "the bias is multiplied by x Wᵀ; it is added", forward_with(lambda x, w, b: dot(x, w) * b)),
        Wrong(
            "z",
            "the buffer still contains the previous pass: start every sum at bⱼ",
            forward_with(lambda x, w, b: 2 * (dot(x, w) + b)),
        ),
        Wrong(
            "z",
            "the buffer still contains the previous pass: start every sum at bⱼ",
            forward_with(lambda x, w, b: 2 * dot(x, w) + b),
        ),
        Wrong("z", TURNED, square(lambda a: [[v + b for v, b in zip(row, a[2][0])] for row in product(a[0], a[1])])),
        Wrong(
            "z",
            "b has one entry for each unit: index it by the unit j, not by the sample i",
            square(
                lambda a: [[v + a[2][0][i] for v in row] for i, row in enumerate(product(a[0], transposed(a[1])))]
                if len(a[0]) <= len(a[1])
                else None
            ),
        ),
        Wrong(
            "z",
            "b has one entry for each unit: index it by the unit j; all get the first",
            lambda a: [[dot(x, w) + a[2][0][0] for w in a[1]] for x in a[0]],
        ),
        Wrong("z", "σ is applied here already, but z is the input of σ", forward_with(lambda x, w, b: sigmoid(dot(x, w) + b))),
    ],
    on_throw=TURNED,
)


def backward_cases(r):
    return [
        ("dense_backward", [matrix(r, n, i), matrix(r, o, i), matrix(r, 1, o), matrix(r, n, o)])
        for n, i, o in ((3, 3, 3), (2, 3, 4), (5, 4, 2), (4, 2, 2))
    ]


def dW(a):
    return product(transposed(a[3]), a[0])


def db(a):
    return [[total(column) for column in zip(*a[3])]]


def dx(a):
    return product(a[3], a[1])


def sigmoid_derivatives(a):
    return each(lambda z: sigmoid(z) * (1 - sigmoid(z)), forward(a))


def derivative_again(f):
    return lambda a: f([*a[:3], each(lambda d, s: d * s, a[3], sigmoid_derivatives(a))])


def scaled(f, c):
    return lambda a: each(lambda v: v * (c(a) if callable(c) else c), f(a))


def both(hint, answers):
    return [Wrong(q, hint, answer) for q, answer in answers.items()]


ALL = {"dL_dW": dW, "dL_db": db, "dL_dx": dx}
BACKWARD = Task(
    stub='needs_task("2.2", *x, delta, Wt, dL_dWt, dL_db, dL_dx, wants_dL_dx);',
    brief="""
δ = ∂L/∂z is `delta` here, batch × units. Compute ∂L/∂W = δᵀ x, ∂L/∂b = Σᵢ δᵢ over the samples and, only if `wants_dL_dx`,
∂L/∂x = δ W. The layer stores transposes: `dL_dWt` is (∂L/∂W)ᵀ = xᵀ δ, inputs × units, and `Wt` is Wᵀ. Assign, do not add, because
each pass computes new gradients. `primer/core/product.hpp` has `multiply`, `transposed` and `column_sums`.
""",
    kinds={"dense_backward": (100, ["dL_dW", "dL_db", "dL_dx"])},
    draw=backward_cases,
    right={"dense_backward": lambda a: [dW(a), db(a), dx(a)]},
    formula={"dL_dW": "δᵀ x", "dL_db": "Σᵢ δᵢ", "dL_dx": "δ W"},
    wrong=[
        *both(
            "the loss already contains the mean over the batch: add up, do not average",
            {q: scaled(f, lambda a: 1 / len(a[0])) for q, f in ALL.items()},
        ),
        *both("the buffer still contains the previous pass: assign, do not add", {q: scaled(f, 2) for q, f in ALL.items()}),
        *both("the minus sign belongs to the optimiser", {q: scaled(f, -1) for q, f in ALL.items()}),
        *both("∂L/∂z already contains σ′(z): the derivative is applied twice", {q: derivative_again(f) for q, f in ALL.items()}),
        *both("this was never computed: it is 0", {q: scaled(f, 0) for q, f in ALL.items()}),
        Wrong(
            "dL_dW",
            "δ and x are exchanged: dL_dWt holds the transpose, xᵀ δ",
            square(lambda a: transposed(dW(a))),
        ),
        Wrong(
            "dL_dW",
            "you use the output of the layer; the layer's input x belongs here",
            lambda a: product(transposed(a[3]), each(sigmoid, forward(a))) if len(a[1]) == len(a[1][0]) else None,
        ),
        Wrong(
            "dL_dW",
            "only the first sample is in your sum: add up all samples",
            lambda a: dW([a[0][:1], a[1], a[2], a[3][:1]]),
        ),
        Wrong("dL_db", "only the first sample is in your sum: add up all samples", lambda a: [a[3][0]]),
        Wrong("dL_db", "only the last sample is in your sum: add up all samples", lambda a: [a[3][-1]]),
        Wrong(
            "dL_db",
            "this adds up the units of a sample; add up the samples of a unit",
            lambda a: [[total(row) for row in a[3]]] if len(a[0]) == len(a[1]) else None,
        ),
        Wrong("dL_dx", TURNED, square(lambda a: product(a[3], transposed(a[1])))),
    ],
    on_throw=TURNED,
)


# 3.1 cross-entropy


def smoothed(y, epsilon):
    return each(lambda v: (1 - epsilon) * v + epsilon / len(y[0]), y)


def cross_entropy(a, log=math.log):
    z, _, y, ((epsilon,),) = a
    t = smoothed(y, epsilon)
    losses = []
    for z_i, t_i in zip(z, t):
        m = max(z_i)
        losses.append(log(total(math.exp(v - m) for v in z_i)) - total(t_k * (v - m) for t_k, v in zip(t_i, z_i)))
    return total(losses) / len(z)


def ce_gradient(a, epsilon=None):
    t = smoothed(a[2], a[3][0][0] if epsilon is None else epsilon)
    return each(lambda p, t_k: (p - t_k) / len(t), a[1], t)


def ce_cases(r):
    def case(kind, z, epsilon, right=None):
        y = [[0.0] * len(z[0]) for _ in z]
        for row in y:
            row[r.randrange(len(row)) if right is None else right] = 1.0
        return (kind, [z, probabilities(z), y, [[epsilon]]])

    sure = (
        [[r.uniform(800, 2000), 0.25, -3.0], [-1000.0, -1001.0, -1002.5]],
        0.0,
        0,
    )  # the correct class has all the probability
    mistaken = [[-r.uniform(800, 2000), 1.5, 0.5], [-760.0, 2.0, 1.0]], 0.0, 0  # or the correct class has none
    return [
        case("cross_entropy", matrix(r, 2, 3), 0.0),
        case("cross_entropy", matrix(r, 5, 4), 0.0),
        case("cross_entropy", matrix(r, 1, 2), 0.0),
        case("cross_entropy far out", *sure),
        case("cross_entropy far out", *mistaken),
        case("cross_entropy smoothed", matrix(r, 3, 4), 0.1),
    ]


def without_maximum(a):
    return sum(
        log(sum(exp(v) for v in z)) - sum(t_k * v for t_k, v in zip(t, z))
        for z, t in zip(a[0], smoothed(a[2], a[3][0][0]))
    ) / len(a[0])


def log_of(probabilities_of):
    """−Σ t ln a, where a is a softmax of the logits."""
    return lambda a: sum(
        -t_k * log(p_k)
        for p, t in zip(probabilities_of(a[0]), smoothed(a[2], a[3][0][0]))
        for p_k, t_k in zip(p, t)
        if t_k
    ) / len(a[0])


def softmax_without_maximum(z):
    return [[exp(v) / sum(map(exp, row)) if sum(map(exp, row)) else nan for v in row] for row in z]


def scalar(f):
    return lambda a: [[quiet(f)(a)]]


def ordinary_only(f):
    """f if no logit is extreme."""
    return lambda a: f(a) if max(abs(v) for row in a[0] for v in row) < 100 else None


CROSS_ENTROPY = Task(
    stub="""
real value_from_logits(const Tensor& z, const Tensor& y, Tensor& scratch) const override {
  needs_task("3.1", z, y, scratch);  // smooth(y(i, k), y) is the target
}
void gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const override {
  needs_task("3.1", a, y, dL_dz);
}
""",
    brief="""
For a softmax output a and targets t (`smooth(y(i, k), y)`, which is y itself without label smoothing): L = −(1/N) Σᵢ Σₖ tᵢₖ ln aᵢₖ.
ln of an a that has underflowed is −∞, so compute from the logits: −ln aₖ = ln Σⱼ exp zⱼ − zₖ, and the logarithm of the
sum is m + ln Σⱼ exp(zⱼ − m) with m = maxⱼ zⱼ. The gradient is the reason for the pair: ∂L/∂z = (a − t)/N, N the number of rows; give `dL_dz` its shape with
`resize`. `exp`, `log`, `subtract_maximum` and `std::max_element` are at hand; `scratch` is memory for whatever you like.
""",
    kinds={
        "cross_entropy": (50, ["value", "dL_dz"]),
        "cross_entropy far out": (30, ["value", "dL_dz"]),
        "cross_entropy smoothed": (20, ["value", "dL_dz"]),
    },
    draw=ce_cases,
    right={"cross_entropy": lambda a: [[[cross_entropy(a)]], ce_gradient(a)]},
    formula={"value": "the mean over the samples of ln Σₖ exp zₖ − Σₖ tₖ zₖ", "dL_dz": "(a − t)/N"},
    wrong=[
        Wrong(
            "value",
            "this is the sum over the samples: divide by their number",
            scalar(lambda a: cross_entropy(a) * len(a[0])),
        ),
        Wrong(
            "value",
            "this is the mean over all entries: divide by the number of samples alone",
            scalar(lambda a: cross_entropy(a) / len(a[0][0])),
        ),
        Wrong("value", "it has the wrong sign: a loss is never negative", scalar(lambda a: -cross_entropy(a))),
        Wrong("value", "use the natural logarithm, not log10", scalar(lambda a: cross_entropy(a, math.log10))),
        Wrong("value", "use the natural logarithm, not log2", scalar(lambda a: cross_entropy(a, math.log2))),
        Wrong(
            "value",
            "label smoothing is missing: use smooth(y(i, k), y)",
            scalar(lambda a: cross_entropy([*a[:3], [[0.0]]])),
        ),
        Wrong(
            "value",
            "the maximum was subtracted and never added back",
            scalar(lambda a: cross_entropy(a) - total(max(row) for row in a[0]) / len(a[0])),
        ),
        Wrong(
            "value",
            "the maximum is added back, but it was not subtracted from the exponents",
            ordinary_only(scalar(lambda a: cross_entropy(a) + total(max(row) for row in a[0]) / len(a[0]))),
        ),
        Wrong(
            "value",
            "this is ln Σₖ exp zₖ alone: the logit of the correct class is missing",
            scalar(
                lambda a: total(max(z) + math.log(total(math.exp(v - max(z)) for v in z)) for z in a[0]) / len(a[0])
            ),
        ),
        Wrong(
            "value",
            "the logarithm of the sum of exponentials is missing",
            ordinary_only(
                scalar(
                    lambda a: total(
                        total(math.exp(v - max(z)) for v in z) - dot(t, [v - max(z) for v in z])
                        for z, t in zip(a[0], smoothed(a[2], a[3][0][0]))
                    )
                    / len(a[0])
                )
            ),
        ),
        Wrong(
            "value",
            "this is the binary form, which adds (1 − y) ln(1 − a): the loss for softmax is only −Σ y ln a",
            ordinary_only(
                scalar(
                    lambda a: cross_entropy(a)
                    - total(
                        (1 - t) * math.log(1 - p)
                        for p_i, t_i in zip(a[1], smoothed(a[2], a[3][0][0]))
                        for p, t in zip(p_i, t_i)
                    )
                    / len(a[0])
                )
            ),
        ),
        Wrong(
            "value",
            "this is the squared error",
            scalar(
                lambda a: total(
                    (p - t) ** 2 for p_i, t_i in zip(a[1], smoothed(a[2], a[3][0][0])) for p, t in zip(p_i, t_i)
                )
                / len(a[0])
            ),
        ),
        Wrong(
            "value",
            "the logarithm of a probability that has underflowed is −∞: stay with the logits, ln Σ exp(z − m) − (z − m)",
            scalar(log_of(probabilities)),
        ),
        Wrong(
            "value", "exp overflows or underflows: subtract the largest logit first", scalar(without_maximum)
        ),
        Wrong(
            "value",
            "exp overflows or underflows: subtract the largest logit first",
            scalar(log_of(softmax_without_maximum)),
        ),
        Wrong("dL_dz", "it has the wrong sign: a − t, not t − a", scaled(ce_gradient, -1)),
        Wrong("dL_dz", "divide by the number of samples N", scaled(ce_gradient, lambda a: len(a[0]))),
        Wrong(
            "dL_dz",
            "divide by the number of samples N alone, not by N·K",
            scaled(ce_gradient, lambda a: 1 / len(a[0][0])),
        ),
        Wrong("dL_dz", "label smoothing is missing: use smooth(y(i, k), y)", lambda a: ce_gradient(a, 0.0)),
        Wrong(
            "dL_dz",
            "(a − t)/N has gone through softmax already: do not multiply by a (1 − a)",
            lambda a: each(lambda d, p: d * p * (1 - p), ce_gradient(a), a[1]),
        ),
        Wrong(
            "dL_dz",
            "only the correct class has a gradient here, but every class has one: a − 0 where the target is 0",
            lambda a: each(lambda d, y: d * y, ce_gradient(a), a[2]),
        ),
        Wrong(
            "dL_dz",
            "this is ∂L/∂a = −t/a; the task asks for ∂L/∂z",
            lambda a: each(
                lambda p, t: -t / p / len(a[0]) if p else -inf if t else nan, a[1], smoothed(a[2], a[3][0][0])
            ),
        ),
        Wrong("dL_dz", "the targets are missing: this is a/N", lambda a: each(lambda p: p / len(a[0]), a[1])),
    ],
)


# 4.1 and 4.2 the optimisers


def path(step):
    """p after each step; step(rate, options, p, g, state, t) returns the new p and state."""

    def run(a):
        (rates,), (options,), (p0,), gradients = a
        p, states, rows = list(p0), [None] * len(p0), []
        for t, (rate, g) in enumerate(zip(rates, gradients), 1):
            for i in range(len(p)):
                p[i], states[i] = step(rate, options, p[i], g[i], states[i], t)
            rows.append(list(p))
        return rows

    return run


def sgd_rule(rate, options, p, g, m, t):
    mu, nesterov, decay = options
    g += decay * p
    if mu == 0:
        return p - rate * g, None
    m = g if t == 1 else mu * m + g
    return p - rate * (g + mu * m if nesterov else m), m


def sgd_with(**changes):
    """SGD with something wrong in it."""
    c = {
        "sign": -1,
        "rate": True,
        "gain": 1.0,
        "damp": False,
        "lr_inside": False,
        "nesterov": None,
        "decay": 1,
        "keep": True,
        **changes,
    }

    def rule(rate, options, p, g, m, t):
        mu, nesterov, decay = options
        if isinstance(c["nesterov"], bool):
            nesterov = c["nesterov"] and mu > 0
        g += c["decay"] * decay * p
        step_rate = rate if c["rate"] else 1.0
        if mu == 0 or c["keep"] is None:
            return c["gain"] * p + c["sign"] * step_rate * g, None
        fresh = (1 - mu) * g if c["damp"] else step_rate * g if c["lr_inside"] else g
        before = fresh if t == 1 and not c["damp"] else mu * (m or 0) + fresh
        m = before if c["keep"] else fresh
        if c["lr_inside"]:
            return c["gain"] * p + c["sign"] * (fresh + mu * m if nesterov else m), m
        look = mu * m if c["nesterov"] == "only_mu" else g + mu * m
        return c["gain"] * p + c["sign"] * step_rate * (look if nesterov else m), m

    return path(rule)


def optimizer_cases(kind, settings):
    def draw(r):
        cases = []
        for name, options in settings:
            rates = [[0.1, 0.1, 0.05, 0.2, 0.1]]
            cases.append((f"{kind} {name}".strip(), [rates, [options], matrix(r, 1, 4), matrix(r, 5, 4)]))
        return cases

    return draw


SGD = Task(
    stub="""
void update(real& p, real g, real& m) const {
  needs_task("4.1", p, g, m, lr, mu, nesterov, decay);
}
""",
    brief="""
One number `p` of a parameter moves along its gradient `g`. Weight decay λ (`decay`) comes first: g ← g + λ p. Then, with momentum μ (`mu`), m ← μ m + g and
p ← p − η m, where η is `lr`; with `nesterov` p ← p − η (g + μ m). These are PyTorch's definitions: η stays outside of m. `m` starts at 0 and is kept
from step to step; without momentum (μ = 0) it is 0 whenever a step begins.
""",
    kinds={"sgd": (40, ["p"]), "sgd momentum": (30, ["p"]), "sgd nesterov": (15, ["p"]), "sgd decay": (15, ["p"])},
    draw=optimizer_cases(
        "sgd",
        [
            ("", [0.0, 0.0, 0.0]),
            ("momentum", [0.9, 0.0, 0.0]),
            ("nesterov", [0.8, 1.0, 0.0]),
            ("decay", [0.0, 0.0, 0.1]),
        ],
    ),
    right={"sgd": lambda a: [path(sgd_rule)(a)]},
    formula={"p": "p − η m with m ← μ m + g, in Nesterov's form p − η (g + μ m),"},
    wrong=[
        Wrong("p", "this climbs the loss: the minus sign of gradient descent is missing", sgd_with(sign=1)),
        Wrong("p", "the learning rate is missing", sgd_with(rate=False)),
        Wrong("p", "the old p is missing: this sets p to −η g", sgd_with(gain=0.0)),
        Wrong("p", "PyTorch's m adds the whole g: there is no factor (1 − μ)", sgd_with(damp=True)),
        Wrong("p", "the learning rate belongs outside of m: it may change between steps", sgd_with(lr_inside=True)),
        Wrong("p", "Nesterov's step is not taken: g + μ m", sgd_with(nesterov=False)),
        Wrong("p", "Nesterov's step lacks g: g + μ m", sgd_with(nesterov="only_mu")),
        Wrong("p", "Nesterov's step is taken though `nesterov` is false", sgd_with(nesterov=True)),
        Wrong("p", "weight decay is missing: g ← g + λ p comes first", sgd_with(decay=0)),
        Wrong("p", "weight decay counts twice", sgd_with(decay=2)),
        Wrong("p", "weight decay has the wrong sign", sgd_with(decay=-1)),
        Wrong("p", "momentum is missing: the new m must contain μ m", sgd_with(keep=None)),
        Wrong("p", "m is not kept from step to step", sgd_with(keep=False)),
    ],
)


def adam_with(**changes):
    c = {
        "correct1": True,
        "correct2": True,
        "count_from": 0,
        "square": True,
        "root": True,
        "eps": "outside",
        "swap": False,
        "share1": True,
        "share2": True,
        "sign": -1,
        "decoupled": None,
        "decay_rate": True,
        "decay": 1,
        "p": 1.0,
        **changes,
    }

    def rule(rate, options, p, g, state, t):
        beta1, beta2, eps, decay, decoupled = options
        decay *= c["decay"]
        if c["decoupled"] is not None:
            decoupled = c["decoupled"]
        if c["swap"]:
            beta1, beta2 = beta2, beta1
        if not decoupled:
            g += decay * p
        m, v = state or (0.0, 0.0)
        m = beta1 * m + (1 - beta1 if c["share1"] else 1) * g
        v = beta2 * v + (1 - beta2 if c["share2"] else 1) * (g * g if c["square"] else g)
        n = t - c["count_from"]
        m_hat = m / (1 - beta1**n) if c["correct1"] else m
        v_hat = v / (1 - beta2**n) if c["correct2"] else v
        if c["eps"] == "inside":
            below = math.sqrt(v_hat + eps)
        elif c["eps"] == "before":
            below = (math.sqrt(v) + eps) / math.sqrt(1 - beta2**n)
        elif c["eps"] == "none":
            below = math.sqrt(v_hat)
        else:
            below = (math.sqrt(v_hat) if c["root"] else v_hat) + eps
        if decoupled:
            p *= 1 - (rate if c["decay_rate"] else 1) * decay
        return c["p"] * p + c["sign"] * rate * m_hat / below, (m, v)

    def broken(rate, options, p, g, state, t):
        try:
            return rule(rate, options, p, g, state, t)
        except (ZeroDivisionError, ValueError):
            return nan, (nan, nan)

    return path(broken)


ADAM = Task(
    stub="""
void update(real& p, real g, real& m, real& v) const {
  needs_task("4.2", p, g, m, v, lr, beta1, beta2, eps, decay);  // t, options.beta1, power(b, n), decoupled
}
""",
    brief="""
One number `p` of a parameter moves along its gradient `g`: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ),
p ← p − η m̂/(√v̂ + ε). `m` and `v` start at 0 and are kept from step to step; `t` counts the steps from 1. Weight decay λ (`decay`): Adam adds λ p to g first;
AdamW, where `decoupled` is true, leaves g alone and shrinks p to (1 − η λ) p. `power(b, n)` is bⁿ in double; `options.beta1` is β₁ in double.
""",
    kinds={"adam": (50, ["p"]), "adam epsilon": (15, ["p"]), "adam decay": (15, ["p"]), "adam adamw": (20, ["p"])},
    draw=optimizer_cases(
        "adam",
        [
            ("", [0.9, 0.99, 1e-8, 0.0, 0.0]),
            ("epsilon", [0.8, 0.9, 0.1, 0.0, 0.0]),
            ("decay", [0.9, 0.99, 1e-8, 0.1, 0.0]),
            ("adamw", [0.9, 0.99, 1e-8, 0.1, 1.0]),
        ],
    ),
    right={"adam": lambda a: [adam_with()(a)]},
    formula={"p": "p − η m̂/(√v̂ + ε)"},
    wrong=[
        Wrong(
            "p",
            "the bias correction is missing, m/(1 − β₁ᵗ) and v/(1 − β₂ᵗ)",
            adam_with(correct1=False, correct2=False),
        ),
        Wrong("p", "the bias correction of v is missing", adam_with(correct2=False)),
        Wrong("p", "the bias correction of m is missing", adam_with(correct1=False)),
        Wrong("p", "t counts from 1: it is right as it is", adam_with(count_from=1)),
        Wrong("p", "t counts from 1: here it is one ahead", adam_with(count_from=-1)),
        Wrong("p", "v is the mean of g², not of g", adam_with(square=False)),
        Wrong("p", "the square root of v̂ is missing", adam_with(root=False)),
        Wrong("p", "β₁ and β₂ have changed places", adam_with(swap=True)),
        Wrong("p", "the factor (1 − β₁) is missing", adam_with(share1=False)),
        Wrong("p", "the factor (1 − β₂) is missing", adam_with(share2=False)),
        Wrong("p", "this climbs the loss: the minus sign of gradient descent is missing", adam_with(sign=1)),
        Wrong("p", "ε belongs outside of the square root", adam_with(eps="inside")),
        Wrong("p", "ε is added to √v̂, after the bias correction", adam_with(eps="before")),
        Wrong("p", "ε is missing", adam_with(eps="none")),
        Wrong("p", "adamw's weight decay must not go through m and v: shrink p instead", adam_with(decoupled=False)),
        Wrong("p", "adam's weight decay goes into the gradient; only adamw shrinks p", adam_with(decoupled=True)),
        Wrong("p", "adamw shrinks p by η λ: the learning rate is missing", adam_with(decay_rate=False)),
        Wrong("p", "weight decay is missing", adam_with(decay=0)),
        Wrong("p", "the old p is missing", adam_with(p=0.0)),
    ],
)


# 5.1 initialisers

INITIALIZER_KINDS = {"xavier_uniform": 30, "xavier_normal": 20, "he_uniform": 30, "he_normal": 20}


def xavier_variance(i, o, alpha):
    return 2 / (i + o)


def he_variance(i, o, alpha):
    return 2 / ((1 + alpha**2) * i)


def is_uniform(kind):
    return kind.endswith("uniform")


def initializer(
    xavier=xavier_variance, he=he_variance, then=lambda spread, kind: spread, three=is_uniform, uniform=is_uniform
):
    """(1 if uniform, spread), for another variance or another way to compute the spread from the variance."""

    def answer(a, kind):
        variance = (xavier if kind.startswith("xavier") else he)(*a[0][0])
        return [[float(uniform(kind)), then(math.sqrt((3 if three(kind) else 1) * variance), kind)]]

    return answer


def never(kind):
    return False


INITIALIZERS = Task(
    stub='if (spec.starts_with("xavier_") || spec.starts_with("he_")) needs_task("5.1", in, out, alpha, uniform, normal);',
    brief="""
`xavier_uniform`, `xavier_normal`: variance 2/(fan_in + fan_out). `he_uniform`, `he_normal`: variance 2/((1 + α²) fan_in). Return
`{uniform, l}` for U(−l, l), which has variance l²/3, or `{normal, s}` for N(0, s²). `spec` has these four cases; the lines below
for `lecun_…` show the form. `in` and `out` are fan_in and fan_out.
""",
    kinds={kind: (share, ["spread"]) for kind, share in INITIALIZER_KINDS.items()},
    draw=lambda r: [
        (kind, [[[float(i), float(o), alpha]]])
        for kind in INITIALIZER_KINDS
        for i, o, alpha in ((3, 5, 0.0), (r.randint(6, 40), r.randint(41, 99), 0.0), (r.randint(2, 9), 10, 0.2))
    ],
    right={kind: lambda a, kind=kind: [initializer()(a, kind)] for kind in INITIALIZER_KINDS},
    formula={
        "spread": "√(variance), times √3 for a uniform one, with variance 2/(fan_in + fan_out) or 2/((1 + α²) fan_in),"
    },
    wrong=[
        Wrong("spread", "this is the variance: the square root is missing", initializer(then=lambda s, kind: s * s)),
        Wrong(
            "spread",
            "this is the variance: the square root is missing",
            initializer(then=lambda s, kind: s * s, three=never),
        ),
        Wrong("spread", "U(−l, l) has variance l²/3: the 3 is missing", initializer(three=never)),
        Wrong(
            "spread",
            "N(0, s²) needs no 3: it belongs to the uniform distribution",
            initializer(three=lambda kind: True),
        ),
        Wrong(
            "spread",
            "Xavier's variance needs fan_in and fan_out: fan_out is missing",
            initializer(xavier=lambda i, o, alpha: 1 / i),
        ),
        Wrong("spread", "Xavier's variance needs fan_in and fan_out: this is He's", initializer(xavier=he_variance)),
        Wrong(
            "spread",
            "Xavier's variance is 2/(fan_in + fan_out): the 2 is missing",
            initializer(xavier=lambda i, o, alpha: 1 / (i + o)),
        ),
        Wrong(
            "spread", "fan_in and fan_out are multiplied; add them", initializer(xavier=lambda i, o, alpha: 2 / (i * o))
        ),
        Wrong(
            "spread",
            "He's variance takes fan_in, not fan_out",
            initializer(he=lambda i, o, alpha: 2 / ((1 + alpha**2) * o)),
        ),
        Wrong("spread", "this is Xavier's variance: He's takes fan_in alone", initializer(he=xavier_variance)),
        Wrong("spread", "He's variance lacks α: (1 + α²)", initializer(he=lambda i, o, alpha: 2 / i)),
        Wrong("spread", "α must be squared: (1 + α²)", initializer(he=lambda i, o, alpha: 2 / ((1 + alpha) * i))),
        Wrong(
            "spread",
            "the 2 of He's variance is missing; it is needed because relu stops half of the signal",
            initializer(he=lambda i, o, alpha: 1 / ((1 + alpha**2) * i)),
        ),
        Wrong(
            "spread", "uniform and normal have changed places", initializer(uniform=lambda kind: not is_uniform(kind))
        ),
    ],
    where=lambda kind, arguments, i, j: ("whether it is uniform, " if j == 0 else "")
    + "fan_in {:g}, fan_out {:g}, α {:g}".format(*arguments[0][0]),
)


# 6.1 the gradient check of one unit a = σ(W x + b) with L = (a − y)²

STEPS = [2.0**-15, 2.0**-11, 2.0**-19, 2.0**-23]  # the steps of the check; if the last spans a kink, all do
SIGMOID, RELU = 0.0, 1.0


def unit_loss(a):
    (((x,),), ((W,),), ((b,),), ((y,),), ((sigma,),)) = a
    return lambda W=W, b=b, x=x: ((sigmoid(W * x + b) if sigma == SIGMOID else max(W * x + b, 0.0)) - y) ** 2


def unit_numbers(a):
    return {"W": a[1][0][0], "b": a[2][0][0], "x": a[0][0][0]}


def unit_gradient(a):
    (((x,),), ((W,),), ((b,),), ((y,),), ((sigma,),)) = a
    z = W * x + b
    value, derivative = (sigmoid(z), sigmoid(z) * (1 - sigmoid(z))) if sigma == SIGMOID else (max(z, 0.0), float(z > 0))
    dL_dz = 2 * (value - y) * derivative
    return [[0.0 if out else v for v, out in zip((dL_dz * x, dL_dz, dL_dz * W), unit_excluded(a)[0])]] * 2


def unit_excluded(a):
    """1 if even the smallest step spans the kink of relu."""
    (((x,),), ((W,),), ((b,),), _, ((sigma,),)) = a
    return [
        [
            float(sigma == RELU and abs(W * x + b) < STEPS[-1] * max(1, abs(p)) * abs(factor))
            for p, factor in ((W, x), (b, 1), (x, W))
        ]
    ]


def differences(rule):
    """rule(L, h) with L(offset), for each number in turn: the largest and the smallest over the steps h."""

    def answer(a):
        if a[4][0][0] == RELU and abs(a[1][0][0] * a[0][0][0] + a[2][0][0]) < 1e-3:
            return None  # near the kink the answer depends on the points
        loss = unit_loss(a)
        columns = []
        for name, p in unit_numbers(a).items():
            columns.append(
                [rule(lambda offset, name=name, p=p: loss(**{name: p + offset}), h * max(1, abs(p))) for h in STEPS]
            )
        return [list(map(max, columns)), list(map(min, columns))]

    return answer


def gradcheck_cases(r):
    def case(kind, sigma, z, W=None):
        x, W = round(r.uniform(0.6, 1.8), 3), W or round(r.uniform(0.6, 1.9), 3)
        return (kind, [[[x]], [[W]], [[z - W * x]], [[round(r.uniform(1.2, 2), 3)]], [[sigma]]])

    return [
        case("gradcheck", SIGMOID, 1.0),
        case("gradcheck", SIGMOID, -0.75, -1.5),
        case("gradcheck", RELU, 0.5),
        case("gradcheck kink", RELU, 1e-8),
        case("gradcheck kink", RELU, 3e-5),
        case("gradcheck kink", RELU, 1.0),
    ]


GRADIENT_CHECK = Task(
    stub='needs_task("6.1", p, here, h, sides_here_);',
    brief="""
Compute the derivative without your formulas, by central differences: (L(p + h) − L(p − h)) / 2h, or with five points and a smaller
error (8 (L(h) − L(−h)) − (L(2h) − L(−2h))) / 12h. Set `p` (`static_cast<real>`) to `here` plus the offset and call `value()`. If σ or
the loss has a kink between the points, the difference is meaningless. `value()` stores in `sides_` on which side of each kink the
numbers lie; if this differs from `sides_here_` at any point, return `{}`. At the end set `p` to `here` again. Do not use a
one-sided difference: its error is of order h, not h².
""",
    kinds={"gradcheck": (70, ["numeric"]), "gradcheck kink": (30, ["numeric", "excluded"])},
    draw=gradcheck_cases,
    right={"gradcheck": lambda a: [unit_gradient(a), unit_excluded(a)]},
    formula={"numeric": "the derivative", "excluded": "whether the step spans a kink, 1 or 0,"},
    wrong=[
        Wrong(
            "numeric",
            "a one-sided difference has an error of order h: take L(p + h) − L(p − h)",
            differences(lambda L, h: (L(h) - L(0)) / h),
        ),
        Wrong(
            "numeric",
            "a one-sided difference has an error of order h: take L(p + h) − L(p − h)",
            differences(lambda L, h: (L(0) - L(-h)) / h),
        ),
        Wrong(
            "numeric",
            "a one-sided difference has an error of order h: take L(p + h) − L(p − h)",
            differences(lambda L, h: (L(2 * h) - L(0)) / (2 * h)),
        ),
        Wrong("numeric", "twice too large: the points lie 2h apart", differences(lambda L, h: (L(h) - L(-h)) / h)),
        Wrong(
            "numeric",
            "this is half of the derivative: set p to here plus the offset; your p is moved on by the offset",
            differences(lambda L, h: (L(h) - L(-h)) / (4 * h)),
        ),
        Wrong(
            "numeric",
            "this is half of the derivative: set p to here plus the offset; your p is moved on by the offset",
            differences(lambda L, h: (L(h) - L(0)) / (2 * h)),
        ),
        Wrong(
            "numeric", "it has the wrong sign: L(p + h) − L(p − h)", differences(lambda L, h: (L(-h) - L(h)) / (2 * h))
        ),
        Wrong("numeric", "the division by h is missing", differences(lambda L, h: (L(h) - L(-h)) / 2)),
        Wrong("numeric", "the division by 2h is missing", differences(lambda L, h: L(h) - L(-h))),
        Wrong(
            "numeric",
            "a derivative has a sign: no absolute value",
            differences(lambda L, h: abs(L(h) - L(-h)) / (2 * h)),
        ),
        Wrong(
            "numeric",
            "h is far too large: use the h that is given",
            differences(lambda L, h: (L(0.01) - L(-0.01)) / 0.02),
        ),
        Wrong(
            "numeric", "h is far too large: use the h that is given", differences(lambda L, h: (L(0.1) - L(-0.1)) / 0.2)
        ),
        Wrong(
            "numeric",
            "the five-point weights are 8 and −1: the far difference is subtracted",
            differences(lambda L, h: (8 * (L(h) - L(-h)) + L(2 * h) - L(-2 * h)) / (12 * h)),
        ),
        Wrong("numeric", "this is 0: is p moved?", differences(lambda L, h: 0.0)),
        Wrong(
            "excluded",
            "a kink between the points goes unnoticed: compare sides_ with sides_here_ at every point",
            lambda a: [[0.0, 0.0, 0.0]],
        ),
        Wrong("excluded", "too much is excluded: sides_ is right only after value()", lambda a: [[1.0, 1.0, 1.0]]),
    ],
    where=lambda kind, arguments, i, j: ("∂L/∂W", "∂L/∂b", "∂L/∂x")[j],
    rtol=2e-6,
)

TASKS = {
    "1.1": TANH,
    "1.2": SLOPE,
    "1.3": SOFTMAX,
    "2.1": FORWARD,
    "2.2": BACKWARD,
    "3.1": CROSS_ENTROPY,
    "4.1": SGD,
    "4.2": ADAM,
    "5.1": INITIALIZERS,
    "6.1": GRADIENT_CHECK,
}


def entries(f):
    """A function of matrices that applies f to their entries."""
    return lambda *ms: each(quiet(f), *ms)


def own(kind, inputs, right, wrong=(), brief="", stub=""):
    """A lecturer's own task. kind: what tests/programs/answers.cpp is asked, such as activation/NAME or loss/NAME; inputs: the cases,
    each a list of matrices, drawn with a random.Random; right: for each quantity of the answer the formula in words and as a
    function of the matrices; wrong: quantity, hint and the function that a misconception leads to."""
    return Task(
        stub=stub,
        brief=brief,
        kinds={kind: (100, list(right))},
        draw=lambda r: [(kind, arguments) for arguments in inputs(r)],
        right={kind: lambda a: [f(*a) for _, f in right.values()]},
        formula={quantity: words for quantity, (words, _) in right.items()},
        wrong=[Wrong(quantity, hint, lambda a, f=f: f(*a)) for quantity, hint, f in wrong],
    )


import own_tasks  # it uses the names above

TASKS.update(own_tasks.tasks())


def cases(number, seed):
    """The inputs for `seed`, the same on every machine, as (aspect, kind, arguments)."""
    drawn = TASKS[number].draw(random.Random(f"{number} {seed}"))
    return [(aspect, aspect.split(" ")[0], arguments) for aspect, arguments in drawn]


# What the hints call things in the NumPy edition.
IN_PYTHON = [
    ("Wt contains Wᵀ, inputs × units", "W is units × inputs"),
    ("δ and x are exchanged: dL_dWt holds the transpose, xᵀ δ", "δ and x are exchanged: ∂L/∂W is δᵀ x"),
    ("use smooth(y(i, k), y)", "use smooth(y, smoothing)"),
    ("the buffer still contains the previous pass: assign, do not add", "the previous call is still in it: start afresh, do not add"),
    ("the buffer still contains the previous pass: start every sum at bⱼ", "the previous call is still in it: start every sum at bⱼ"),
    ("set p to here plus the offset; your p is moved on by the offset", "the points are p + h and p − h, 2h apart"),
    ("compare sides_ with sides_here_ at every point", "compare the sides at every point with those at p"),
    ("sides_ is right only after value()", "compare the sides with those of loss(p)"),
]


def spoken_in(language, hint):
    if language == "python":
        for words, instead in IN_PYTHON:
            hint = hint.replace(words, instead)
    return hint


@functools.cache
def solved(number, seed, language="c++"):
    """The cases with everything that the judge needs: inputs, right answers, wrong answers and hints."""
    task = TASKS[number]
    result = []
    for aspect, kind, arguments in cases(number, seed):
        share, quantities = task.kinds[aspect]
        right = task.right[kind](arguments)
        wrong = [
            [w.quantity, spoken_in(language, w.hint), w.answer(arguments, kind) if task is INITIALIZERS else w.answer(arguments)]
            for w in task.wrong
        ]
        result.append(
            {
                "aspect": aspect,
                "kind": kind,
                "arguments": arguments,
                "share": share,
                "rtol": task.rtol,
                "on_throw": spoken_in(language, task.on_throw),
                "right": [
                    [
                        q,
                        task.formula[q],
                        values,
                        [
                            [task.where(kind, arguments, i, j) for j in range(len(values[i]))]
                            for i in range(len(values))
                        ],
                    ]
                    for q, values in zip(quantities, right)
                ],
                "wrong": wrong,
            }
        )
    return result
