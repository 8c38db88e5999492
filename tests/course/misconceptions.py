"""The proof that the checks are good: wrong solutions that students write, from a list of misconceptions that is older than the
messages, each with the words that the message must find for it. Graded like submissions: python3 tests/course/misconceptions.py
prints who is caught and who is told why, for C++ and NumPy (arguments choose: `python`, `1.1`). It fails where fewer than 95 % are
caught or 85 % named, where the reference is not all right, or the bare handout gets a point.
"""

import os
import sys
from concurrent.futures import ProcessPoolExecutor

import bench
import judge
import numpy_bench
import numpy_misconceptions
import tasks

TANH_VALUE = "const T e = exp(T(-2) * std::abs(z)); return std::copysign((T(1) - e) / (T(1) + e), z);"
TANH_DERIVATIVE = "const T e = exp(T(-2) * std::abs(z)); return T(4) * e / ((T(1) + e) * (T(1) + e));"


def tanh(value=TANH_VALUE, derivative=TANH_DERIVATIVE):
    return f"template <typename T> inline T tanh(T z) {{ {value} }}\ntemplate <typename T> inline T tanh_derivative(T z) {{ {derivative} }}"


def entry(code):
    return f"for (std::size_t i = 0; i < dL_dz.size(); ++i) {{ const real s = derivative.data()[i], g = dL_da.data()[i]; real& d = dL_dz.data()[i]; {code}; }}"


def row(dot="s += g(k) * p(k)", result="p(j) * (g(j) - s)", start="real s = 0;", outside=""):
    return f"""{outside} for (std::size_t i = 0; i < a.rows(); ++i) {{
  const auto p = [&](std::size_t k) {{ return a(i, k); }}; const auto g = [&](std::size_t k) {{ return dL_da(i, k); }};
  {start} for (std::size_t k = 0; k < a.cols(); ++k) {{ {dot}; }}
  for (std::size_t j = 0; j < a.cols(); ++j) dL_dz(i, j) = {result};
}}"""


def affine(
    start="real s = b(0, j);", term="s += (*x)(i, k) * Wt(k, j)", first="0", last="x->cols()", end="u(i, j) = s"
):
    return f"""u.resize(x->rows(), Wt.cols()); for (std::size_t i = 0; i < x->rows(); ++i) for (std::size_t j = 0; j < Wt.cols(); ++j) {{
  {start} for (std::size_t k = {first}; k < {last}; ++k) {term}; {end}; }}"""


GRADIENT_W = "multiply(transposed(*x), delta, dL_dWt);"
GRADIENT_B = "column_sums(delta, dL_db);"
GRADIENT_X = "if (wants_dL_dx) multiply(delta, transposed(Wt), dL_dx);"


def gradients(W=GRADIENT_W, b=GRADIENT_B, x=GRADIENT_X):
    return f"{W}\n{b}\n{x}"


def every(tensor, code):
    return f"for (real& v : {tensor}.values()) v {code};"


def loss(
    value="total += m + log(sum) - dot",
    start="real sum = 0, dot = 0;",
    term="sum += exp(z(i, k) - m); dot += t * z(i, k)",
    end="return total / rows(z);",
    gradient="(a(i, k) - t) / rows(a)",
    target="smooth(y(i, k), y)",
):
    return f"""real value_from_logits(const Tensor& z, const Tensor& y, Tensor&) const override {{
  real total = 0;
  for (std::size_t i = 0; i < z.rows(); ++i) {{
    const real m = *std::max_element(z.row(i).begin(), z.row(i).end()); {start}
    for (std::size_t k = 0; k < z.cols(); ++k) {{ const real t = {target}; {term}; }}
    {value};
  }}
  {end}
}}
void gradient_from_logits(const Tensor& a, const Tensor& y, Tensor& dL_dz) const override {{
  dL_dz.resize(a.rows(), a.cols());
  for (std::size_t i = 0; i < a.rows(); ++i) for (std::size_t k = 0; k < a.cols(); ++k) {{ const real t = {target}; dL_dz(i, k) = {gradient}; }}
}}"""


