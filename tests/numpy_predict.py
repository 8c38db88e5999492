#!/usr/bin/env python3
"""Does the work of `primer predict` in NumPy alone, for networks of tanh, relu, sigmoid, softmax and identity.

    python3 tests/numpy_predict.py MODEL.safetensors DATA.csv

Prints a line of outputs for each row. test_model.cpp compares them with primer's.
"""
import csv
import json
import re
import sys

import numpy as np


def load(path):
    raw = open(path, "rb").read()
    n = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:n])
    metadata = header.pop("__metadata__")
    kind = {"F64": "<f8", "F32": "<f4"}
    return metadata, {name: np.frombuffer(raw[n:], kind[t["dtype"]], int(np.prod(t["shape"])),
                                          t["data_offsets"][0]).reshape(t["shape"]).astype(float)
                      for name, t in header.items()}


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


SIGMA = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
         "softmax": softmax, "identity": lambda z: z}

metadata, tensors = load(sys.argv[1])
rows = list(csv.DictReader(open(sys.argv[2], newline="", encoding="utf-8-sig"), skipinitialspace=True))
a = np.array([[float(row[column]) for column in json.loads(metadata["columns"])] for row in rows])
if "input.mean" in tensors:
    a = (a - tensors["input.mean"]) / tensors["input.std"]
for l, sigma in enumerate(re.findall(r'^activation = "(.*)"', metadata["config"], re.M), start=1):
    a = SIGMA[sigma](a @ tensors[f"layers.{l}.weight"].T + tensors[f"layers.{l}.bias"])
for row in a:
    print(",".join(repr(float(v)) for v in row))
