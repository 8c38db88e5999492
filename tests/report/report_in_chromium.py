"""Opens reports in a headless Chromium: PROGRAM CONFIGS_FOLDER. There must be no console message and no request. Every kept
epoch must show the numbers of history.csv and flow.csv, and so must the tooltips, for the pointer and for the keyboard.
Nothing may overflow at 390 and 1440 pixels, light and dark, and a class may be called </script><b>. Every chart can be saved
as an SVG file. The security policy must name the page's own script and style. Exits with 77 if there is no Chromium."""

import base64
import csv
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

sys.dont_write_bytecode = True
from browser import Browser, installed  # noqa: E402

PROGRAM, CONFIGS = sys.argv[1], pathlib.Path(sys.argv[2])
DEEP = ["--set", "layer.1.repeat=10", "--set", "layer.1.units=32", "--set", "layer.1.activation=sigmoid",
        "--set", "layer.1.init=xavier_normal", "--set", "train.epochs=120", "--set", "data.validation_fraction=0.2"]
DEAD = ["--set", "layer.1.activation=relu", "--set", "train.optimizer=sgd", "--set", "train.learning_rate=1.0"]
RUNS = {"spirals": ("spirals", []), "regression": ("regression", []), "digits": ("digits", []), "xor": ("xor", []),
        "deep": ("spirals", DEEP), "dead": ("spirals", DEAD), "xor_linear": ("xor_linear", []), "circles": ("circles", []),
        "iris": ("iris", [])}

