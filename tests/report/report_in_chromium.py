"""Opens reports in a headless Chromium: PROGRAM CONFIGS_FOLDER. There must be no console message and no request. Every kept
epoch must show the numbers of history.csv and flow.csv. Nothing may overflow at 390 and 1440 pixels, light and dark, and a
class may be called </script><b>. The security policy must name the page's own script and style. Exits with 77 if there is no
Chromium."""

import base64
import csv
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from browser import Browser, installed  # noqa: E402

PROGRAM, CONFIGS = sys.argv[1], pathlib.Path(sys.argv[2])
DEEP = ["--set", "layer.1.repeat=10", "--set", "layer.1.units=32", "--set", "layer.1.activation=sigmoid",
        "--set", "layer.1.init=xavier_normal", "--set", "train.epochs=120", "--set", "data.validation_fraction=0.2"]
DEAD = ["--set", "layer.1.activation=relu", "--set", "train.optimizer=sgd", "--set", "train.learning_rate=1.0"]
RUNS = {"spirals": ("spirals", []), "regression": ("regression", []), "digits": ("digits", []), "xor": ("xor", []),
        "deep": ("spirals", DEEP), "dead": ("spirals", DEAD)}

GO = "const s = document.getElementById('slider'); s.value = arguments[0]; s.dispatchEvent(new Event('input'));"
SHOWN = """
const of = (selector) => Array.from(document.querySelectorAll(selector), (e) => [e.dataset.column, e.textContent]);
return {epoch: document.getElementById('epoch').textContent, history: of('#numbers dd'), flow: of('#flow-rows td'),
        split: Array.from(document.querySelectorAll('#split b'), (e) => e.title)};
"""
WIDEST = """
let worst = document.documentElement.scrollWidth;
for (const e of document.querySelectorAll('main *, header *, footer *')) {
  if (!e.closest('.scroll') && !e.closest('svg')) worst = Math.max(worst, e.getBoundingClientRect().right);
}
return worst;
"""


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def requests(browser):
    """The addresses asked for since the last call."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.log("performance")]
    return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def check_numbers(browser, run):
    history = {row["epoch"]: row for row in rows(run / "history.csv")}
    flow = {}
    for row in rows(run / "flow.csv"):
        flow.setdefault(row["epoch"], []).append(row)
    kept = browser.run("return Number(document.getElementById('slider').max)") + 1
    epochs = []
    for k in range(kept):
        browser.run(GO, k)
        shown = browser.run(SHOWN)
        epochs.append(int(shown["epoch"]))
        for column, text in shown["history"]:
            expected = history[shown["epoch"]][column] if shown["epoch"] in history else ""
            assert text == (expected or "–"), (run, shown["epoch"], column, text, expected)
        layers = flow[shown["epoch"]]
        expected = [(column, row[column]) for row in layers for column in row]
        assert [tuple(cell) for cell in shown["flow"]] == expected, (run, shown["epoch"])
        if len(layers) >= 3:
            norms = [float(row["dL_dz_norm"]) for row in layers]
            ratio, sigma, W = (float(text) for text in shown["split"])
            assert abs(ratio / (norms[0] / norms[-2]) - 1) < 1e-12, (run, shown)
            assert abs(ratio / (sigma * W) - 1) < 1e-9, (run, shown)
    assert epochs[0] == 0 and epochs[-1] == max(int(e) for e in history), epochs
    assert len(epochs) <= 100 and epochs == sorted(set(epochs)), epochs
    return kept


def check_keys(browser, last):
    now = lambda: browser.run("return Number(document.getElementById('slider').value)")
    browser.press("Home")
    assert now() == 0
    browser.press("ArrowRight")
    browser.press("ArrowRight")
    browser.press("ArrowLeft")
    assert now() == 1
    browser.press("End")
    assert now() == last
    browser.press("ArrowRight")
    assert now() == last
    browser.press(" ")  # plays from the start
    assert browser.run("return document.getElementById('play').getAttribute('aria-label')") == "pause"
    browser.press(" ")
    assert now() < last


def check_policy(page):
    """The policy lets the page's own script and style run, and nothing else; the hashes are Python's."""
    def sha256(element):
        text = re.search(rb"<%s>(.*?)</%s>" % (element, element), page, re.DOTALL)[1]
        return b"'sha256-" + base64.b64encode(hashlib.sha256(text).digest()) + b"'"
    policy = re.search(rb'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy == (b"default-src 'none'; script-src " + sha256(b"script") + b"; style-src " + sha256(b"style") +
                      b"; base-uri 'none'; form-action 'none'"), policy


def check(browser, run):
    url = (run / "report.html").as_uri()
    for width in (390, 1440):
        for dark in (False, True):
            browser.look(width, 900, dark)
            browser.open(url)
            background = browser.run("return getComputedStyle(document.body).backgroundColor")
            assert (background == "rgb(18, 20, 24)") == dark, background
            assert browser.run(WIDEST) <= width, (run, width, browser.run(WIDEST))
            # Every drawing has something to say to the pointer, and nothing is thrown.
            browser.run("""for (const e of document.querySelectorAll('.frame svg')) {
                const box = e.getBoundingClientRect();
                e.dispatchEvent(new PointerEvent('pointermove', {clientX: box.x + box.width / 2, clientY: box.y + box.height / 2}));
                if (document.getElementById('tip').hidden) throw new Error('nothing to say of ' + e.getAttribute('aria-label'));
                e.dispatchEvent(new PointerEvent('pointerleave'));
            }""")
    kept = check_numbers(browser, run)
    check_keys(browser, kept - 1)
    browser.run("document.getElementById('theme').click()")
    messages = browser.log("browser")
    assert messages == [], messages
    asked = set(requests(browser))
    assert asked == {url}, asked
    return kept


def nasty(folder):
    """A run whose classes look like markup."""
    lines = ["a,\"<img src=x onerror=alert(1)>\",what"]
    lines += [f"{i % 5},{i % 3},{'</script><b>' if i % 2 else '<!--'}" for i in range(40)]
    (folder / "nasty.csv").write_text("\n".join(lines) + "\n")
    config = (CONFIGS / "spirals.toml").read_text()
    data = config[config.index("[data]"):config.index("[[layer]]")]
    (folder / "nasty.toml").write_text(config.replace(data, '[data]\nfile = "nasty.csv"\n\n'))
    return folder / "nasty.toml"


def main():
    with tempfile.TemporaryDirectory() as temporary:
        run = pathlib.Path(temporary) / "run"
        subprocess.run([PROGRAM, "train", CONFIGS / "xor.toml", "--out", run, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        check_policy((run / "report.html").read_bytes())
    if not installed():
        print("skipped: chromium or chromedriver is missing")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as temporary, Browser() as browser:
        folder = pathlib.Path(temporary)
        configs = {name: (CONFIGS / f"{config}.toml", more) for name, (config, more) in RUNS.items()}
        configs["nasty"] = (nasty(folder), ["--set", "train.epochs=20"])
        for name, (config, more) in configs.items():
            run = folder / name
            subprocess.run([PROGRAM, "train", config, "--out", run, "--quiet"] + more, check=True, stdout=subprocess.DEVNULL)
            size = (run / "report.html").stat().st_size
            assert size < 2_000_000, size
            print(f"{name}: {check(browser, run)} epochs, {size} bytes")
        assert browser.run("return document.querySelectorAll('b').length") > 0
        assert browser.run("return document.querySelector('img')") is None
        assert "</script><b>" in browser.run("return document.querySelector('.key').textContent")


main()
