"""Finds every place in a C++ source where one token can be changed into a plausible fault, for tests/mutations.py.

It reads the code as clang-format leaves it: a binary operator has a space on each side, a template bracket has none."""
import dataclasses
import re

SWAPS = {"+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"],
         "<": ["<=", ">="], ">": [">=", "<="], "<=": ["<", ">"], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
         "&&": ["||"], "||": ["&&"], "+=": ["-=", "="], "-=": ["+=", "="], "*=": ["/="], "/=": ["*="], "|=": ["="],
         "min": ["max"], "max": ["min"], "true": ["false"], "false": ["true"], "break": ["continue"], "continue": ["break"],
         "i": ["j"], "j": ["i"], "rows": ["cols"], "cols": ["rows"], "!": [""]}

SWAPPED = [
    r"(?<=[\w)\]] )(?:[-+*/|]=|[-+*/%]|[<>=!]=|[<>]|&&|\|\|)(?=\s)",
    r"!(?=[\w(:*])",
    r"\b(?:min|max)(?=\(|_element\()",
    r"\b(?:true|false)\b",
    r"\b(?:break|continue)(?=;)",
    r"(?<=[\[(, ])[ij](?=[\]),])",
    r"(?<=\.)(?:rows|cols)(?=\(\))",
]
INTEGER = r"(?<![\w.'])(?<![eEpP][-+])(?:0x[\da-fA-F]+|\d[\d']*)(?=[uUlLzZ]*(?![\w.']))"
FLOATING = r"(?<![\w.'])(?:0x[\da-fA-F.]+[pP][-+]?\d+|(?:\d[\d']*\.\d*|\.\d+|\d[\d']*(?=[eE]))(?:[eE][-+]?\d+)?)(?![\w.'])"
STATEMENTS = [
    r"^ *(if \(.*\) (?:return\b.*|continue|break|throw .*);)$",
    r"^ *((?:return|continue|break);)$",
    r"^ *((?!return\b|if\b|for\b|while\b|switch\b|static_assert\b)[A-Za-z_][\w:.\[\]>-]*\(.*\);)$",
]


@dataclasses.dataclass(frozen=True)
class Fault:
    """In `file`, the text from `start` becomes `after`."""
    file: str
    start: int
    before: str
    after: str

    def apply(self, text):
        assert text[self.start:].startswith(self.before)
        return text[:self.start] + self.after + text[self.start + len(self.before):]

    def line(self, text):
        return text.count("\n", 0, self.start) + 1

    def lines(self, text):
        """The line of the fault as it is and as it becomes, without indentation."""
        at = self.line(text) - 1
        return text.split("\n")[at].strip(), self.apply(text).split("\n")[at].strip()


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def code_of(text):
    """The text with everything that is not code, or may not be changed, replaced by spaces."""
    not_code = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![\w])\'(?:\\.|[^\'\\\n])+\''
                          r'|^[ \t]*#(?:\\\n|[^\n])*', re.DOTALL | re.MULTILINE)
    code = not_code.sub(blank, text)
    return re.sub(r"static_assert\(.*?\);|template <[^;{]*?>(?=\s)", blank, code, flags=re.DOTALL)


def faults_in(file, text):
    """All faults of a file, as one list of alternatives for each place."""
    code = code_of(text)
    places = {}

    def add(start, before, afters):
        places.setdefault((start, before), []).extend(Fault(file, start, before, after) for after in afters)

    for pattern in SWAPPED:
        for m in re.finditer(pattern, code):
            if m[0] in "ij":
                around = code[max(0, m.start() - 400):m.end() + 400]
                if not re.search(rf"\b{SWAPS[m[0]][0]}\b", around):
                    continue
            add(m.start(), m[0], SWAPS[m[0]])
    for m in re.finditer(INTEGER, code):
        number = int(m[0].replace("'", ""), 0) if m[0].startswith("0x") else int(m[0].replace("'", ""))
        write = hex if m[0].startswith("0x") else str
        add(m.start(), m[0], [write(number + 1), write(number - 1)])
    for m in re.finditer(FLOATING, code):
        text_of_it = m[0].replace("'", "")
        number = float.fromhex(text_of_it) if text_of_it.startswith("0x") else float(text_of_it)
        add(m.start(), m[0], [repr(number * 2), repr(number / 2)] if number else ["1.0"])
    for pattern in STATEMENTS:
        for m in re.finditer(pattern, code, re.MULTILINE):
            add(m.start(1), text[m.start(1):m.end(1)], [";"])
    return [places[place] for place in sorted(places)]


def draw(texts, seed):
    """Faults in an order that depends on the seed and the texts, {file: text}, alone; one for each place."""
    import random
    chance = random.Random(seed)
    places = [place for file in sorted(texts) for place in faults_in(file, texts[file])]
    chance.shuffle(places)
    for alternatives in places:
        yield chance.choice(alternatives)