GO = "const s = document.getElementById('slider'); s.value = arguments[0]; s.dispatchEvent(new Event('input'));"
SHOWN = """
const of = (selector, text) => Array.from(document.querySelectorAll(selector), (e) => [e.dataset.column, text(e)]);
return {epoch: document.getElementById('epoch').textContent, history: of('#numbers dd', (e) => e.title),
        short: of('#numbers dd', (e) => e.textContent), flow: of('#flow-rows td', (e) => e.textContent),
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
            assert text == expected, (run, shown["epoch"], column, text, expected)
        for column, text in shown["short"]:
            assert len(text) <= 10, (column, text)
        layers = flow[shown["epoch"]]
        expected = [(column, row[column]) for row in layers for column in row]
        assert [tuple(cell) for cell in shown["flow"]] == expected, (run, shown["epoch"])
        if len(layers) >= 2:
            norms = [float(row["dL_dz_norm"]) for row in layers]
            ratio, sigma, W = (float(text) for text in shown["split"])
            assert abs(ratio / (norms[0] / norms[max(1, len(norms) - 2)]) - 1) < 1e-12, (run, shown)
            assert abs(ratio / (sigma * W) - 1) < 1e-9, (run, shown)
    assert epochs[0] == 0 and epochs[-1] == max(int(e) for e in history), epochs
    assert len(epochs) <= 100 and epochs == sorted(set(epochs)), epochs
    return kept


# Moves the pointer over the middle of the mark that `selector` finds in a chart, and gives the lines of the tooltip.
HOVER = """
const chart = document.querySelector(arguments[0] + ' svg');
const mark = document.querySelectorAll(arguments[0] + ' ' + arguments[1])[arguments[2]];
const box = mark.getBoundingClientRect();
const over = chart.getBoundingClientRect();
const x = Math.max(over.left + 1, box.left + box.width / 2);
chart.dispatchEvent(new PointerEvent('pointermove', {clientX: x, clientY: box.top + box.height / 2}));
const tip = document.getElementById('tip');
return tip.hidden ? null : Array.from(tip.children, (line) => line.textContent);
"""
TIP = "const t = document.getElementById('tip'); return t.hidden ? null : Array.from(t.children, (e) => e.textContent);"


def check_hover(browser, run):
    """What the pointer finds on the charts are the numbers of the CSV files."""
    history = {row["epoch"]: row for row in rows(run / "history.csv")}
    flow = rows(run / "flow.csv")
    last = int(browser.run("return document.getElementById('slider').max"))
    metric = next(c for c in history[str(max(map(int, history)))] if c.startswith("train_") and c != "train_loss")[6:]
    for k in (last // 3, last):
        browser.run(GO, k)
        epoch = browser.run("return document.getElementById('epoch').textContent")
        row = history.get(epoch, {})
        for chart, quantity in (("#loss", "loss"), ("#metric", metric)):
            lines = browser.run(HOVER, chart, ".now", 0)
            sets = [s for s in ("train", "validation", "test") if row.get(f"{s}_{quantity}")]
            assert lines == [f"epoch {epoch}"] + [f"{s} {row[f'{s}_{quantity}']}" for s in sets], (lines, row)
        layers = [r for r in flow if r["epoch"] == epoch]
        for l, layer in enumerate(layers):
            for chart in ("#bars-0", "#bars-2")[:len(layers)]:
                lines = browser.run(HOVER, chart, ".bar", l)
                assert lines[0] == f"epoch {epoch}, layer {l + 1} {layer['activation']}", lines
                assert lines[1:3] == [f"‖∂L/∂a‖ {layer['dL_da_norm']}", f"‖∂L/∂z‖ {layer['dL_dz_norm']}"], (lines, layer)
            parts = [line.split()[-1] for line in lines[3:]]
            if l + 1 < len(layers):
                expected = (float(layer["dL_dz_norm"]) / float(layer["dL_da_norm"]),
                            float(layer["dL_da_norm"]) / float(layers[l + 1]["dL_dz_norm"]))
                assert [float(part) for part in parts] == list(expected), (parts, expected)
            else:
                assert parts == ["–", "–"], parts
        if layers:
            lines = browser.run(HOVER, "#heat-0", ".marker", 0)
            assert lines[0].startswith(f"epoch {epoch}, layer "), lines
            layer = layers[int(lines[0].split()[3]) - 1]
            assert lines[2] == f"‖∂L/∂z‖ {layer['dL_dz_norm']}", (lines, layer)


CARD = """
const card = document.querySelectorAll('#layers details')[arguments[0]];
return Array.from(card.querySelectorAll('dt'), (title) => [title.textContent, title.nextSibling.textContent]);
"""


def check_cards(browser, run):
    """Each layer has the card that `primer activations` prints; one that is unfolded stays so at another width."""
    layers = [row for row in rows(run / "flow.csv") if row["epoch"] == "0"]
    for l, layer in enumerate(layers):
        printed = subprocess.run([PROGRAM, "activations", layer["activation"]], check=True, capture_output=True, text=True,
                                 env=os.environ | {"COLUMNS": "100"}).stdout.splitlines()
        lines = []
        for line in printed[1:]:
            title = line[2:15].rstrip()
            lines = lines + [[title, line[15:]]] if title else lines[:-1] + [[lines[-1][0], f"{lines[-1][1]} {line.strip()}"]]
        assert browser.run(CARD, l) == lines, (browser.run(CARD, l), lines)
    browser.run("document.querySelector('#layers details').open = true")
    browser.look(700, 900, False)
    assert browser.run("return document.querySelector('#layers details').open")


def check_keyboard(browser, run):
    """Tab goes to a chart, ↓ to its next value, → to the next epoch; the tooltip follows."""
    flow = rows(run / "flow.csv")
    if len({row["layer"] for row in flow}) < 2:
        return
    browser.press("Home")
    browser.run("document.querySelector('#bars-0 svg').focus({focusVisible: true})")
    first = [row for row in flow if row["epoch"] == "0"]
    assert browser.run(TIP)[2] == f"‖∂L/∂z‖ {first[0]['dL_dz_norm']}", browser.run(TIP)
    browser.press("ArrowDown")
    assert browser.run(TIP)[2] == f"‖∂L/∂z‖ {first[1]['dL_dz_norm']}", browser.run(TIP)
    browser.press("ArrowRight")
    epoch = browser.run("return document.getElementById('epoch').textContent")
    second = [row for row in flow if row["epoch"] == epoch]
    assert browser.run(TIP)[2] == f"‖∂L/∂z‖ {second[1]['dL_dz_norm']}", browser.run(TIP)
    browser.press("Escape")
    assert browser.run(TIP) is None


def check_saved(browser, folder):
    """Every chart is an SVG document of its own; one is saved as a file."""
    texts = browser.run("return Array.from(document.querySelectorAll('.frame > svg'), (e) => charts.svg_text(e))")
    for text in texts:
        root = xml.etree.ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg" and float(root.get("width")) > 0, text[:200]
        text = re.sub(r"data:image/png;base64,[^\"]*", "", text)
        assert "class=" not in text and "NaN" not in text and "var(" not in text, text[:200]
        paths = [e for e in root.iter() if e.tag.endswith("}path")]
        assert all(e.get("stroke") or e.get("fill") for e in paths)
    browser.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    browser.run("document.querySelector('#loss .save').click()")
    for _ in range(100):
        saved = list(folder.glob("*.svg"))
        if saved:
            break
        time.sleep(0.05)
    assert saved and saved[0].read_text() == browser.run("return charts.svg_text(document.querySelector('#loss svg'))"), saved
    saved[0].unlink()
    return len(texts)


def check_opening(browser, url, diagnosed):
    """A page opens at the epoch that the doctor points to, with a label. Any other page plays once from epoch 0, unless the
    user asked for less motion."""
    browser.open(url)
    playing = "return document.getElementById('play').getAttribute('aria-label')"
    seen = "return document.getElementById('seen').textContent"
    assert browser.run(playing) == ("play" if diagnosed else "pause")
    browser.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    browser.open(url)
    assert browser.run(playing) == "play"
    assert (browser.run(seen) != "") == bool(diagnosed), browser.run(seen)
    if diagnosed:
        assert browser.run("return document.getElementById('epoch').textContent") == diagnosed, diagnosed
        browser.press("End")
        assert browser.run(seen) == ""
        browser.run("document.querySelector('#diagnoses button').click()")
        assert browser.run("return document.getElementById('epoch').textContent") == diagnosed
    else:
        assert browser.run("return document.getElementById('slider').value") == "0"
    requests(browser)


def check_widths(browser):
    """No size is negative at any width; Chromium reports such a size in the console."""
    for width in (200, 240, 280, 320, 360, 390, 420, 480, 560, 640, 768, 1024, 2000):
        browser.look(width, 700, False)
        browser.run("dispatchEvent(new Event('resize'))")
    messages = browser.log("browser")
    assert messages == [], messages


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
                if (document.getElementById('tip').hidden) e.focus({focusVisible: true});  // between small pictures
                if (document.getElementById('tip').hidden) throw new Error('nothing to say of ' + e.getAttribute('aria-label'));
                e.dispatchEvent(new PointerEvent('pointerleave'));
            }""")
    check_hover(browser, run)
    check_keyboard(browser, run)
    check_cards(browser, run)
    kept = check_numbers(browser, run)
    check_keys(browser, kept - 1)
    charts = check_saved(browser, run)
    assert charts >= 4, charts
    check_widths(browser)
    browser.run("document.getElementById('theme').click()")
    messages = browser.log("browser")
    assert messages == [], messages
    asked = {address for address in requests(browser) if not address.startswith("blob:")}
    assert asked == {url}, asked
    diagnosis = re.search(r"epoch (\d+)", browser.run("return document.querySelector('#diagnoses button')?.textContent ?? ''"))
    check_opening(browser, url, diagnosis and diagnosis[1])
    if run.name == "deep":
        assert diagnosis and diagnosis[1] == "0", diagnosis
    return kept


