"""The wrong solutions of the NumPy edition, like those of misconceptions.py: the task, the misconception, words that the message must
contain, the solution. `python3 tests/course/misconceptions.py` grades both.
"""


def functions(**bodies):
    """Functions of backprop.py with these bodies."""
    return "\n".join(
        f"def {name}({ARGUMENTS[name]}):\n" + "\n".join(f"    {line}" for line in body.split("\n")) for name, body in bodies.items()
    )


ARGUMENTS = {
    "tanh": "z",
    "tanh_derivative": "z",
    "through_activation": "dL_da, derivative",
    "softmax_backward": "a, dL_da",
    "dense_forward": "x, W, b",
    "dense_backward": "x, W, dL_dz",
    "cross_entropy": "z, y, smoothing=0.0",
    "cross_entropy_gradient": "a, y, smoothing=0.0",
    "sgd_step": "p, g, m, lr, mu, nesterov, decay",
    "adam_step": "p, g, m, v, t, lr, beta1, beta2, eps, decay, decoupled",
    "initial_spread": "name, fan_in, fan_out, alpha",
    "numeric_derivative": "loss, p, h",
}


def tanh(value="np.sign(z) * (1 - e) / (1 + e)", derivative="4 * e / (1 + e) ** 2", e="np.exp(-2 * np.abs(z))", e2=None):
    return functions(tanh=f"e = {e}\nreturn {value}", tanh_derivative=f"e = {e2 or e}\na = np.tanh(z)\nreturn {derivative}")


def entry(expression):
    return functions(through_activation=expression if "\n" in expression else f"return {expression}")


def row(expression, s="(a * dL_da).sum(axis=1, keepdims=True)"):
    return functions(softmax_backward=f"g = dL_da\ns = {s}\nreturn {expression}")


def affine(expression):
    return functions(dense_forward=f"return {expression}")


def gradients(W="d.T @ x", b="d.sum(axis=0)", X="d @ W", before="d = dL_dz"):
    return functions(dense_backward=f"{before}\nreturn {W}, {b}, {X}")


def loss(
    value="(t * (m + np.log(e.sum(axis=1, keepdims=True)) - z)).sum() / len(z)",
    gradient="(a - t) / len(a)",
    e="np.exp(z - m)",
    t="smooth(y, smoothing)",
):
    return functions(
        cross_entropy=f"t = {t}\nm = z.max(axis=1, keepdims=True)\ne = {e}\nreturn {value}",
        cross_entropy_gradient=f"t = {t}\nreturn {gradient}",
    )


def sgd(m="mu * m + g", step="p - lr * (g + mu * m if nesterov else m)", g="g + decay * p"):
    return functions(sgd_step=f"g = {g}\nm = {m}\nreturn {step}, m")


def adam(
    decay="if decoupled:\n    p = p * (1 - lr * decay)\nelse:\n    g = g + decay * p",
    m="beta1 * m + (1 - beta1) * g",
    v="beta2 * v + (1 - beta2) * g**2",
    m_hat="m / (1 - beta1**t)",
    v_hat="v / (1 - beta2**t)",
    step="p - lr * m_hat / (np.sqrt(v_hat) + eps)",
    first="",
):
    return functions(adam_step=f"{first}\n{decay}\nm = {m}\nv = {v}\nm_hat = {m_hat}\nv_hat = {v_hat}\nreturn {step}, m, v")


def spread(xavier="2 / (fan_in + fan_out)", he="2 / ((1 + alpha**2) * fan_in)", uniform="np.sqrt(3 * v)", normal="np.sqrt(v)", shapes=("uniform", "normal")):
    return functions(
        initial_spread=f"v = {xavier} if name.startswith('xavier') else {he}\n"
        f"return ('{shapes[0]}', {uniform}) if name.endswith('uniform') else ('{shapes[1]}', {normal})"
    )