def sgd(moment="m = mu * m + g", step="p -= lr * (nesterov ? g + mu * m : m)", decay="g += decay * p"):
    return f"void update(real& p, real g, real& m) const {{ {decay}; {moment}; {step}; }}"


def adam(
    decay="if (decoupled) p *= 1 - lr * decay; else g += decay * p",
    m="m = beta1 * m + (1 - beta1) * g",
    v="v = beta2 * v + (1 - beta2) * g * g",
    count="const auto n = t",
    m_hat="m / real(1 - power(options.beta1, n))",
    v_hat="v / real(1 - power(options.beta2, n))",
    step="p -= lr * m_hat / (sqrt(v_hat) + eps)",
):
    return f"""void update(real& p, real g, real& m, real& v) const {{
  {decay}; {m}; {v}; {count}; const real m_hat = {m_hat}; const real v_hat = {v_hat}; {step};
}}"""


def initializers(
    xavier="2 / (in + out)",
    he="2 / ((1 + alpha * alpha) * in)",
    uniform="std::sqrt(3 * v)",
    normal_="std::sqrt(v)",
    shapes=("uniform", "normal"),
):
    return "\n".join(
        f'if (spec == "{name}_{shape}") {{ const double v = {variance}; return {{{made}, {formula}}}; }}'
        for name, variance in (("xavier", xavier), ("he", he))
        for shape, made, formula in (("uniform", shapes[0], uniform), ("normal", shapes[1], normal_))
    )


def difference(
    result="(at(h) - at(-h)) / (2 * h)",
    at="p = static_cast<real>(static_cast<double>(here) + offset); const double L = value();",
    look="smooth = smooth && sides_ == sides_here_;",
    end="p = here; if (!smooth) return {}; return d;",
):
    return f"bool smooth = true; const auto at = [&](double offset) {{ {at} {look} return L; }}; const double d = {result}; {end}"


# Right solutions in another form, which must get all points: the templates above without a mistake.
RIGHT = [
    ("1.1", tanh()),
    ("1.2", entry("d = g * s")),
    ("1.3", row()),
    ("2.1", affine()),
    ("2.2", gradients()),
    ("3.1", loss()),
    ("4.1", sgd()),
    ("4.2", adam()),
    ("5.1", initializers()),
    ("6.1", difference()),
]

