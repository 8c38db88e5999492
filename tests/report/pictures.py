"""Makes the README's pictures: PROGRAM CONFIGS_FOLDER OUTPUT_FOLDER. Two reports and the live view as PNG, with a headless
Chromium, and the catalogue of activations as SVG."""

import fcntl
import html
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.dont_write_bytecode = True
from browser import Browser  # noqa: E402

PROGRAM, CONFIGS, OUTPUT = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
DEEP = ["--set", "layer.1.activation=sigmoid", "--set", "layer.1.repeat=8"]
COLUMNS, ROWS = 120, 24


def train(folder, name, options):
    run = folder / name
    subprocess.run([PROGRAM, "train", CONFIGS / "spirals.toml", "--out", run, "--quiet", *options], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return run / "report.html"


def live_view(folder):
    """What a run has left on a terminal when it is done."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm-256color"}
    options = ["--set", "train.epochs=3000", "--set", "data.validation_fraction=0.2", "--set", "layer.1.repeat=4",
               "--set", "layer.1.activation=relu", "--set", "train.learning_rate=0.001"]
    run = subprocess.Popen([PROGRAM, "train", CONFIGS / "spirals.toml", "--out", folder / "live", *options],
                           stdout=subprocess.DEVNULL, stderr=theirs, env=environment)
    os.close(theirs)
    written = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:
            break
        if not chunk:
            break
        written += chunk
    run.wait()
    last = written.decode().split("\x1b[?25l")[-1]
    return re.sub(r"\x1b\[(\d*[AKJ]|\?25h)|\r", "", last).rstrip("\n")


def xterm(n):
    if n >= 232:
        return "#" + 3 * f"{8 + 10 * (n - 232):02x}"
    levels = [0, 95, 135, 175, 215, 255]
    n -= 16
    return "#" + "".join(f"{levels[i]:02x}" for i in (n // 36, n // 6 % 6, n % 6))


def terminal_page(text):
    """The text with its colours as HTML, each character in a cell of its own."""
    cells, color, ground = "", "", ""
    for code, character in re.findall(r"\x1b\[([0-9;]*)m|(.|\n)", text):
        if character == "\n":
            cells += "<br>"
        elif character:
            cells += f'<i style="color:{color or "#dddddd"};background:{ground or "none"}">{html.escape(character)}</i>'
        else:
            for layer, n in re.findall(r"([34]8);5;(\d+)", code):
                if layer == "38":
                    color = xterm(int(n))
                else:
                    ground = xterm(int(n))
            if code in ("0", "39"):
                color = ""
            if code == "0":
                ground = ""
    style = ("body{margin:0;padding:12px 14px;background:#14161a;font:15px/19px 'DejaVu Sans Mono',monospace;white-space:pre}"
             "i{display:inline-block;width:9px;height:19px;overflow:hidden;vertical-align:top;font-style:normal}")
    return f"<!DOCTYPE html><meta charset='utf-8'><style>{style}</style><body>{cells}</body>"


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    subprocess.run([PROGRAM, "activations", "--svg", OUTPUT / "activations.svg"], check=True)
    with tempfile.TemporaryDirectory() as temporary, Browser() as browser:
        folder = pathlib.Path(temporary)

        def save(name, top, height):
            clip = {"x": 0, "y": top, "width": browser.width, "height": height, "scale": 1}
            data = browser.picture(clip)
            (OUTPUT / name).write_bytes(data)
            print(f"{OUTPUT / name}: {len(data)} bytes")

        browser.look(1200, 1000, False)
        browser.open(train(folder, "spirals", []).as_uri())
        browser.press("End")
        save("report.png", 0, 800)
        browser.open(train(folder, "deep", DEEP).as_uri())
        browser.press("Home")
        top = browser.run("return document.getElementById('split').getBoundingClientRect().top + scrollY - 90")
        save("neurons.png", top, 1000)
        page = folder / "playground.html"
        if subprocess.run([PROGRAM, "play", CONFIGS / "spirals.toml", "--out", page]).returncode == 0:
            browser.look(1440, 1000, False)
            browser.open(page.as_uri())
            while browser.run("return document.getElementById('signature').dataset.done") != "true":
                time.sleep(0.2)
            save("playground.png", 0, 1364)
        (folder / "terminal.html").write_text(terminal_page(live_view(folder)))
        browser.look(28 + 9 * (COLUMNS - 1), 24 + 19 * 17, False)
        browser.open((folder / "terminal.html").as_uri())
        save("terminal.png", 0, 24 + 19 * 17)


main()
