#!/usr/bin/env python3
"""Breaks the maths in many small ways, one at a time, and sees the tests of core and training notice each.

A fault is a text that stands once in a source file and what it becomes; a text that is no longer there fails at once.
Prints a table and exits with 1 if the tests pass with any of them. Usage: tests/mutations.py [WORD], faults whose title
contains WORD only."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build-mutants"
COMPILER = os.environ.get("CXX", "c++")
FLAGS = ["-std=c++20", "-O1", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-march=native", f"-I{ROOT}/include",
         f"-I{ROOT}/build/fetched", f'-DPRIMER_TEST_DATA="{ROOT}/tests"', f'-DPRIMER_SOURCE_DIR="{ROOT}"']
JOBS = min(2, os.cpu_count() or 1)

LOSS, ACTIVATION, DENSE, NETWORK = (f"core/{name}.cpp" for name in ("loss", "activation", "dense", "network"))
REGULARIZE, OPTIMIZER, INITIALIZER = (f"core/{name}.cpp" for name in ("regularize", "optimizer", "initializer"))
TRAINING, METRICS, FLOW, DATASET = (f"training/{name}.cpp" for name in ("training", "metrics", "flow", "dataset"))

# (title, file under src, text, what it becomes)
FAULTS = [
    ("mse without its factor 2", LOSS, "return 2 * (a - y);", "return a - y;"),
    ("mae with the sign of its slope flipped", LOSS, "a > y ? real(1) : a < y ? real(-1)", "a < y ? real(1) : a > y ? real(-1)"),
    ("mae with a slope at 0", LOSS, "a > y ? real(1) : a < y ? real(-1) : a - y", "a >= y ? real(1) : a < y ? real(-1) : a - y"),
    ("huber without its clamp", LOSS, "std::clamp(a - y, -delta, delta)", "a - y"),
    ("huber that jumps at delta", LOSS, "delta * (d - delta / 2)", "delta * d"),
    ("binary cross-entropy's gradient as a mean over rows", LOSS,
     "(a.data()[i] - smooth(y.data()[i])) / count(a)", "(a.data()[i] - smooth(y.data()[i])) / rows(a)"),
    ("cross-entropy's gradient as a mean over elements", LOSS,
     "(a.data()[i] - smooth(y.data()[i], y)) / rows(a)", "(a.data()[i] - smooth(y.data()[i], y)) / count(a)"),
    ("label smoothing forgotten in the gradient", LOSS,
     "(a.data()[i] - smooth(y.data()[i], y)) / rows(a)", "(a.data()[i] - y.data()[i]) / rows(a)"),
    ("label smoothing towards 1", LOSS, "smoothing_ / 2;", "smoothing_;"),
    ("log-sum-exp without its maximum", LOSS, "shifted_(k, i) -= top[i];", "shifted_(k, i) -= 0 * top[i];"),
    ("softplus that loses the digits of a right answer", LOSS, "softplus(-std::abs(z_i)) + (std::max(z_i, real(0))",
     "(softplus(z_i)"),
    ("0 log 0 as not-a-number", LOSS, "return p == 0 ? real(0) : p * log(q);", "return p * log(q);"),
    ("missing sigma prime", ACTIVATION, "dL_dz.data()[i] = dL_da.data()[i] * derivative.data()[i];",
     "dL_dz.data()[i] = dL_da.data()[i] + 0 * derivative.data()[i];"),
    ("sigmoid's slope from a", ACTIVATION, "return sigmoid_derivative(z); }  //", "return sigmoid(z) * (1 - sigmoid(z)); }  //"),
    ("tanh's slope from a", ACTIVATION, "return tanh_derivative(z);", "return 1 - tanh(z) * tanh(z);"),
    ("relu'(0) = 1", ACTIVATION, "z > 0 ? real(1) : z <= 0 ? real(0) : z;", "z >= 0 ? real(1) : z < 0 ? real(0) : z;"),
    ("leaky_relu as a maximum", ACTIVATION, "real leak() const { return alpha; }\n  real value(real z) const { return z > 0 ? z : alpha * z; }",
     "real leak() const { return alpha; }\n  real value(real z) const { return std::max(alpha * z, z * (z > 0)); }"),
    ("elu's slope without alpha", ACTIVATION, "z > 0 ? real(1) : alpha * exp(", "z > 0 ? real(1) : exp("),
    ("selu's slope without lambda", ACTIVATION, "return z > 0 ? lambda : lambda_alpha", "return z > 0 ? real(1) : lambda_alpha"),
    ("gelu's slope without its second term", ACTIVATION, "normal_cdf(z) + held(z, 40) * normal_pdf(z)", "normal_cdf(z)"),
    ("gelu_tanh's slope without its cubic term", ACTIVATION, "(1 + 3 * k * v * v)", "1"),
    ("silu's slope with a sign flipped", ACTIVATION, "sigmoid(z) + held(z, 800)", "sigmoid(z) - held(z, 800)"),
    ("prelu's alpha gradient from the wrong side", ACTIVATION, "return z.data()[i] > 0 ? real(0)", "return z.data()[i] < 0 ? real(0)"),
    ("prelu that forgets its learned alpha", ACTIVATION, "a.resize(z.rows(), z.cols());\n    const real alpha = alpha_(0, 0);",
     "a.resize(z.rows(), z.cols());\n    const real alpha = initial_alpha_;"),
    ("softmax by its diagonal only", ACTIVATION, "a(i, j) * (dL_da(i, j) - dot)", "a(i, j) * (1 - a(i, j)) * dL_da(i, j) + 0 * dot"),
    ("softmax without its maximum", ACTIVATION, "z_(k, i) -= highest[i];", "z_(k, i) -= 0 * highest[i];"),
    ("dL/dW without batch_norm's part", DENSE, "const Tensor& delta = dL_du();", "const Tensor& delta = dL_dz;"),
    ("W transposed", DENSE, "multiply(delta, transposed(Wt), dL_dx)", "multiply(delta, Wt, dL_dx)"),
    ("residual without the gradient of its shortcut", DENSE, "if (residual && wants_dL_dx) add(gradient, dL_dx);", ""),
    ("residual that forgets its input", DENSE, "add(*x, a);", ""),
    ("dropout without its mask on the way back", DENSE, "dropped_ ? dropout->dL_ds : gradient", "gradient"),
    ("dropout in evaluation", DENSE, "dropped_ = training && dropout;", "dropped_ = dropout != nullptr; (void)training;"),
    ("biased running variance", REGULARIZE, "momentum * var_(0, j) * unbiased", "momentum * var_(0, j) + 0 * unbiased"),
    ("batch_norm's epsilon outside the root", REGULARIZE, "1 / sqrt(var(0, j) + eps)", "1 / (sqrt(var(0, j)) + eps)"),
    ("running mean with momentum the wrong way round", REGULARIZE,
     "(1 - momentum) * running_mean(0, j) + momentum * mean_(0, j)", "momentum * running_mean(0, j) + (1 - momentum) * mean_(0, j)"),
    ("evaluation with the batch's own mean", REGULARIZE, "training ? mean_ : running_mean", "mean_"),
    ("batch_norm's gradient through neither mean nor variance", REGULARIZE, "training_ ? 1 / static_cast<real>(N) : real(0)", "real(0)"),
    ("batch_norm's gradient off by one in its mean", REGULARIZE, "training_ ? 1 / static_cast<real>(N)", "training_ ? 1 / static_cast<real>(N - 1)"),
    ("dropout without its scale", REGULARIZE, "const real kept = 1 / (1 - p);", "const real kept = 1;"),
    ("a stale dropout mask", REGULARIZE, "Stream::dropout, step)", "Stream::dropout, step * 0)"),
    ("one dropout mask for all layers", REGULARIZE, "(layer << 32)", "(layer >> 32)"),
    ("adam's epsilon inside the root", OPTIMIZER, "(sqrt(v[i]) * root + eps)", "sqrt(v[i] * root * root + eps)"),
    ("adam's bias correction per tensor", OPTIMIZER, "    update(parameters[i],", "    ++state.steps;\n    update(parameters[i],"),
    ("adam without bias correction", OPTIMIZER, "const double correction1 = 1 - power(options_.beta1, state.steps);", "const double correction1 = 1;"),
    ("adamw's decay as part of the gradient", OPTIMIZER, "rule_ == Rule::adamw ? real(0) : decay", "decay"),
    ("nesterov as plain momentum", OPTIMIZER, "nesterov ? g_i + mu * m[i] : m[i]", "nesterov ? m[i] : m[i]"),
    ("momentum with dampening", OPTIMIZER, "mu * m[i] + g_i;", "mu * m[i] + (1 - mu) * g_i;"),
    ("rmsprop that forgets to square", OPTIMIZER, "rho * v[i] + (1 - rho) * g_i * g_i", "rho * v[i] + (1 - rho) * g_i"),
    ("adagrad that forgets the past", OPTIMIZER, "v[i] += g_i * g_i;", "v[i] = g_i * g_i;"),
    ("weight decay with its sign flipped", OPTIMIZER, "gradient[i] + decay * p[i]", "gradient[i] - decay * p[i]"),
    ("clipping without PyTorch's 1e-6", OPTIMIZER, "max_norm / (norm + real(1e-6))", "max_norm / norm"),
    ("clipping by the last tensor's norm", OPTIMIZER, "squares += sum_of_squares", "squares = sum_of_squares"),
    ("warm-up off by one step", OPTIMIZER, "std::min(time / o.schedule_total_iters, 1.0)", "std::min((time + 1) / o.schedule_total_iters, 1.0)"),
    ("cosine without its floor", OPTIMIZER, "o.schedule_eta_min + (learning_rate", "(learning_rate"),
    ("every layer with the weights of the first", NETWORK, "Random(seed, Stream::initialization, l)", "Random(seed, Stream::initialization, 1 + 0 * l)"),
    ("the loss of a canonical pair from probabilities", NETWORK, "canonical(loss) ? loss.value_from_logits(output.z, y) : loss.value(output.a, y)", "loss.value(output.a, y)"),
    ("auto that ignores the leak", NETWORK, "static_cast<double>(sigma.leak())", "0 * static_cast<double>(sigma.leak())"),
    ("He by fan_out", INITIALIZER, "std::sqrt(6 / ((1 + alpha * alpha) * in))", "std::sqrt(6 / ((1 + alpha * alpha) * out))"),
    ("Xavier by fan_in alone", INITIALIZER, "std::sqrt(2 / (in + out))", "std::sqrt(1 / in)"),
    ("the epoch's loss as a mean over batches", TRAINING, "state.loss_sum += loss * static_cast<double>(batch_.size());", "state.loss_sum += loss * static_cast<double>(batch_size_);"),
    ("the same order in every epoch", TRAINING, "Random(seed, Stream::shuffling, epoch)", "Random(seed, Stream::shuffling, epoch * 0)"),
    ("a schedule that starts at its second step", TRAINING, "? step - 1 :", "? step :"),
    ("confusion matrix transposed", METRICS, "confusion(truth[i], prediction[i])", "confusion(prediction[i], truth[i])"),
    ("macro F1 over absent classes", METRICS, "occurring += truly + predicted > 0 ? 1 : 0;", "occurring += 1;"),
    ("R2 without the mean of y", METRICS, "static_cast<double>(y(i, k)) - mean", "static_cast<double>(y(i, k)) - 0 * mean"),
    ("saturated below a half", FLOW, "0.05 * largest_derivative", "0.5 * largest_derivative"),
    ("dead units counted as revived", FLOW, "layer.dead[j] != 0 && !now_dead", "layer.dead[j] != 0"),
    ("the update relative to the weights after it", FLOW, "add(1, before[i] * before[i]);", "add(1, W[i] * W[i]);"),
    ("unbiased standard deviation", DATASET, "std::sqrt(squares / n)", "std::sqrt(squares / (n - 1))"),
]


def compile_to(target, source, folder):
    return subprocess.run([COMPILER, *FLAGS, "-c", str(source), "-o", str(target)], cwd=folder, capture_output=True, text=True)


def passes(program):
    """What the tests of a program say: True, False, or None if they take too long."""
    try:
        return subprocess.run([program, "--abort-after=1"], capture_output=True, timeout=120).returncode == 0
    except subprocess.TimeoutExpired:
        return None


def build(sources):
    """Object files of all sources, as {source: object}."""
    objects = {source: WORK / (str(source.relative_to(ROOT)).replace("/", "_") + ".o") for source in sources}
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for source, result in zip(objects, pool.map(lambda s: compile_to(objects[s], s, ROOT), objects)):
            if result.returncode != 0:
                sys.exit(f"{source} does not compile:\n{result.stderr}")
    return objects


def link(objects, program):
    subprocess.run([COMPILER, *map(str, objects), "-o", str(program)], check=True)


def try_fault(number, fault, objects):
    title, file, text, instead = fault
    source = ROOT / "src" / file
    mutant = WORK / f"{number}.cpp"
    mutant.write_text(source.read_text().replace(text, instead))
    compiled = compile_to(WORK / f"{number}.o", mutant, source.parent)
    if compiled.returncode != 0:
        sys.exit(f"'{title}' does not compile:\n{compiled.stderr}")
    program = WORK / f"mutant-{number}"
    link([WORK / f"{number}.o" if s == source else o for s, o in objects.items()], program)
    passed = passes(program)
    program.unlink()
    return passed


def main():
    start = time.monotonic()
    faults = [f for f in FAULTS if len(sys.argv) < 2 or sys.argv[1] in f[0]]
    for title, file, text, _ in faults:
        count = (ROOT / "src" / file).read_text().count(text)
        if count != 1:
            sys.exit(f"'{title}': {text!r} stands {count} times in src/{file}, not once; bring tests/mutations.py up to date")
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    sources = [s for room in ("src/core", "src/training", "tests/core", "tests/training") for s in sorted((ROOT / room).glob("*.cpp"))]
    objects = build([*sources, ROOT / "tests/main.cpp"])
    link(objects.values(), WORK / "tests")
    if not passes(WORK / "tests"):
        sys.exit("the tests fail without any fault; mend them first")
    survivors = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        verdicts = pool.map(lambda job: try_fault(*job, objects), enumerate(faults))
        for (title, file, _, _), passed in zip(faults, verdicts):
            survivors += passed is True
            print(f"{'SURVIVED' if passed else 'killed' if passed is False else 'killed (time)'}  {file:22}  {title}", flush=True)
    print(f"{len(faults) - survivors} of {len(faults)} faults noticed in {time.monotonic() - start:.0f} s")
    sys.exit(1 if survivors else 0)


main()
