"""Watches `primer train` on a pseudo-terminal: terminal.py PROGRAM CONFIG. No line may be wider than the terminal, also
after its size changes; the cursor must come back; NO_COLOR removes the colours; a pipe and a dumb terminal must get no
escape code. Then it presses the keys of `primer watch`; the terminal's modes must come back however the program ends."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata

PROGRAM, CONFIG = sys.argv[1:3]
ARGUMENTS = [PROGRAM, "train", CONFIG, "--set", "train.epochs=20000", "--set", "data.validation_fraction=0.2"]


class Screen:
    """Those functions of a terminal that the live view uses. Anything else is an error."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.lines, self.row, self.column = [[]], 0, 0
        self.cursor, self.frames = True, 0

    def feed(self, text):
        for match in re.finditer(r"\x1b\[([?0-9;]*)([A-Za-z])|([^\x1b])", text):
            code, command, letter = match.groups()
            if command == "A":
                assert int(code) < self.height, "moves above the screen"
                self.row -= int(code)
                assert self.row >= 0, "moves above its own first line"
            elif command == "H":
                self.row = self.column = 0
            elif command == "K":
                del self.lines[self.row][self.column:]
            elif command == "J":
                del self.lines[self.row][self.column:], self.lines[self.row + 1:]
            elif command in ("h", "l") and code == "?25":
                self.cursor = command == "h"
                self.frames += command == "h"
            elif command == "m":
                pass
            elif letter == "\n":
                self.row, self.column = self.row + 1, 0
                if self.row == len(self.lines):
                    self.lines.append([])
            elif letter == "\r":
                self.column = 0
            else:
                assert command is None and unicodedata.category(letter) != "Cc", match[0]
                assert self.column < self.width, "writes beyond the last column: " + "".join(self.lines[self.row])
                line = self.lines[self.row]
                line.extend(" " * (self.column + 1 - len(line)))
                line[self.column] = letter
                self.column += 1

    def text(self):
        return "\n".join("".join(line) for line in self.lines)


def set_size(terminal, width, height):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


def watch(width, height, resize=None, **variables):
    """Trains on a terminal of that size. Checks every frame, and returns the output and the screen."""
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm-256color"} | variables
    resized = resize is not None
    ours, theirs = pty.openpty()
    set_size(ours, width, height)
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.Popen(ARGUMENTS + ["--out", folder + "/run"], stdout=subprocess.DEVNULL, stderr=theirs,
                               env=environment)
        os.close(theirs)
        written, deadline = b"", time.time() + 120
        while time.time() < deadline:
            if select.select([ours], [], [], 1)[0]:
                try:
                    chunk = os.read(ours, 65536)
                except OSError:
                    break
                if not chunk:
                    break
                written += chunk
                if resize and b"?25h" in written:
                    set_size(ours, *resize)
                    resize = None
        assert run.wait(10) == 0, written.decode()
    os.close(ours)
    text = written.decode().replace("\r\n", "\n")
    if resized or "\x1b" not in text:
        return text, None
    screen = Screen(width, height)
    screen.feed(text[text.index("\x1b"):])  # the lines before the view may be wrapped
    assert screen.cursor, "the cursor is gone"
    return text, screen


class Watch:
    """`primer watch` on a pseudo-terminal that also has its keys."""

    def __init__(self, *arguments):
        self.ours, self.theirs = pty.openpty()
        set_size(self.ours, 80, 24)
        self.modes = termios.tcgetattr(self.theirs)
        self.run = subprocess.Popen([PROGRAM, "watch", *arguments], stdin=self.theirs, stdout=subprocess.DEVNULL,
                                    stderr=self.theirs, env=os.environ | {"TERM": "xterm-256color"})
        self.written = ""

    def until(self, pattern):
        """Waits until the output since the last call contains the pattern, and returns the match."""
        deadline = time.time() + 60
        while time.time() < deadline:
            found = re.search(pattern, self.written)
            if found:
                self.written = self.written[found.end():]
                return found
            if select.select([self.ours], [], [], 0.2)[0]:
                self.written += os.read(self.ours, 65536).decode(errors="replace")
        raise AssertionError(f"{pattern} never came: {self.written}")

    def drain(self):
        """Reads until the program waits for a key."""
        while select.select([self.ours], [], [], 0.5)[0]:
            os.read(self.ours, 65536)
        self.written = ""

    def press(self, keys):
        os.write(self.ours, keys.encode())

    def end(self, code):
        """Waits for the end of the program. Reads its output, because a full pseudo-terminal makes the program wait."""
        deadline = time.time() + 60
        while self.run.poll() is None and time.time() < deadline:
            if select.select([self.ours], [], [], 0.1)[0]:
                self.written += os.read(self.ours, 65536).decode(errors="replace")
        assert self.run.poll() == code, (self.run.returncode, self.written)
        assert termios.tcgetattr(self.theirs) == self.modes, "the modes of the terminal are not restored"
        os.close(self.ours)
        os.close(self.theirs)


