"""Backpropagation in NumPy: the formulas of a multilayer perceptron, each a function of arrays.

A row is a sample: x is batch × inputs, z, a and all gradients with respect to them are batch × units, W is units × inputs, b has
an entry for each unit. Every function returns new arrays and leaves its arguments as they are.
"""

import numpy as np


class NeedsTask(Exception):
    """Stands where a task is to be solved."""

    def __init__(self, task):
        super().__init__(f"needs task {task}")


# task 1.1 (15 points): tanh and its derivative
def tanh(z):
    """a = tanh(z) = (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ), without np.tanh. eᶻ overflows at z = 710, so express it in e = e^(−2|z|), which
    cannot overflow: tanh |z| = (1 − e)/(1 + e). np.sign or np.copysign puts the sign of z back.
    """
    e = np.exp(-2 * np.abs(z))
    return np.copysign((1 - e) / (1 + e), z)


def tanh_derivative(z):
    """tanh′(z) = 1 − a² as a function of z, not of a. 1 − a² rounds to 0 from |z| = 19 on, where the derivative is small but not 0:
    find its form in e = e^(−2|z|).
    """
    e = np.exp(-2 * np.abs(z))
    return 4 * e / (1 + e) ** 2
# end of task 1.1


# task 1.2 (5 points): the gradient through an elementwise σ
def through_activation(dL_da, derivative):
    """∂L/∂z = ∂L/∂a ⊙ σ′(z). `derivative` is σ′(z); ⊙ is the product entry by entry."""
    return dL_da * derivative
# end of task 1.2


# task 1.3 (10 points): the vector–Jacobian product of softmax
def softmax_backward(a, dL_da):
    """∂L/∂z of aⱼ = exp zⱼ / Σₖ exp zₖ, which couples the units of a row: ∂aₖ/∂zⱼ = aₖ (δⱼₖ − aⱼ). With g = ∂L/∂a the product
    Σₖ gₖ ∂aₖ/∂zⱼ is aⱼ (gⱼ − Σₖ gₖ aₖ), row by row. Derive it, then write it; no K × K matrix is needed.
    """
    return a * (dL_da - (dL_da * a).sum(axis=1, keepdims=True))
# end of task 1.3


# task 2.1 (10 points): the forward pass of the dense layer
def dense_forward(x, W, b):
    """z = x Wᵀ + b: zᵢⱼ = bⱼ + Σₖ xᵢₖ Wⱼₖ."""
    return x @ W.T + b
# end of task 2.1


# task 2.2 (15 points): the dense layer's three gradients
def dense_backward(x, W, dL_dz):
    """∂L/∂W = δᵀ x, ∂L/∂b = Σᵢ δᵢ over the samples, ∂L/∂x = δ W, with δ = ∂L/∂z. Returns dL_dW, dL_db, dL_dx, which have the shapes
    of W, b and x.
    """
    return dL_dz.T @ x, dL_dz.sum(axis=0), dL_dz @ W
# end of task 2.2


def smooth(y, smoothing):
    """The targets t with label smoothing ε: (1 − ε) y + ε/K."""
    return (1 - smoothing) * y + smoothing / y.shape[1]


# task 3.1 (15 points): cross-entropy of softmax, from the logits
def cross_entropy(z, y, smoothing=0.0):
    """L = −(1/N) Σᵢ Σₖ tᵢₖ ln aᵢₖ with a = softmax(z) and t = smooth(y, smoothing), the mean over the N samples. ln of an a that has
    underflowed is −∞, so compute from the logits: −ln aₖ = ln Σⱼ exp zⱼ − zₖ, and the logarithm of the sum is
    m + ln Σⱼ exp(zⱼ − m) with m = maxⱼ zⱼ.
    """
    m = z.max(axis=1, keepdims=True)
    log_sum = m + np.log(np.exp(z - m).sum(axis=1, keepdims=True))
    return (smooth(y, smoothing) * (log_sum - z)).sum() / len(z)


def cross_entropy_gradient(a, y, smoothing=0.0):
    """∂L/∂z of softmax and cross-entropy together, (a − t)/N with t = smooth(y, smoothing)."""
    return (a - smooth(y, smoothing)) / len(a)
# end of task 3.1


# task 4.1 (5 points): stochastic gradient descent with momentum
def sgd_step(p, g, m, lr, mu, nesterov, decay):
    """Returns the new p and the new m. Weight decay λ (`decay`) comes first: g ← g + λ p. Then, with momentum μ (`mu`), m ← μ m + g and
    p ← p − η m, where η is `lr`; with `nesterov` p ← p − η (g + μ m). These are PyTorch's definitions: η stays outside of m. m
    starts at 0.
    """
    g = g + decay * p
    m = mu * m + g
    return p - lr * (g + mu * m if nesterov else m), m
# end of task 4.1


# task 4.2 (10 points): Adam and AdamW
def adam_step(p, g, m, v, t, lr, beta1, beta2, eps, decay, decoupled):
    """Returns the new p, m and v: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ),
    p ← p − η m̂/(√v̂ + ε). m and v start at 0, t counts the steps from 1. Weight decay λ (`decay`): Adam adds λ p to g first;
    AdamW, where `decoupled` is true, leaves g alone and shrinks p to (1 − η λ) p.
    """
    if decoupled:
        p = p * (1 - lr * decay)
    else:
        g = g + decay * p
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return p - lr * m_hat / (np.sqrt(v_hat) + eps), m, v
# end of task 4.2


# task 5.1 (5 points): Xavier's and He's initialisation
def initial_spread(name, fan_in, fan_out, alpha):
    """("uniform", l) for U(−l, l), which has variance l²/3, or ("normal", s) for N(0, s²). `name` is xavier_uniform or xavier_normal,
    with variance 2/(fan_in + fan_out), or he_uniform or he_normal, with variance 2/((1 + α²) fan_in).
    """
    variance = 2 / (fan_in + fan_out) if name.startswith("xavier") else 2 / ((1 + alpha**2) * fan_in)
    return ("uniform", np.sqrt(3 * variance)) if name.endswith("uniform") else ("normal", np.sqrt(variance))
# end of task 5.1


# task 6.1 (10 points): the numeric gradient
def numeric_derivative(loss, p, h):
    """The derivative of the loss at the number p without its formula, by central differences: (L(p + h) − L(p − h)) / 2h, or with five
    points and a smaller error (8 (L(p + h) − L(p − h)) − (L(p + 2h) − L(p − 2h))) / 12h. loss(p) returns L and `sides`: on which side
    of each kink of σ and of the loss the numbers lie. If `sides` differs from that of loss(p) at any of the points, there is a
    kink between them and the difference is meaningless: return None.
    """
    here = loss(p)[1]
    points = [loss(p + offset) for offset in (h, -h, 2 * h, -2 * h)]
    if any(sides != here for _, sides in points):
        return None
    L = [value for value, _ in points]
    return (8 * (L[0] - L[1]) - (L[2] - L[3])) / (12 * h)
# end of task 6.1
