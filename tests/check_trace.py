"""Compares a trace with the formulas of backpropagation in NumPy: the ⊙ line to the last bit, matrix identities to 1e-12,
the output layer of a canonical pair to 1e-15. Usage: check_trace.py TRACE MODEL SIGMA[,SIGMA...] LOSS"""
import json
import sys

import numpy as np


def load(path):
    with open(path, "rb") as file:
        raw = file.read()
    n = 8 + int.from_bytes(raw[:8], "little")
    return {name: np.frombuffer(raw[n:], {"F64": "<f8", "F32": "<f4"}[t["dtype"]], int(np.prod(t["shape"])),
                                t["data_offsets"][0]).reshape(t["shape"]).astype("f8")
            for name, t in json.loads(raw[8:n]).items() if name != "__metadata__"}


trace, model, sigmas, loss = load(sys.argv[1]), load(sys.argv[2]), sys.argv[3].split(","), sys.argv[4]
pairs = {("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")}
wrong = []


def close(what, got, want, tolerance):
    scale = max(np.abs(want).max(), np.abs(got).max(), 1e-300)
    if got.shape != want.shape or np.abs(got - want).max() > tolerance * scale:
        wrong.append(f"{what}: off by {np.abs(got - want).max()} of {scale}")


def same(what, got, want):
    if got.shape != want.shape or not (got == want).all():
        wrong.append(f"{what}: not the same bits")


for l, sigma in enumerate(sigmas, 1):
    def q(name, l=l):
        return trace.get(f"{l}.{name}")

    W, b = model[f"layers.{l}.weight"], model[f"layers.{l}.bias"]
    normalised = q("u") is not None
    u, dL_du = (q("u"), q("dL_du")) if normalised else (q("z"), q("dL_dz"))
    close(f"{l}: u = x W^T + b", u, q("x") @ W.T + b, 1e-12)
    close(f"{l}: dL_dW = dL_du^T x", q("dL_dW"), dL_du.T @ q("x"), 1e-12)
    close(f"{l}: dL_db", q("dL_db") + 1, dL_du.sum(0) + 1, 1e-12)  # before batch_norm it is 0, apart from rounding
    skip = q("dL_da") if q("s") is not None else 0
    close(f"{l}: dL_dx = dL_du W", q("dL_dx"), dL_du @ W + skip, 1e-12)
    if normalised:
        u_hat = (u - u.mean(0)) / np.sqrt(u.var(0) + 1e-5)
        close(f"{l}: z = gamma u^ + beta", q("z"), model[f"layers.{l}.gamma"] * u_hat + model[f"layers.{l}.beta"], 1e-12)
        close(f"{l}: dL_dgamma", q("dL_dgamma"), (q("dL_dz") * u_hat).sum(0), 1e-12)
        close(f"{l}: dL_dbeta", q("dL_dbeta"), q("dL_dz").sum(0), 1e-12)
    if q("s") is not None:
        same(f"{l}: a = mask s + x", q("a"), (q("mask") if q("mask") is not None else 1) * q("s") + q("x"))
    dL_ds = q("dL_da") if q("mask") is None else q("mask") * q("dL_da")
    if l == len(sigmas) and (sigma, loss) in pairs:
        count = trace["y"].shape[0] * (trace["y"].shape[1] if sigma == "sigmoid" else 1)
        close(f"{l}: dL_dz = (a - y)/n", q("dL_dz"), (q("a") - trace["y"]) / count, 1e-15)
    elif sigma == "softmax":
        a = q("a") if q("s") is None else q("s")
        close(f"{l}: softmax's Jacobian", q("dL_dz"), a * (dL_ds - (dL_ds * a).sum(1, keepdims=True)), 1e-12)
    else:
        same(f"{l}: dL_dz = dL_da * slope", q("dL_dz"), dL_ds * q("slope"))
    if sigma.startswith("prelu"):
        close(f"{l}: dL_dalpha", q("dL_dalpha"), np.array([(dL_ds * np.minimum(q("z"), 0)).sum()]), 1e-12)
    if l > 1:
        same(f"{l}: x is a of the layer below", q("x"), trace[f"{l - 1}.a"])
        same(f"{l}: dL_dx is dL_da of the layer below", q("dL_dx"), trace[f"{l - 1}.dL_da"])
if trace["loss"].shape != (1,) or not np.isfinite(trace["loss"][0]):
    wrong.append("loss")
print("\n".join(wrong) or f"{len(sigmas)} layers hold")
sys.exit(1 if wrong else 0)