def difference(expression="(at(h) - at(-h)) / (2 * h)", kink="sides != here", move="p + offset"):
    return functions(
        numeric_derivative=f"""here = loss(p)[1]
crossed = []
def at(offset):
    L, sides = loss({move})
    crossed.append({kink})
    return L
d = {expression}
return None if any(crossed) else d"""
    )


RIGHT = [
    ("1.1", tanh()),
    ("1.2", entry("np.multiply(derivative, dL_da)")),
    ("1.3", row("a * (g - s)")),
    ("2.1", affine("np.einsum('ik,jk->ij', x, W) + b")),
    ("2.2", gradients()),
    ("3.1", loss()),
    ("4.1", sgd()),
    ("4.2", adam()),
    ("5.1", spread()),
    ("6.1", difference()),
]

SIGMOID = "1 / (1 + np.exp(-z))"
WRONG = [
    ("1.1", "z where a belongs", "z where a", tanh(derivative="1 - z * z")),
    ("1.1", "the square forgotten", "squared", tanh(derivative="1 - a")),
    ("1.1", "the sigmoid's rule, a (1 − a)", "derivative of the sigmoid", tanh(derivative="a * (1 - a)")),
    ("1.1", "the sigmoid's derivative", "derivative of the sigmoid", tanh(derivative=f"{SIGMOID} * (1 - {SIGMOID})")),
    ("1.1", "tanh of a instead of z", "twice", tanh(derivative="1 - np.tanh(a) ** 2")),
    ("1.1", "the value returned as derivative", "not its derivative", tanh(derivative="a")),
    ("1.1", "the sign turned", "wrong sign", tanh(derivative="a**2 - 1")),
    ("1.1", "tan's rule, 1 + a²", "plus", tanh(derivative="1 + a**2")),
    ("1.1", "1 − a² far out", "rounds to 0", tanh(derivative="1 - a**2")),
    ("1.1", "e = exp(−|z|)", "factor 2", tanh(e2="np.exp(-np.abs(z))")),
    ("1.1", "the factor 4 forgotten", "quarter", tanh(derivative="e / (1 + e) ** 2")),
    ("1.1", "the second derivative's factor", "−2a", tanh(derivative="-2 * a")),
    ("1.1", "the sigmoid as value", "sigmoid", tanh(value=SIGMOID)),
    ("1.1", "(e²ᶻ − 1)/(e²ᶻ + 1)", "overflows", tanh(value="(np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)")),
    ("1.1", "(eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ)", "overflows", tanh(value="(np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))")),
    ("1.1", "(1 − e⁻²ᶻ)/(1 + e⁻²ᶻ)", "overflows", tanh(value="(1 - np.exp(-2 * z)) / (1 + np.exp(-2 * z))")),
    ("1.1", "1 − a² of an overflowing a", "overflows", tanh(derivative="1 - ((np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)) ** 2")),
    ("1.1", "2σ(z) − 1", "factor 2", tanh(value=f"2 * {SIGMOID} - 1")),
    ("1.1", "the sign of z lost", "sign of z", tanh(value="(1 - e) / (1 + e)")),
    ("1.1", "the return forgotten", "return", functions(tanh="np.tanh(z)", tanh_derivative="pass")),
    ("1.2", "no derivative", "derivative σ′(z) is not", entry("dL_da")),
    ("1.2", "no ∂L/∂a", "∂L/∂a is not", entry("derivative")),
    ("1.2", "added", "you add", entry("dL_da + derivative")),
    ("1.2", "divided", "you divide", entry("dL_da / derivative")),
    ("1.2", "the derivative twice", "twice", entry("dL_da * derivative**2")),
    ("1.2", "added to the result of the call before", "start afresh", entry("return 2 * dL_da * derivative\n")),
    ("1.2", "descent's minus", "optimiser", entry("-dL_da * derivative")),
    ("1.2", "averaged over the batch", "mean over the batch", entry("dL_da * derivative / len(dL_da)")),
    ("1.2", "derivative taken for a", "takes `derivative` for a", entry("dL_da * (1 - derivative**2)")),
    ("1.2", "a (1 − a) once more", "multiply by a (1 − a)", entry("dL_da * derivative * (1 - derivative)")),
    ("1.2", "∂L/∂a squared", "squared", entry("dL_da**2 * derivative")),
    ("1.2", "only the first row", "first row", entry("d = np.zeros_like(dL_da)\nd[0] = dL_da[0] * derivative[0]\nreturn d")),
    ("1.2", "a matrix product", "matmul", entry("dL_da @ derivative")),
    ("1.2", "in place", "changes its argument", entry("dL_da *= derivative\nreturn dL_da")),
    ("1.3", "the diagonal alone", "diagonal", row("a * (1 - a) * g")),
    ("1.3", "the sum forgotten", "sum over the row is missing", row("a * g")),
    ("1.3", "an unweighted sum", "weigh", row("a * (g - s)", s="g.sum(axis=1, keepdims=True)")),
    ("1.3", "the mean of g", "mean of g", row("a * (g - s)", s="g.mean(axis=1, keepdims=True)")),
    ("1.3", "the sign turned", "wrong sign", row("a * (s - g)")),
    ("1.3", "the factor aⱼ forgotten", "factor aⱼ", row("g - s")),
    ("1.3", "parentheses forgotten", "parentheses", row("a * g - s")),
    ("1.3", "plus for minus", "plus", row("a * (g + s)")),
    ("1.3", "the sum over the batch", "over the batch", row("a * (g - s)", s="(a * g).sum(axis=0, keepdims=True)")),
    ("1.3", "the sum never reset", "start it at 0", row("a * (g - s)", s="np.cumsum((a * g).sum(axis=1))[:, None]")),
    ("1.3", "a − y, from the canonical pair", "cross-entropy together", row("a - g")),
    ("1.3", "∂L/∂a handed on", "Jacobian is missing", row("g")),
    ("1.3", "k = j left out", "k = j", row("a * (g - (s - a * g))")),
    ("1.3", "averaged over the batch", "mean over the batch", row("a * (g - s) / len(a)")),
    ("1.3", "keepdims forgotten", "", row("a * (g - s)", s="(a * g).sum(axis=1)")),
    ("2.1", "no bias", "bias is missing", affine("x @ W.T")),
    ("2.1", "the bias subtracted", "subtracted", affine("x @ W.T - b")),
    ("2.1", "the bias added for every input", "once for every input", affine("x @ W.T + b * x.shape[1]")),
    ("2.1", "the last input left out", "last input", affine("x[:, :-1] @ W[:, :-1].T + b")),
    ("2.1", "counting from 1", "first input", affine("x[:, 1:] @ W[:, 1:].T + b")),
    ("2.1", "a mean for a sum", "not a mean", affine("x @ W.T / x.shape[1] + b")),
    ("2.1", "the bias as a factor", "multiplied", affine("(x @ W.T) * b")),
    ("2.1", "added to the call before", "start every sum", affine("2 * (x @ W.T + b)")),
    ("2.1", "added to the product before", "start every sum", affine("2 * (x @ W.T) + b")),
    ("2.1", "W for Wᵀ", "transposed", affine("x @ W + b")),
    ("2.1", "W for Wᵀ, where it fits", "transposed", affine("(x @ W if W.shape[0] == W.shape[1] else x @ W.T * 0) + b")),
    ("2.1", "the bias by sample", "not by the sample", affine("x @ W.T + (b[: len(x), None] if len(x) <= len(b) else 0)")),
    ("2.1", "one bias for all", "all get the first", affine("x @ W.T + b[0]")),
    ("2.1", "σ applied here", "σ is applied", affine("1 / (1 + np.exp(-(x @ W.T + b)))")),
    ("2.2", "∂L/∂W averaged", "mean over the batch", gradients(W="d.T @ x / len(x)")),
    ("2.2", "∂L/∂b averaged", "mean over the batch", gradients(b="d.mean(axis=0)")),
    ("2.2", "∂L/∂x averaged", "mean over the batch", gradients(X="d @ W / len(x)")),
    ("2.2", "δ and x exchanged", "exchanged", gradients(W="x.T @ d if x.shape[1] == d.shape[1] else d.T @ x")),
    ("2.2", "xᵀ δ", "dL_dW is", gradients(W="x.T @ d")),
    ("2.2", "∂L/∂b of the first sample", "first sample", gradients(b="d[0]")),
    ("2.2", "∂L/∂b of the last sample", "last sample", gradients(b="d[-1]")),
    ("2.2", "∂L/∂W of the first sample", "first sample", gradients(W="np.outer(d[0], x[0])")),
    ("2.2", "∂L/∂b over the units", "samples of a unit", gradients(b="d.sum(axis=1) if len(d) == d.shape[1] else d.sum(axis=0) * 0")),
    ("2.2", "∂L/∂b over all", "dL_db is", gradients(b="d.sum()")),
    ("2.2", "the sum over the samples forgotten", "dL_db is", gradients(b="d")),
    ("2.2", "∂L/∂b added to the call before", "start afresh", gradients(b="2 * d.sum(axis=0)")),
    ("2.2", "∂L/∂W added to the call before", "start afresh", gradients(W="2 * d.T @ x")),
    ("2.2", "descent's minus", "optimiser", gradients(W="-d.T @ x")),
    ("2.2", "descent's minus for b", "optimiser", gradients(b="-d.sum(axis=0)")),
    ("2.2", "Wᵀ in ∂L/∂x", "transposed", gradients(X="d @ W.T if W.shape[0] == W.shape[1] else d @ W")),
    ("2.2", "W.T in ∂L/∂x, which does not fit", "transposed", gradients(X="d @ W.T")),
    ("2.2", "the derivative once more", "applied twice", gradients(before="a = 1 / (1 + np.exp(-(x @ W.T)))\nd = dL_dz * a * (1 - a)")),
    ("2.2", "∂L/∂x forgotten", "never computed", gradients(X="np.zeros_like(x)")),
    ("2.2", "∂L/∂b forgotten", "never computed", gradients(b="np.zeros(len(W))")),
    ("2.2", "only two results", "3 values", functions(dense_backward="return dL_dz.T @ x, dL_dz.sum(axis=0)")),
    ("2.2", "∂L/∂z changed", "changes its argument", gradients(before="dL_dz /= 1.5\nd = 1.5 * dL_dz")),
    ("3.1", "the sum, not the mean", "sum over the samples", loss(value="(t * (m + np.log(e.sum(axis=1, keepdims=True)) - z)).sum()")),
    ("3.1", "the mean over all entries", "mean over all entries", loss(value="(t * (m + np.log(e.sum(axis=1, keepdims=True)) - z)).mean()")),
    ("3.1", "the sign turned", "never negative", loss(value="(t * (z - m - np.log(e.sum(axis=1, keepdims=True)))).sum() / len(z)")),
    ("3.1", "exp without the maximum", "exp overflows", loss(e="np.exp(z)", value="(t * (np.log(e.sum(axis=1, keepdims=True)) - z)).sum() / len(z)")),
    ("3.1", "the logarithm of the softmax", "underflowed", loss(value="-np.where(t > 0, t * np.log(e / e.sum(axis=1, keepdims=True)), 0).sum() / len(z)")),
    ("3.1", "softmax without the maximum", "exp overflows", loss(e="np.exp(z)", value="-np.where(t > 0, t * np.log(e / e.sum(axis=1, keepdims=True)), 0).sum() / len(z)")),
    ("3.1", "the maximum never added back", "never added back", loss(value="(t * (np.log(e.sum(axis=1, keepdims=True)) - z)).sum() / len(z)")),
    ("3.1", "log10", "log10", loss(value="((np.log10(e.sum(axis=1)) - (t * (z - m)).sum(axis=1))).mean()")),
    ("3.1", "log2", "log2", loss(value="((np.log2(e.sum(axis=1)) - (t * (z - m)).sum(axis=1))).mean()")),
    ("3.1", "the logit forgotten", "logit of the correct class", loss(value="(m + np.log(e.sum(axis=1, keepdims=True))).mean()")),
    ("3.1", "the logarithm forgotten", "logarithm of the sum of exponentials is missing", loss(value="(e.sum(axis=1) - (t * (z - m)).sum(axis=1)).mean()")),
    ("3.1", "the squared error", "squared error", loss(value="((e / e.sum(axis=1, keepdims=True) - t) ** 2).sum() / len(z)")),
    ("3.1", "no label smoothing", "label smoothing", loss(t="y")),
    ("3.1", "y − a", "t − a", loss(gradient="(t - a) / len(a)")),
    ("3.1", "the gradient of the sum", "number of samples N", loss(gradient="a - t")),
    ("3.1", "the gradient over all entries", "N·K", loss(gradient="(a - t) / a.size")),
    ("3.1", "through softmax again", "gone through softmax", loss(gradient="(a - t) / len(a) * a * (1 - a)")),
    ("3.1", "only the right class", "only the correct class", loss(gradient="y * (a - t) / len(a)")),
    ("3.1", "∂L/∂a", "∂L/∂z", loss(gradient="-t / a / len(a)")),
    ("3.1", "the targets forgotten", "targets are missing", loss(gradient="a / len(a)")),
    ("4.1", "climbing", "climbs", sgd(step="p + lr * (g + mu * m if nesterov else m)")),
    ("4.1", "no learning rate", "learning rate is missing", sgd(step="p - (g + mu * m if nesterov else m)")),
    ("4.1", "p overwritten", "old p", sgd(step="-lr * (g + mu * m if nesterov else m)")),
    ("4.1", "(1 − μ) g", "(1 − μ)", sgd(m="mu * m + (1 - mu) * g")),
    ("4.1", "η inside of m", "outside of m", sgd(m="mu * m + lr * g", step="p - (lr * g + mu * m if nesterov else m)")),
    ("4.1", "Nesterov ignored", "Nesterov's step is not taken", sgd(step="p - lr * m")),
    ("4.1", "Nesterov always", "though `nesterov` is false", sgd(step="p - lr * (g + mu * m)")),
    ("4.1", "Nesterov without g", "lacks g", sgd(step="p - lr * (mu * m if nesterov else m)")),
    ("4.1", "no weight decay", "weight decay is missing", sgd(g="g")),
    ("4.1", "weight decay twice", "counts twice", sgd(g="g + 2 * decay * p")),
    ("4.1", "weight decay subtracted", "wrong sign", sgd(g="g - decay * p")),
    ("4.1", "no momentum", "momentum is missing", sgd(m="g", step="p - lr * g")),
    ("4.1", "m not kept", "not kept", sgd(m="g")),
    ("4.1", "p changed in place", "changes its argument", functions(sgd_step="p -= lr * g\nreturn p, m")),
    ("4.2", "no bias correction", "bias correction is missing", adam(m_hat="m", v_hat="v")),
    ("4.2", "v not corrected", "of v is missing", adam(v_hat="v")),
    ("4.2", "m not corrected", "of m is missing", adam(m_hat="m")),
    ("4.2", "t from 0", "counts from 1", adam(first="t = t - 1")),
    ("4.2", "t one ahead", "one ahead", adam(first="t = t + 1")),
    ("4.2", "g for g²", "g², not of g", adam(v="beta2 * v + (1 - beta2) * g")),
    ("4.2", "no root", "square root", adam(step="p - lr * m_hat / (v_hat + eps)")),
    ("4.2", "β₁ and β₂ exchanged", "changed places", adam(first="beta1, beta2 = beta2, beta1")),
    ("4.2", "no (1 − β₁)", "(1 − β₁)", adam(m="beta1 * m + g")),
    ("4.2", "no (1 − β₂)", "(1 − β₂)", adam(v="beta2 * v + g**2")),
    ("4.2", "ε under the root", "outside of the square root", adam(step="p - lr * m_hat / np.sqrt(v_hat + eps)")),
    ("4.2", "ε before the correction", "after the bias correction", adam(step="p - lr * m_hat / ((np.sqrt(v) + eps) / np.sqrt(1 - beta2**t))")),
    ("4.2", "no ε", "ε is missing", adam(step="p - lr * m_hat / np.sqrt(v_hat)")),
    ("4.2", "climbing", "climbs", adam(step="p + lr * m_hat / (np.sqrt(v_hat) + eps)")),
    ("4.2", "adamw's decay in the gradient", "must not go through", adam(decay="g = g + decay * p")),
    ("4.2", "adam's decay outside", "only adamw shrinks", adam(decay="p = p * (1 - lr * decay)")),
    ("4.2", "adamw's decay without η", "learning rate is missing", adam(decay="if decoupled:\n    p = p * (1 - decay)\nelse:\n    g = g + decay * p")),
    ("4.2", "no weight decay", "weight decay is missing", adam(decay="")),
    ("4.2", "p overwritten", "old p", adam(step="-lr * m_hat / (np.sqrt(v_hat) + eps)")),
    ("5.1", "the variance as spread", "square root", spread(uniform="3 * v", normal="v")),
    ("5.1", "the 3 forgotten", "3 is missing", spread(uniform="np.sqrt(v)")),
    ("5.1", "the 3 for both", "needs no 3", spread(normal="np.sqrt(3 * v)")),
    ("5.1", "Xavier without fan_out", "fan_out is missing", spread(xavier="1 / fan_in")),
    ("5.1", "He's rule for Xavier", "this is He's", spread(xavier="2 / ((1 + alpha**2) * fan_in)")),
    ("5.1", "Xavier without the 2", "2 is missing", spread(xavier="1 / (fan_in + fan_out)")),
    ("5.1", "fan_in times fan_out", "multiplied", spread(xavier="2 / (fan_in * fan_out)")),
    ("5.1", "He with fan_out", "not fan_out", spread(he="2 / ((1 + alpha**2) * fan_out)")),
    ("5.1", "Xavier's rule for He", "this is Xavier's", spread(he="2 / (fan_in + fan_out)")),
    ("5.1", "no α", "lacks α", spread(he="2 / fan_in")),
    ("5.1", "α not squared", "α must be squared", spread(he="2 / ((1 + alpha) * fan_in)")),
    ("5.1", "He without the 2", "stops half", spread(he="1 / ((1 + alpha**2) * fan_in)")),
    ("5.1", "uniform and normal exchanged", "changed places", spread(shapes=("normal", "uniform"))),
    ("6.1", "a one-sided difference", "one-sided", difference("(at(h) - at(0)) / h")),
    ("6.1", "a backward difference", "one-sided", difference("(at(0) - at(-h)) / h")),
    ("6.1", "divided by h", "2h apart", difference("(at(h) - at(-h)) / h")),
    ("6.1", "divided by 4h", "half of the derivative", difference("(at(h) - at(-h)) / (4 * h)")),
    ("6.1", "the sign turned", "wrong sign", difference("(at(-h) - at(h)) / (2 * h)")),
    ("6.1", "not divided by h", "division by h", difference("(at(h) - at(-h)) / 2")),
    ("6.1", "not divided at all", "division by 2h", difference("at(h) - at(-h)")),
    ("6.1", "the absolute value", "has a sign", difference("abs(at(h) - at(-h)) / (2 * h)")),
    ("6.1", "h = 0.01", "too large", difference("(at(0.01) - at(-0.01)) / 0.02")),
    ("6.1", "p not moved", "is p moved", difference(move="p")),
    ("6.1", "8 and +1", "is subtracted", difference("(8 * (at(h) - at(-h)) + at(2 * h) - at(-2 * h)) / (12 * h)")),
    ("6.1", "kinks ignored", "unnoticed", difference(kink="False")),
    ("6.1", "h = 1e-13", "", difference("(at(1e-13) - at(-1e-13)) / 2e-13")),
]