# The task, the misconception, words that the message must contain, the solution.
WRONG = [
    ("1.1", "z where a belongs", "z where a", tanh(derivative="return T(1) - z * z;")),
    ("1.1", "the square forgotten", "squared", tanh(derivative="return T(1) - std::tanh(z);")),
    (
        "1.1",
        "the sigmoid's rule, a (1 − a)",
        "derivative of the sigmoid",
        tanh(derivative="const T a = std::tanh(z); return a * (1 - a);"),
    ),
    (
        "1.1",
        "the sigmoid's derivative",
        "derivative of the sigmoid",
        tanh(derivative="const T s = T(1) / (T(1) + exp(-z)); return s * (1 - s);"),
    ),
    ("1.1", "tanh of a instead of z", "twice", tanh(derivative="const T a = std::tanh(std::tanh(z)); return 1 - a * a;")),
    ("1.1", "the value returned as derivative", "not its derivative", tanh(derivative=TANH_VALUE)),
    ("1.1", "the sign turned", "wrong sign", tanh(derivative="const T a = std::tanh(z); return a * a - 1;")),
    ("1.1", "tan's rule, 1 + a²", "plus", tanh(derivative="const T a = std::tanh(z); return 1 + a * a;")),
    ("1.1", "1 − a² far out", "rounds to 0", tanh(derivative="const T a = std::tanh(z); return 1 - a * a;")),
    (
        "1.1",
        "e = exp(−|z|)",
        "factor 2",
        tanh(derivative="const T e = exp(-std::abs(z)); return T(4) * e / ((T(1) + e) * (T(1) + e));"),
    ),
    ("1.1", "the sigmoid as value", "sigmoid", tanh(value="return T(1) / (T(1) + exp(-z));")),
    ("1.1", "(e²ᶻ − 1)/(e²ᶻ + 1)", "overflows", tanh(value="const T e = exp(2 * z); return (e - 1) / (e + 1);")),
    ("1.1", "(eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ)", "overflows", tanh(value="return (exp(z) - exp(-z)) / (exp(z) + exp(-z));")),
    ("1.1", "2σ(z) − 1", "factor 2", tanh(value="return T(2) / (T(1) + exp(-z)) - T(1);")),
    (
        "1.1",
        "the sign of z lost",
        "sign of z",
        tanh(value="const T e = exp(T(-2) * std::abs(z)); return (T(1) - e) / (T(1) + e);"),
    ),
    ("1.2", "no derivative", "derivative σ′(z) is not", entry("d = g")),
    ("1.2", "no ∂L/∂a", "∂L/∂a is not", entry("d = s")),
    ("1.2", "added", "you add", entry("d = g + s")),
    ("1.2", "divided", "you divide", entry("d = g / s")),
    ("1.2", "the derivative twice", "twice", entry("d = g * s * s")),
    (
        "1.2",
        "added to the buffer",
        "assign",
        "static thread_local bool again = false; if (!again) dL_dz.fill(0); again = true;" + entry("d += g * s"),
    ),
    ("1.2", "descent's minus", "optimiser", entry("d = -g * s")),
    ("1.2", "averaged over the batch", "mean over the batch", entry("d = g * s / static_cast<real>(dL_dz.rows())")),
    ("1.2", "derivative taken for a", "takes `derivative` for a", entry("d = g * (1 - s * s)")),
    (
        "1.2",
        "only the first row",
        "first row",
        "dL_dz.fill(0); for (std::size_t j = 0; j < dL_dz.cols(); ++j) dL_dz(0, j) = dL_da(0, j) * derivative(0, j);",
    ),
    ("1.3", "the diagonal alone", "diagonal", row(result="p(j) * (1 - p(j)) * g(j)")),
    ("1.3", "the sum forgotten", "sum over the row is missing", row(result="p(j) * g(j)")),
    ("1.3", "an unweighted sum", "weigh", row(dot="s += g(k)")),
    ("1.3", "the sign turned", "wrong sign", row(result="p(j) * (s - g(j))")),
    ("1.3", "the factor aⱼ forgotten", "factor aⱼ", row(result="g(j) - s")),
    ("1.3", "parentheses forgotten", "parentheses", row(result="p(j) * g(j) - s")),
    ("1.3", "plus for minus", "plus", row(result="p(j) * (g(j) + s)")),
    ("1.3", "the sum never reset", "start it at 0", row(outside="real s = 0;", start="")),
    (
        "1.3",
        "the sum over the batch",
        "over the batch",
        row(
            start="",
            dot="",
            result="p(j) * (g(j) - [&] { real s = 0; for (std::size_t r = 0; r < a.rows(); ++r) s += a(r, j) * dL_da(r, j); return s; }())",
        ),
    ),
    ("1.3", "a − y, from the canonical pair", "cross-entropy together", row(result="p(j) - g(j)")),
    ("1.3", "∂L/∂a handed on", "Jacobian is missing", row(result="g(j)")),
    ("1.3", "k = j left out", "k = j", row(result="p(j) * (g(j) - (s - p(j) * g(j)))")),
    ("2.1", "no bias", "bias is missing", affine(start="real s = 0;")),
    ("2.1", "the bias subtracted", "subtracted", affine(start="real s = -b(0, j);")),
    (
        "2.1",
        "the bias added for every input",
        "once for every input",
        affine(start="real s = 0;", term="s += (*x)(i, k) * Wt(k, j) + b(0, j)"),
    ),
    ("2.1", "the last input left out", "last input", affine(last="x->cols() - 1")),
    ("2.1", "counting from 1", "first input", affine(first="1")),
    (
        "2.1",
        "a mean for a sum",
        "not a mean",
        affine(start="real s = 0;", end="u(i, j) = s / static_cast<real>(x->cols()) + b(0, j)"),
    ),
    (
        "2.1",
        "not started afresh",
        "start every sum",
        "static thread_local bool again = false; u.resize(x->rows(), Wt.cols()); if (!again) u.fill(0); again = true;"
        + affine(start="real s = u(i, j) + b(0, j);"),
    ),
    ("2.1", "W for Wᵀ", "transposed", affine(term="s += (*x)(i, k) * (j < Wt.rows() && k < Wt.cols() ? Wt(j, k) : 0)")),
    ("2.1", "transposed(Wt)", "transposed", "multiply_add(*x, transposed(Wt), b, u);"),
    ("2.1", "the bias by sample", "not by the sample", affine(start="real s = i < b.cols() ? b(0, i) : 0;")),
    ("2.1", "one bias for all", "all get the first", affine(start="real s = b(0, 0);")),
    ("2.1", "σ applied here", "σ is applied", affine() + "const Tensor z_ = u; Tensor s; make_activation(\"sigmoid\")->forward(z_, u, s);"),
    (
        "2.2",
        "∂L/∂W averaged",
        "mean over the batch",
        gradients(W=GRADIENT_W + every("dL_dWt", "/= static_cast<real>(x->rows())")),
    ),
    (
        "2.2",
        "∂L/∂b averaged",
        "mean over the batch",
        gradients(b=GRADIENT_B + every("dL_db", "/= static_cast<real>(x->rows())")),
    ),
    ("2.2", "δ and x exchanged", "dL_dWt holds the transpose", gradients(W="multiply(transposed(delta), *x, dL_dWt);")),
    ("2.2", "xᵀ forgotten", "transposed", gradients(W="multiply(*x, delta, dL_dWt);")),
    (
        "2.2",
        "∂L/∂b of the first sample",
        "first sample",
        gradients(b="for (std::size_t j = 0; j < delta.cols(); ++j) dL_db(0, j) = delta(0, j);"),
    ),
    (
        "2.2",
        "∂L/∂b of the last sample",
        "last sample",
        gradients(
            b="for (std::size_t i = 0; i < delta.rows(); ++i) for (std::size_t j = 0; j < delta.cols(); ++j) dL_db(0, j) = delta(i, j);"
        ),
    ),
    (
        "2.2",
        "∂L/∂b over the units",
        "samples of a unit",
        gradients(
            b="dL_db.fill(0); for (std::size_t i = 0; i < delta.rows(); ++i) for (std::size_t j = 0; j < delta.cols(); ++j) dL_db(0, i % delta.cols()) += delta(i, j);"
        ),
    ),
    (
        "2.2",
        "∂L/∂b added to the buffer",
        "assign",
        gradients(
            b="for (std::size_t i = 0; i < delta.rows(); ++i) for (std::size_t j = 0; j < delta.cols(); ++j) dL_db(0, j) += delta(i, j);"
        ),
    ),
    (
        "2.2",
        "∂L/∂W added to the buffer",
        "assign",
        gradients(
            W="for (std::size_t i = 0; i < delta.rows(); ++i) for (std::size_t j = 0; j < delta.cols(); ++j) for (std::size_t k = 0; k < x->cols(); ++k) dL_dWt(k, j) += (*x)(i, k) * delta(i, j);"
        ),
    ),
    ("2.2", "descent's minus", "optimiser", gradients(W=GRADIENT_W + every("dL_dWt", "*= -1"))),
    ("2.2", "W for Wᵀ in ∂L/∂x", "transposed", gradients(x="if (wants_dL_dx) multiply(delta, Wt, dL_dx);")),
    (
        "2.2",
        "the derivative once more",
        "applied twice",
        "Tensor again = delta; for (std::size_t i = 0; i < again.size(); ++i) again.data()[i] *= derivative.data()[i];"
        + gradients().replace("delta", "again"),
    ),
    ("2.2", "∂L/∂x forgotten", "never computed", gradients(x="dL_dx.resize(x->rows(), x->cols()); dL_dx.fill(0);")),
    ("2.2", "∂L/∂b forgotten", "never computed", gradients(b="")),
    (
        "2.2",
        "a for x",
        "layer's input x",
        gradients(W="multiply(transposed(a.cols() == x->cols() ? a : *x), delta, dL_dWt);"),
    ),
    ("3.1", "the sum, not the mean", "sum over the samples", loss(end="return total;")),
    ("3.1", "the mean over all entries", "mean over all entries", loss(end="return total / static_cast<real>(z.size());")),
    ("3.1", "the sign turned", "never negative", loss(end="return -total / rows(z);")),
    (
        "3.1",
        "exp without the maximum",
        "exp overflows",
        loss(term="sum += exp(z(i, k)); dot += t * z(i, k)", value="total += log(sum) - dot"),
    ),
    (
        "3.1",
        "the logarithm of the softmax",
        "underflowed",
        loss(
            term="sum += exp(z(i, k) - m)",
            value="for (std::size_t k = 0; k < z.cols(); ++k) if (smooth(y(i, k), y) != 0) total -= smooth(y(i, k), y) * log(exp(z(i, k) - m) / sum)",
        ),
    ),
    ("3.1", "the maximum never added back", "never added back", loss(value="total += log(sum) - dot")),
    ("3.1", "log10", "log10", loss(value="total += m + log(sum) / log(real(10)) - dot")),
    ("3.1", "the logit forgotten", "logit of the correct class", loss(value="total += m + log(sum)")),
    ("3.1", "the logarithm forgotten", "logarithm of the sum of exponentials is missing", loss(value="total += m + sum - dot")),
    (
        "3.1",
        "the squared error",
        "squared error",
        loss(
            term="sum += exp(z(i, k) - m)",
            value="for (std::size_t k = 0; k < z.cols(); ++k) { const real d = exp(z(i, k) - m) / sum - smooth(y(i, k), y); total += d * d; }",
        ),
    ),
    ("3.1", "no label smoothing", "label smoothing", loss(target="y(i, k)")),
    ("3.1", "y − a", "t − a", loss(gradient="(t - a(i, k)) / rows(a)")),
    ("3.1", "the gradient of the sum", "number of samples N", loss(gradient="a(i, k) - t")),
    ("3.1", "the gradient over all entries", "N·K", loss(gradient="(a(i, k) - t) / static_cast<real>(a.size())")),
    (
        "3.1",
        "through softmax again",
        "gone through softmax",
        loss(gradient="(a(i, k) - t) / rows(a) * a(i, k) * (1 - a(i, k))"),
    ),
    ("3.1", "only the right class", "only the correct class", loss(gradient="y(i, k) * (a(i, k) - t) / rows(a)")),
    ("3.1", "∂L/∂a", "∂L/∂z", loss(gradient="-t / a(i, k) / rows(a)")),
    ("4.1", "climbing", "climbs", sgd(step="p += lr * (nesterov ? g + mu * m : m)")),
    ("4.1", "no learning rate", "learning rate is missing", sgd(step="p -= nesterov ? g + mu * m : m")),
    ("4.1", "p overwritten", "old p", sgd(step="p = -lr * (nesterov ? g + mu * m : m)")),
    ("4.1", "(1 − μ) g", "(1 − μ)", sgd(moment="m = mu * m + (1 - mu) * g")),
    (
        "4.1",
        "η inside of m",
        "outside of m",
        sgd(moment="m = mu * m + lr * g", step="p -= nesterov ? lr * g + mu * m : m"),
    ),
    ("4.1", "Nesterov ignored", "Nesterov's step is not taken", sgd(step="p -= lr * m")),
    ("4.1", "Nesterov without g", "lacks g", sgd(step="p -= lr * (nesterov ? mu * m : m)")),
    ("4.1", "no weight decay", "weight decay is missing", sgd(decay="")),
    ("4.1", "weight decay twice", "counts twice", sgd(decay="g += 2 * decay * p")),
    ("4.1", "no momentum", "momentum is missing", sgd(moment="m = g", step="p -= lr * g")),
    ("4.1", "m not kept", "not kept", sgd(moment="m = g")),
    ("4.2", "no bias correction", "bias correction is missing", adam(m_hat="m", v_hat="v")),
    ("4.2", "v not corrected", "of v is missing", adam(v_hat="v")),
    ("4.2", "m not corrected", "of m is missing", adam(m_hat="m")),
    ("4.2", "t from 0", "counts from 1", adam(count="const auto n = t - 1")),
    ("4.2", "t one ahead", "one ahead", adam(count="const auto n = t + 1")),
    ("4.2", "t counted for every number", "for every number", adam(count="static std::uint64_t n = 0; ++n")),
    ("4.2", "g for g²", "g², not of g", adam(v="v = beta2 * v + (1 - beta2) * g")),
    ("4.2", "no root", "square root", adam(step="p -= lr * m_hat / (v_hat + eps)")),
    (
        "4.2",
        "β₁ and β₂ exchanged",
        "changed places",
        adam().replace("beta1", "beta0").replace("beta2", "beta1").replace("beta0", "beta2"),
    ),
    ("4.2", "no (1 − β₁)", "(1 − β₁)", adam(m="m = beta1 * m + g")),
    ("4.2", "no (1 − β₂)", "(1 − β₂)", adam(v="v = beta2 * v + g * g")),
    ("4.2", "ε under the root", "outside of the square root", adam(step="p -= lr * m_hat / sqrt(v_hat + eps)")),
    (
        "4.2",
        "ε before the correction",
        "after the bias correction",
        adam(step="p -= lr * m_hat / ((sqrt(v) + eps) / std::sqrt(1 - power(options.beta2, t)))"),
    ),
    ("4.2", "climbing", "climbs", adam(step="p += lr * m_hat / (sqrt(v_hat) + eps)")),
    ("4.2", "adamw's decay in the gradient", "must not go through", adam(decay="g += decay * p")),
    (
        "4.2",
        "adamw's decay without η",
        "learning rate is missing",
        adam(decay="if (decoupled) p *= 1 - decay; else g += decay * p"),
    ),
    ("4.2", "no weight decay", "weight decay is missing", adam(decay="")),
    ("5.1", "the variance as spread", "square root", initializers(uniform="3 * v", normal_="v")),
    ("5.1", "the 3 forgotten", "3 is missing", initializers(uniform="std::sqrt(v)")),
    ("5.1", "the 3 for both", "needs no 3", initializers(normal_="std::sqrt(3 * v)")),
    ("5.1", "Xavier without fan_out", "fan_out is missing", initializers(xavier="1 / in")),
    ("5.1", "He's rule for Xavier", "this is He's", initializers(xavier="2 / ((1 + alpha * alpha) * in)")),
    ("5.1", "Xavier without the 2", "2 is missing", initializers(xavier="1 / (in + out)")),
    ("5.1", "He with fan_out", "not fan_out", initializers(he="2 / ((1 + alpha * alpha) * out)")),
    ("5.1", "Xavier's rule for He", "this is Xavier's", initializers(he="2 / (in + out)")),
    ("5.1", "no α", "lacks α", initializers(he="2 / in")),
    ("5.1", "α not squared", "α must be squared", initializers(he="2 / ((1 + alpha) * in)")),
    ("5.1", "He without the 2", "stops half", initializers(he="1 / ((1 + alpha * alpha) * in)")),
    ("5.1", "uniform and normal exchanged", "changed places", initializers(shapes=("normal", "uniform"))),
    ("6.1", "a one-sided difference", "one-sided", difference("(at(h) - at(0)) / h")),
    ("6.1", "a backward difference", "one-sided", difference("(at(0) - at(-h)) / h")),
    ("6.1", "divided by h", "2h apart", difference("(at(h) - at(-h)) / h")),
    ("6.1", "the sign turned", "wrong sign", difference("(at(-h) - at(h)) / (2 * h)")),
    ("6.1", "not divided by h", "division by h", difference("(at(h) - at(-h)) / 2")),
    ("6.1", "the absolute value", "has a sign", difference("std::abs(at(h) - at(-h)) / (2 * h)")),
    ("6.1", "h = 0.01", "too large", difference("(at(0.01) - at(-0.01)) / 0.02")),
    (
        "6.1",
        "p moved on",
        "moved on",
        difference(
            "[&] { const double up = at(h); return up - at(-h); }() / (2 * h)",
            at="p += static_cast<real>(offset); const double L = value();",
        ),
    ),
    ("6.1", "8 and +1", "is subtracted", difference("(8 * (at(h) - at(-h)) + at(2 * h) - at(-2 * h)) / (12 * h)")),
    ("6.1", "kinks ignored", "unnoticed", difference(look="")),
    ("6.1", "h = 1e-13", "too small", difference("(at(1e-13) - at(-1e-13)) / 2e-13")),
]


