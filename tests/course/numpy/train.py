"""Trains a small network on XOR with the functions of backprop.py, and shows how the gradient flows. Run it with python3 train.py. It
also writes the arrays of its first pass to first_pass.npz, which `primer verify` compares with primer's.
"""

import numpy as np

import backprop as own

X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
Y = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])  # one column for each class


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def first_weights(outputs, inputs, generator):
    shape, spread = own.initial_spread("xavier_uniform", inputs, outputs, 0.0)
    return generator.uniform(-spread, spread, (outputs, inputs))


def one_pass(x, y, layers):
    """Every quantity of a forward and a backward pass, under the names that primer uses. layers: (W, b) of each, tanh and softmax."""
    t = {"y": y}
    for l, (W, b) in enumerate(layers, 1):
        last = l == len(layers)
        t[f"{l}.x"] = x
        t[f"{l}.z"] = own.dense_forward(x, W, b)
        t[f"{l}.a"] = x = softmax(t[f"{l}.z"]) if last else own.tanh(t[f"{l}.z"])
        t[f"{l}.slope"] = x * (1 - x) if last else own.tanh_derivative(t[f"{l}.z"])
    t["loss"] = own.cross_entropy(t[f"{len(layers)}.z"], y)
    for l in range(len(layers), 0, -1):
        if l == len(layers):
            t[f"{l}.dL_dz"] = own.cross_entropy_gradient(t[f"{l}.a"], y)
        else:
            t[f"{l}.dL_da"] = t[f"{l + 1}.dL_dx"]
            t[f"{l}.dL_dz"] = own.through_activation(t[f"{l}.dL_da"], t[f"{l}.slope"])
        gradients = own.dense_backward(t[f"{l}.x"], layers[l - 1][0], t[f"{l}.dL_dz"])
        t[f"{l}.dL_dW"], t[f"{l}.dL_db"], t[f"{l}.dL_dx"] = gradients
    return t


def main():
    generator = np.random.default_rng(1)
    layers = [[first_weights(8, 2, generator), np.zeros(8)], [first_weights(2, 8, generator), np.zeros(2)]]
    np.savez("first_pass.npz", **one_pass(X, Y, layers))
    moments = [[np.zeros_like(p) for p in layer] for layer in layers]
    for epoch in range(501):
        t = one_pass(X, Y, layers)
        if epoch % 100 == 0:
            flow = "  ".join(f"‖∂L/∂z‖ of layer {l} {np.linalg.norm(t[f'{l}.dL_dz']):.3g}" for l in (1, 2))
            print(f"epoch {epoch:3d}  loss {float(t['loss']):.4f}  {flow}")
        for l, layer in enumerate(layers):
            for i, name in enumerate(("dL_dW", "dL_db")):
                step = own.sgd_step(layer[i], t[f"{l + 1}.{name}"], moments[l][i], 0.3, 0.9, False, 0.0)
                layer[i], moments[l][i] = step


if __name__ == "__main__":
    try:
        main()
    except own.NeedsTask as gap:
        print(f"this is as far as it goes: {gap}")
