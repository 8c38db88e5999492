#!/usr/bin/env python3
"""Kills training runs that write a checkpoint after every epoch, at random moments with SIGKILL, and continues with --resume.

Each of RUNS runs is killed again and again and must end with the same bytes as the run that nobody disturbed; after each
kill every file that stands under its final name must be whole. Prints how many kills hit before the end and how many in
the middle of writing a checkpoint.

    python3 tests/kill.py build/primer [--kills 200] [--runs 10] [--seconds 20] [--seed 1]
"""
import argparse
import json
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

CONFIG = """
[data]
generator = "spirals"
points = 400
noise = 0.2
test_fraction = 0.2
validation_fraction = 0.2
[[layer]]
units = 192
repeat = 2
activation = "tanh"
[[layer]]
activation = "softmax"
[train]
loss = "cross_entropy"
optimizer = "adam"
learning_rate = 0.001
early_stopping = 1000000
checkpoint_every = 1
"""
SAME = ["config.toml", "model.safetensors", "checkpoint.safetensors", "history.csv", "flow.csv", "frames.safetensors",
        "report.html"]


def unnamed(path):
    """The bytes of a file; of a report without its name, which is that of its folder."""
    return re.sub(rb"<title>.*?</title>|<h1>.*?</h1>", b"", path.read_bytes())


def command(binary, folder, name, epochs, *more):
    return [binary, "train", str(folder / "c.toml"), "--quiet", "--set", f"train.epochs={epochs}", "--out",
            str(folder / name), *more]


def finish(words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}\nended with {done.returncode}: {done.stderr}")


def check_whole(path):
    """A safetensors file whose tensors fill it exactly."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    tensors = json.loads(data[8:8 + size])
    end = max(t["data_offsets"][1] for name, t in tensors.items() if name != "__metadata__")
    if len(data) != 8 + size + end:
        sys.exit(f"{path} is not whole: {len(data)} bytes instead of {8 + size + end}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    binary = str(asked.binary.resolve())
    moments = random.Random(asked.seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="primer-kill-"))
    (folder / "c.toml").write_text(CONFIG)

    start = time.monotonic()
    finish(command(binary, folder, "whole", 40))
    epochs = int(40 * 1.5 * asked.seconds / (time.monotonic() - start))
    start = time.monotonic()
    finish(command(binary, folder, "whole", epochs, "--replace"))
    seconds = time.monotonic() - start
    print(f"undisturbed: {epochs} epochs in {seconds:.1f} s", flush=True)
    if seconds < asked.seconds:
        sys.exit(f"that is less than {asked.seconds} s; try again on a quieter machine")

    kills = before_end = in_checkpoint = no_checkpoint = 0
    for run in range(asked.runs):
        shutil.rmtree(folder / "killed", ignore_errors=True)
        started = False
        for _ in range(asked.kills // asked.runs):
            more = ["--resume"] if started else []
            process = subprocess.Popen(command(binary, folder, "killed", epochs, *more), stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, text=True)
            time.sleep(moments.uniform(0, 1.7 * seconds * asked.runs / asked.kills))
            ended = process.poll()
            if ended not in (None, 0):
                sys.exit(f"run {run}: ended with {ended}: {process.stderr.read()}")
            process.kill()
            process.wait()
            kills += 1
            before_end += ended is None
            in_checkpoint += any((folder / "killed").glob("checkpoint.safetensors.*.tmp"))
            for name in ["checkpoint.safetensors", "frames.safetensors", "model.safetensors"]:
                if (folder / "killed" / name).exists():
                    check_whole(folder / "killed" / name)
            started = (folder / "killed" / "checkpoint.safetensors").exists()
            no_checkpoint += not started
        finish(command(binary, folder, "killed", epochs, *(["--resume"] if started else [])))
        for name in SAME:
            if unnamed(folder / "whole" / name) != unnamed(folder / "killed" / name):
                sys.exit(f"run {run}: {name} differs from the undisturbed run's; both are in {folder}")
        left = sorted(p.name for p in (folder / "killed").iterdir() if p.name not in SAME)
        if left:
            sys.exit(f"run {run}: left behind: {left}")
        print(f"run {run + 1}: the same bytes; {kills} kills so far, {before_end} before the end, {in_checkpoint} within "
              f"a checkpoint write, {no_checkpoint} before the first checkpoint", flush=True)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