def check_comparison(browser, folder):
    """Two runs of different length and depth: both are at the step's epoch, and the curves have the values of history.csv."""
    runs = [folder / "spirals", folder / "deep", folder / "digits"]
    page = folder / "comparison.html"
    subprocess.run([PROGRAM, "compare", *runs, "--html", page], check=True, stdout=subprocess.DEVNULL)
    check_policy(page.read_bytes())
    url = page.as_uri()
    for width, dark in ((390, False), (1440, True)):
        browser.look(width, 900, dark)
        browser.open(url)
        assert browser.run(WIDEST) <= width, (width, browser.run(WIDEST))
    browser.press("End")
    last = browser.run("return document.getElementById('epoch').textContent")
    epochs = [max(int(row["epoch"]) for row in rows(run / "history.csv")) for run in runs[:2]]
    assert int(last) == max(epochs), (last, epochs)
    shown = browser.run("return document.getElementById('shown').textContent")
    assert shown == f"{runs[0]} epoch {epochs[0]}{runs[1]} epoch {epochs[1]}", shown
    browser.run(GO, 3)
    epoch = browser.run("return document.getElementById('epoch').textContent")
    lines = browser.run(HOVER, "#curves", ".now", 0)
    values = [next(r for r in rows(run / "history.csv") if r["epoch"] == epoch)["train_loss"] for run in runs]
    assert lines[0] == f"epoch {epoch}", lines
    assert [line.split(": ")[0] for line in lines[1:]] == [str(run) for run in runs], lines
    assert [float(line.split(": ")[1]) for line in lines[1:]] == [float(v) for v in values], (lines, values)
    lines = browser.run(HOVER, "#bars", ".bar", 0)
    kept = [line.split()[1].rstrip(",") for line in lines if line.startswith("epoch ")]  # the last frame up to this epoch
    assert len(kept) == 2 and all(0 <= int(epoch) - int(k) < 8 for k in kept), (epoch, kept)
    flows = [next(r for r in rows(run / "flow.csv") if r["epoch"] == k and r["layer"] == "1")
             for run, k in zip(runs, kept)]
    assert [line for line in lines if line.startswith("‖∂L/∂z‖")] == [f"‖∂L/∂z‖ {f['dL_dz_norm']}" for f in flows], lines
    check_widths(browser)
    asked = set(requests(browser))
    assert asked == {url}, asked
    return page.stat().st_size


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
        print(f"comparison: {check_comparison(browser, folder)} bytes")


main()