def keys():
    with tempfile.TemporaryDirectory() as folder:
        watched = Watch(CONFIG, "--out", folder + "/run", "--set", "train.epochs=400")
        watched.until(r"epoch [1-9]\d*/400")
        watched.press(" ")
        watched.drain()
        for _ in range(400):
            watched.press("\x1b[D")
            if watched.until(r"epoch (\d+)/400")[1] == "0":
                break
        else:
            raise AssertionError("← does not reach epoch 0")
        watched.press("s")
        watched.until(r"epoch \d+/400 \+ 1 batches")
        watched.press("s")
        watched.until(r"epoch \d+/400 \+ 2 batches")
        watched.press("+ ")
        watched.until(r"epoch \d+/400 \S")
        watched.press("q")
        watched.until(r"interrupted in epoch \d+ of 400")
        watched.end(130)
        ended = Watch(CONFIG, "--out", folder + "/run", "--set", "train.epochs=400")
        ended.until(r"epoch [1-9]\d*/400")
        ended.run.send_signal(signal.SIGTERM)
        ended.end(-signal.SIGTERM)
        interrupted = Watch(CONFIG, "--out", folder + "/run", "--set", "train.epochs=400")
        interrupted.until(r"epoch [1-9]\d*/400")
        interrupted.run.send_signal(signal.SIGINT)
        interrupted.until("to continue")
        interrupted.end(130)
        introduced = Watch("--any-key", CONFIG, "--out", folder + "/introduced")
        for epoch in range(1, 5):
            introduced.until(r"epoch \d+/200")
        introduced.press("x")
        introduced.until("epoch 200/200")
        introduced.end(0)
        again = Watch(folder + "/introduced")
        again.until(r"epoch [1-9]\d*/200")
        again.press("q")
        again.end(0)


def main():
    for width, height in [(80, 24), (140, 50), (40, 12)]:
        _, screen = watch(width, height)
        assert screen is not None and screen.frames >= 2, "nothing live was drawn"
        shown = screen.text()
        assert shown.count("epoch 20000/20000") == 1, shown
        if width >= 80:
            assert "softmax" in shown and "mean |σ′|" in shown, shown
    # The width changes from 140 to 80 columns during the run, and the last frame must fit into 80. (Each terminal wraps
    # the older lines in its own way.)
    text, _ = watch(140, 50, resize=(80, 50))
    last = text[text.rindex("\x1b[?25l"):]
    Screen(80, 50).feed(re.sub(r"\x1b\[\d+A", "", last))
    text, screen = watch(80, 24, NO_COLOR="1")
    assert screen.frames >= 2 and not re.search(r"\x1b\[[0-9;]*m", text), text
    assert re.search(r"^[0-2.:+]{22}$", screen.text(), re.M), screen.text()  # the map: digits are points, signs are regions
    text, screen = watch(80, 24, TERM="dumb")
    assert screen is None and "epoch 20000/20000" in text, text
    with tempfile.TemporaryDirectory() as folder:
        piped = subprocess.run(ARGUMENTS + ["--out", folder + "/run"], capture_output=True, check=True)
    assert b"\x1b" not in piped.stdout + piped.stderr
    keys()
    print("terminal: 3 sizes, a change of size, NO_COLOR, a dumb terminal, a pipe and keys")


main()
