"""The marks that say which lines of the reference are a task, and what is done between them: `// task N.M (P points):
title` and `// end of task N.M` in the reference; in a handout the same place is called "Your code from here … to here".
"""

import re
from pathlib import Path
from typing import NamedTuple

MARK = re.compile(r"^ *(?://|#) task (\d+\.\d+) \((\d+) points\): (.+)$")
END = re.compile(r"^ *(?://|#) end of task (\d+\.\d+)$")
LIKE_A_MARK = re.compile(r"(?://|#)\s*(?:end\s+of\s+)?task\s+\d")
YOURS = "{3} Task {0} ({1} points): {2}. Your code from here"
YOURS_END = "{1} to here (task {0})"
YOURS_BEGIN = re.compile(r"^ *(?://|#) Task \d+\.\d+ \(\d+ points\): .+ Your code from here$")
YOURS_STOP = re.compile(r"^ *(?://|#) to here \(task \d+\.\d+\)$")
SOURCES = ("include", "src")


class Refused(Exception):
    pass


class Region(NamedTuple):
    task: str
    points: int
    title: str
    path: str  # relative to the root
    first: int  # index of the line with the mark
    last: int  # index of the line with the end

    @property
    def comment(self):
        return "#" if self.path.endswith(".py") else "//"

    @property
    def begin(self):  # how a handout marks the place
        return YOURS.format(self.task, self.points, self.title, self.comment)

    @property
    def end(self):
        return YOURS_END.format(self.task, self.comment)


def sources(root):
    return sorted(p for room in SOURCES for p in (root / room).rglob("*.[ch]pp"))


def regions(root, known, files=None):
    """The marked regions of these files of the tree at `root` (default: of all C++ sources), in task order. Refuses marks that are
    unknown or do not form pairs."""
    root = Path(root)
    found = {}
    for path in files or sources(root):
        name = path.relative_to(root).as_posix()
        begun = None
        for i, line in enumerate(path.read_text().split("\n")):
            place = f"{name}:{i + 1}"
            mark, end = MARK.match(line), END.match(line)
            if mark:
                if begun:
                    raise Refused(f"{place}: task {mark[1]} begins inside task {begun[0][1]}; end that one first")
                if mark[1] not in known:
                    raise Refused(f"{place}: unknown task {mark[1]}; the tasks are {' '.join(known)}")
                if mark[1] in found:
                    raise Refused(f"{place}: task {mark[1]} is marked a second time")
                begun = (mark, i)
            elif end:
                if not begun or begun[0][1] != end[1]:
                    raise Refused(f"{place}: task {end[1]} ends here and does not begin")
                found[end[1]] = Region(end[1], int(begun[0][2]), begun[0][3], name, begun[1], i)
                begun = None
            elif LIKE_A_MARK.search(line):
                raise Refused(f"{place}: not a mark: write '// task N.M (P points): title' or '// end of task N.M'")
        if begun:
            raise Refused(
                f"{name}:{begun[1] + 1}: task {begun[0][1]} does not end; write '// end of task {begun[0][1]}'"
            )
    return [found[task] for task in known if task in found]


def replaced(text, region, lines):
    """`text` with the region, marks included, replaced by `lines`."""
    old = text.split("\n")
    return "\n".join(old[: region.first] + lines + old[region.last + 1 :])


def indented(line, by):
    return " " * by + line if line else line


def handed_out(region, line, stub):
    """The lines of a handout that replace a region whose mark was `line`."""
    depth = len(line) - len(line.lstrip())
    return [indented(text, depth) for text in [region.begin, *stub.strip("\n").split("\n"), region.end]]


def with_include(text):
    """Adds the declaration of needs_task() after the last #include."""
    lines = text.split("\n")
    last = max(i for i, line in enumerate(lines) if line.startswith("#include"))
    wanted = '#include "primer/core/needs_task.hpp"'
    return text if wanted in lines else "\n".join(lines[: last + 1] + ["", wanted] + lines[last + 1 :])


def code_of(region, text):
    """The code of a submission between "from here" and "to here", or None if it does not have each comment exactly once."""
    lines = text.split("\n")
    begins = [
        i
        for i, line in enumerate(lines)
        if line.lstrip().startswith(f"{region.comment} Task {region.task} (") and "from here" in line
    ]
    ends = [i for i, line in enumerate(lines) if line.strip() == region.end]
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        return None
    return lines[begins[0] + 1 : ends[0]]


def line_of(region, text):
    """The number of the line, from 1, on which the student's code of a handout begins."""
    return next(i for i, line in enumerate(text.split("\n"), 2) if line.strip() == region.begin)


def squeezed(line):
    return re.sub(r"\s+", "", line)


def outside(text):
    """The lines of a file, of the reference or of a submission, that belong to no task."""
    inside = False
    for line in text.split("\n"):
        begins, ends = MARK.match(line) or YOURS_BEGIN.match(line), END.match(line) or YOURS_STOP.match(line)
        if not (inside or begins or ends or "needs_task.hpp" in line or not line.strip()):
            yield squeezed(line)
        inside = (inside or bool(begins)) and not ends


def nothing_but_the_tasks(text, original):
    """Whether a submitted file differs from the original only between the comments of its tasks."""
    return list(outside(text)) == list(outside(original))


def telling_lines(region, text, stub):
    """The lines of a solution that would give it away: code that the stub does not show, without comments, spaces and loop
    heads. Changes of shape do not count, because they occur everywhere."""
    for line in text.split("\n")[region.first + 1 : region.last]:
        code = re.sub(r"^for\([^;]*;[^;]*;[^)]*\)", "", squeezed(line.split("//")[0]))
        telling = len(code) >= 24 and code.endswith((";", "}")) and ".resize(" not in code
        if telling and code not in squeezed(stub):
            yield code
