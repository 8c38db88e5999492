"""Compares the raw answers of a solution with the right answers, and explains what is wrong: the numbers, the formula,
and the misconception where the answers are those that a known one leads to.
"""

import math
from typing import NamedTuple

MOST_ROWS = 1000


def encoded(solved):
    """The cases as the program `answers` reads them."""
    lines = []
    for case in solved:
        words = [case["kind"], str(len(case["arguments"]))]
        for m in case["arguments"]:
            words += [str(len(m)), str(len(m[0])), *(repr(v) for row in m for v in row)]
        lines.append(" ".join(words))
    return "\n".join(lines) + "\n"


def matrices(words):
    result = []
    while words:
        rows, cols = int(words[0]), int(words[1])
        numbers = [float(w) for w in words[2 : 2 + rows * cols]]
        if not 0 <= rows <= MOST_ROWS or cols < 0 or len(numbers) != rows * cols:
            raise ValueError
        result.append([numbers[i * cols : (i + 1) * cols] for i in range(rows)])
        words = words[2 + rows * cols :]
    return result


def decoded(output, count, ending):
    """One answer for each case: its matrices, or a text that says why there are none. `ending` says how the program ended."""
    answers = []
    for line in output.split("\n")[:-1]:
        try:
            if line.startswith("threw "):
                answers.append(line[len("threw ") :][:300])
            elif line.startswith("ok "):
                answers.append(matrices(line.split(" ")[1:]))
            else:
                raise ValueError
        except (ValueError, IndexError):
            return ["the output is not the answer to what was asked: does your code print?"] * count
    if len(answers) > count:
        return ["there is more output than was asked for: does your code print?"] * count
    return answers + [f"no answer: the program {ending}"] * (count - len(answers))


def close(got, want, rtol, atol=0.0):
    return got == want or (math.isnan(got) and math.isnan(want)) or abs(got - want) <= atol + rtol * abs(want)


def same_shape(a, b):
    return len(a) == len(b) and all(len(x) == len(y) for x, y in zip(a, b))


def scale(m):
    return max([abs(v) for row in m for v in row if math.isfinite(v)], default=0.0)


def first_difference(got, want, rtol):
    """The first wrong entry. Terms of sums cancel, so the tolerance depends on the whole matrix, except for tanh of large |z|."""
    for i, row in enumerate(want):
        for j, v in enumerate(row):
            if not close(got[i][j], v, rtol, 0.0 if abs(v) < 1e-12 and v != 0 else 1e-13 * scale(want)):
                return i, j
    return None


def looks_like(got, wrong, right, rtol):
    """Whether an answer equals the prediction of a misconception, apart from rounding."""
    if wrong is None:
        return True
    limit = 1e-8 * scale(right) + 1e-12
    return same_shape(got, wrong) and all(
        close(g, w, max(1e-7, 3 * rtol), limit) for r, s in zip(got, wrong) for g, w in zip(r, s)
    )


def spoken(x, y):
    """Two numbers, with as many digits as are needed to tell them apart."""
    for digits in (4, 7, 10, 17):
        if f"{x:.{digits}g}" != f"{y:.{digits}g}":
            break
    return f"{x:.{digits}g}", f"{y:.{digits}g}"


def hint_for(quantity, failures, solved):
    """The hint of the first misconception that explains every failure. `failures` are (index of the case, answer)."""
    for w, (name, hint, _) in enumerate(solved[0]["wrong"]):
        if name != quantity:
            continue
        telling = False
        for i, got in failures:
            wrong = solved[i]["wrong"][w][2]
            right = next(values for q, _, values, _ in solved[i]["right"] if q == quantity)
            if not looks_like(got, wrong, right, solved[i]["rtol"]):
                break
            telling = telling or wrong is not None
        else:
            if telling:
                return hint
    return ""


class Judgement(NamedTuple):
    points: float  # out of 100
    messages: list
    hints: list  # the misconceptions that explain a wrong quantity


def judged(solved, answers, right_values=True):
    """The points of an aspect are split among its quantities; each gets all or nothing. Without right_values the messages
    keep the right numbers to themselves."""
    failures, broken, messages, hints = {}, {}, [], []
    for i, (case, answer) in enumerate(zip(solved, answers)):
        if isinstance(answer, str) or len(answer) < len(case["right"]):
            text = answer if isinstance(answer, str) else "some answers are missing"
            broken.setdefault(text, i)
            for quantity, *_ in case["right"]:
                failures.setdefault((case["aspect"], quantity), [])
            continue
        for (quantity, formula, right, places), got in zip(case["right"], answer):
            if not same_shape(got, right):
                broken.setdefault(
                    f"{quantity} is {len(got)} × {len(got[0]) if got else 0}, and {formula} is {len(right)} × {len(right[0])}",
                    i,
                )
                failures.setdefault((case["aspect"], quantity), [])
                continue
            at = first_difference(got, right, case["rtol"])
            if at:
                failures.setdefault((case["aspect"], quantity), []).append((i, got, at))
    misfits = [text for text in broken if "×" in text]  # the first one tells as much as all of them
    for text, i in broken.items():
        if text not in misfits:
            messages.append(text)
        elif text == misfits[0]:
            messages.append(text + (f": {solved[i]['on_throw']}" if solved[i]["on_throw"] else ""))
            hints += [solved[i]["on_throw"]] if solved[i]["on_throw"] else []
    for quantity in dict.fromkeys(q for _, q in failures):
        wrong = [f for (_, q), list_of in failures.items() if q == quantity for f in list_of]
        if not wrong:
            continue
        i, got, (row, col) = wrong[0]
        _, formula, right, places = next(r for r in solved[i]["right"] if r[0] == quantity)
        is_, gives = spoken(got[row][col], right[row][col])
        hint = hint_for(quantity, [(i, got) for i, got, _ in wrong], solved)
        hints += [hint] if hint and hint not in hints else []
        should_be = f"; {formula} gives {gives}" if right_values else f", which is not {formula.rstrip(',')}"
        messages.append(f"your {quantity} at {places[row][col]} is {is_}{should_be}" + (f": {hint}" if hint else ""))
    shares = {case["aspect"]: (case["share"], [q for q, *_ in case["right"]]) for case in solved}
    points = sum(share / len(qs) for aspect, (share, qs) in shares.items() for q in qs if (aspect, q) not in failures)
    return Judgement(points, messages, hints)