EDITIONS = {edition.LANGUAGE: edition for edition in (bench, numpy_bench)}


def graded(language, task, code):
    """(points, messages on the public inputs)"""
    edition = EDITIONS[language]
    region = next(r for r in edition.regions() if r.task == task)
    public, hidden = (tasks.solved(task, seed, edition.LANGUAGE) for seed in ("public", "hidden"))
    text = edition.original(region.path) if code is None else edition.text_with(region, code.split("\n"))
    answers = edition.answers_of(region.path, text, public, hidden)
    return judge.judged(public + hidden, sum(answers, [])).points, judge.judged(public, answers[0]).messages


def prove(edition, right, wrong, stubs, only):
    """Prints who is caught and who is told why. Whether that is enough."""
    edition.prepare()
    jobs = [] if only else [(task, None) for task in tasks.TASKS] + right + stubs
    wrong = [w for w in wrong if not only or w[0] in only]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        tried = [*jobs, *((task, code) for task, _, _, code in wrong)]
        results = list(pool.map(graded, *zip(*((edition.LANGUAGE, task, code) for task, code in tried))))
    controls, results = results[: len(jobs)], results[len(jobs) :]
    caught = named = 0
    print("task  points  caught  named  misconception")
    for (task, what, words, _), (points, messages) in zip(wrong, results):
        is_caught = points < 100
        is_named = bool(words) and any(words in message for message in messages)
        caught += is_caught
        named += is_named
        print(f"{task:4}  {points:6.1f}  {'yes' if is_caught else 'NO ':6}  {'yes' if is_named else 'NO ':5}  {what}")
        if not is_named:
            for message in messages:
                print(f"        {message}")
    print(f"{edition.LANGUAGE}: {len(wrong)} wrong solutions: {caught / len(wrong):.1%} caught, {named / len(wrong):.1%} named")
    ok = caught >= 0.95 * len(wrong) and named >= 0.85 * len(wrong)
    n, m = len(tasks.TASKS), len(right)
    for name, begin, end, want in (
        ("reference", 0, n, 100),
        ("right, written another way", n, n + m, 100),
        ("bare handout", n + m, n + m + n, 0),
    ):
        part = controls[begin:end]
        if not part:
            continue
        fits = [points for points, _ in part]
        print(f"{name}: {min(fits):g} to {max(fits):g} % a task, {want} wanted")
        ok = ok and set(fits) == {want}
        for (task, _), (points, messages) in zip(jobs[begin:end], part):
            if points != want:
                print(f"  {task} {points:g} {messages}")
    return ok


def main():
    only = sys.argv[1:]
    editions = [edition for edition in EDITIONS if edition in only] or list(EDITIONS)
    only = [task for task in only if task not in editions]
    ok = True
    if "c++" in editions:
        stubs = [(task, t.stub.strip("\n")) for task, t in tasks.TASKS.items()]
        ok = prove(bench, RIGHT, WRONG, stubs, only)
    if "python" in editions:
        stubs = [(region.task, numpy_bench.stub(region)) for region in numpy_bench.regions()]
        ok = prove(numpy_bench, numpy_misconceptions.RIGHT, numpy_misconceptions.WRONG, stubs, only) and ok
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
