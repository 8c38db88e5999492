"""Opens pages of the playground in headless Chromium and Firefox: PROGRAM CONFIGS_FOLDER. A run in the page must end with the
signature of `primer train`, with both modules, without a message on the console or a request. Then the controls are
driven. Exits with 77 if the modules are not built or there is no browser."""

import csv
import json
import math
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "report"))
from browser import Browser, installed  # noqa: E402

PROGRAM, CONFIGS = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
DEEP = ["--set", "layer.1.activation=sigmoid", "--set", "layer.1.repeat=8", "--set", "train.epochs=20"]
RUNS = {"xor": ("xor", []), "spirals": ("spirals", []), "circles": ("circles", []), "regression": ("regression", []),
        "iris": ("iris", []), "digits": ("digits", []), "deep": ("spirals", DEEP)}

STATE = """
const of = (id) => document.getElementById(id);
return {ready: document.documentElement.dataset.ready, done: of('signature').dataset.done, signature: of('signature').textContent,
        message: of('message').textContent, engine: of('engine').dataset.kind, where: of('where').textContent, repeat: of('repeat').textContent};
"""
FULL_SPEED = "document.getElementById('speed').value = 'fast'; if (document.getElementById('play').textContent === '▶') document.getElementById('play').click();"
CHOOSE = """
const node = document.querySelector(arguments[0]);
node.value = arguments[1];
node.dispatchEvent(new Event(arguments[2] ?? 'change', {bubbles: true}));
"""


class Firefox:
    """A headless Firefox over its own protocol, Marionette."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (pathlib.Path(self.folder.name) / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
        program = shutil.which("firefox") or shutil.which("firefox-esr")
        self.process = subprocess.Popen([program, "--headless", "--marionette", "--no-remote", "--profile", self.folder.name],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                self.socket = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                time.sleep(0.2)
        self.bytes, self.count = b"", 0
        self.read()
        self.call("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
        self.call("WebDriver:SetTimeouts", script=300000, pageLoad=300000)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def read(self):
        while b":" not in self.bytes:
            self.bytes += self.socket.recv(65536)
        size, rest = self.bytes.split(b":", 1)
        while len(rest) < int(size):
            rest += self.socket.recv(65536)
        self.bytes = rest[int(size):]
        return json.loads(rest[:int(size)])

    def call(self, name, **parameters):
        self.count += 1
        message = json.dumps([0, self.count, name, parameters]).encode()
        self.socket.sendall(str(len(message)).encode() + b":" + message)
        answer = self.read()
        if answer[2]:
            raise RuntimeError(str(answer[2])[:400])
        return answer[3].get("value", answer[3]) if isinstance(answer[3], dict) else answer[3]

    def open(self, url):
        self.call("WebDriver:Navigate", url=url)

    def run(self, script, *arguments):
        return self.call("WebDriver:ExecuteScript", script=script, args=list(arguments))


def train(config, options, folder):
    """The signature of `primer train`."""
    run = subprocess.run([PROGRAM, "train", config, "--quiet", "--out", folder, *options], check=True, capture_output=True, text=True)
    return run.stdout.split("signature")[1].split()[0]


def wait_for(browser, is_there, seconds=300):
    end = time.time() + seconds
    while True:
        state = browser.run(STATE)
        if is_there(state):
            return state
        assert time.time() < end, state
        time.sleep(0.1)


def finish(browser):
    wait_for(browser, lambda s: s["ready"] == "yes")
    if browser.run(STATE)["done"] != "true":
        browser.run(FULL_SPEED)
    return wait_for(browser, lambda s: s["done"] == "true" or s["message"] != "")


def check_quiet(browser, url):
    """Nothing on the console, and no request but the page itself."""
    messages = browser.log("browser")
    assert messages == [], messages
    sent = [json.loads(entry["message"])["message"] for entry in browser.log("performance")]
    asked = {m["params"]["request"]["url"] for m in sent if m["method"] == "Network.requestWillBeSent"}
    asked = {address for address in asked if not address.startswith(("blob:", "data:"))}
    assert all(address.startswith(url.split("?")[0]) for address in asked), asked


def check_signatures(browser, pages, signatures, kinds):
    for name, page in pages.items():
        for kind in kinds:
            url = page.as_uri() + "?engine=" + kind
            browser.open(url)
            begin = time.time()
            state = finish(browser)
            assert state["engine"] == kind, state
            assert state["signature"] == signatures[name], (name, kind, state, signatures[name])
            if isinstance(browser, Browser):
                check_quiet(browser, url)
            print(f"{type(browser).__name__} {kind} {name}: {state['signature']} in {time.time() - begin:.1f} s", flush=True)


def pause(browser):
    wait_for(browser, lambda s: s["ready"] == "yes")
    browser.run("if (document.getElementById('play').textContent !== '▶') document.getElementById('play').click();")


def click(browser, name):
    browser.run("document.getElementById(arguments[0]).click()", name)


def check_controls(browser, page, folder, signature):
    url = page.as_uri()
    browser.open(url)
    pause(browser)
    click(browser, "rewind")
    start = browser.run(STATE)["signature"]
    click(browser, "step")
    assert browser.run(STATE)["where"] == "epoch 0 + 1/15" and browser.run(STATE)["signature"] != start
    for _ in range(3):
        click(browser, "epoch-step")
    assert browser.run(STATE)["where"] == "epoch 3", browser.run(STATE)
    assert browser.run(STATE)["signature"] == train(CONFIGS / "spirals.toml", ["--set", "train.epochs=3"], folder / "three")
    click(browser, "rewind")
    assert browser.run(STATE)["signature"] == start
    assert finish(browser)["signature"] == signature

    # Changes in mid-run go on from the live weights and say so; the exported weights go on on the command line.
    click(browser, "rewind")
    click(browser, "epoch-step")
    before = browser.run(STATE)["signature"]
    browser.run(CHOOSE, "[data-key='train.learning_rate']", "0.02")
    state = browser.run(STATE)
    assert state["signature"] == before and "touched at step 15" in state["repeat"] and state["where"] == "epoch 1", state
    browser.run(CHOOSE, "[data-key='layer.1.activation']", "leaky_relu")
    assert browser.run(STATE)["signature"] == before
    browser.run(CHOOSE, "[data-key='layer.1.alpha']", "0.2")
    assert browser.run("return playground.runs()[0].info.layers[0].activation") == "leaky_relu(0.2)"
    card = browser.run("return document.querySelector('#unit-about details').textContent")
    assert card.startswith("leaky_relu(0.01): leaky rectified linear unit") and "claim" in card and "Maas et al." in card, card
    click(browser, "epoch-step")
    assert browser.run(STATE)["where"] == "epoch 2"
    text, model = browser.run("return [playground.engine.config(0), Array.from(playground.engine.model(0))]")
    (folder / "config.toml").write_text(text)
    (folder / "model.safetensors").write_bytes(bytes(model))
    assert train(folder / "config.toml", ["--init", folder / "model.safetensors", "--set", "train.epochs=0"],
                 folder / "exported") == browser.run(STATE)["signature"]
    train(folder / "config.toml", ["--init", folder / "model.safetensors", "--set", "train.epochs=2"], folder / "goes-on")

    # z is dragged, w is moved, a unit is killed and is dead.
    browser.run("document.querySelector('.tile[aria-label=\"layer 1 unit 2\"]').click()")
    drag = browser.run("""const bar = document.querySelector('.grab'), out = [];
        for (const key of ['ArrowRight', 'ArrowRight']) {
          bar.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
          const trace = playground.engine.trace(0, 0), z = Number(bar.getAttribute('aria-valuenow'));
          out.push([Number(document.getElementById('chain-result').title), playground.engine.point(0, 0, z, trace.layers[0].dL_da[1]).dL_dz]);
        }
        return out;""")
    assert all(shown == expected for shown, expected in drag) and drag[0] != drag[1] or drag[0][0] == drag[1][0], drag
    now = browser.run(STATE)["signature"]
    browser.run(CHOOSE, "[data-name='w1']", "1.25", "input")
    assert browser.run(STATE)["signature"] != now
    assert browser.run("return playground.engine.unit(0, 0, 1).w[0]") == 1.25
    browser.run(CHOOSE, "[data-key='layer.1.activation']", "relu")
    click(browser, "kill")
    assert "Dead" in browser.run("return document.getElementById('unit-state').textContent")
    click(browser, "rewind")
    assert "touched" not in browser.run(STATE)["repeat"]

    # A | B in step; a link; a wrong config; a CSV.
    browser.open(url)
    pause(browser)
    browser.run(CHOOSE, "#b-key", "train.learning_rate")
    browser.run(CHOOSE, "#b-value", "0.001")
    click(browser, "b-start")
    assert "A 0.01 | B 0.001" in browser.run("return document.getElementById('b-difference').textContent")
    click(browser, "epoch-step")
    both = browser.run("return playground.runs().map(({index, state}) => [state.step, playground.engine.signature(index)])")
    options = ["--set", "train.epochs=1"]
    assert both == [[15, train(CONFIGS / "spirals.toml", options, folder / "a")],
                    [15, train(CONFIGS / "spirals.toml", options + ["--set", "train.learning_rate=0.001"], folder / "b")]], both
    click(browser, "b-stop")
    click(browser, "link")
    address, text = browser.run("return [location.href, playground.engine.config(0)]")
    browser.open("about:blank")
    browser.open(address)
    pause(browser)
    assert browser.run("return playground.engine.config(0)") == text
    browser.run("document.getElementById('text').value = arguments[0]; document.getElementById('apply').click();",
                text.replace("epochs =", "epoch ="))
    line = 1 + text.split("\n").index("epochs = 200")
    assert browser.run(STATE)["message"].startswith(f"config.toml:{line}:1: unknown key 'epoch'"), browser.run(STATE)
    browser.run("""const list = new DataTransfer();
        list.items.add(new File([arguments[0]], 'iris.csv', {type: 'text/csv'}));
        dispatchEvent(new DragEvent('drop', {dataTransfer: list}));""", (CONFIGS.parent / "data" / "iris.csv").read_text())
    wait_for(browser, lambda s: True)
    time.sleep(1)
    assert browser.run("return playground.runs()[0].info.classes.length") == 3
    click(browser, "epoch-step")
    assert browser.run(STATE)["where"].startswith("epoch 1"), browser.run(STATE)
    print("controls: passed", flush=True)


def check_by_hand(browser, page, folder):
    """The numbers of a sample are those of `primer trace --row`, and the gradient's way back is that of flow.csv."""
    browser.open(page.as_uri())
    pause(browser)
    click(browser, "rewind")
    data, trace = browser.run("return [playground.runs()[0].data, playground.engine.trace(0, 7)]")
    rows = [f"{data['x'][2 * i]!r},{data['x'][2 * i + 1]!r},{y}" for i, y in enumerate(data["class"])]
    (folder / "rows.csv").write_text("\n".join(["x1,x2,class", *rows, ""]))
    subprocess.run([PROGRAM, "trace", CONFIGS / "spirals.toml", "--data", folder / "rows.csv", "--row", "8",
                    "--out", folder / "row.safetensors"], check=True, stdout=subprocess.DEVNULL)
    file = (folder / "row.safetensors").read_bytes()
    size = int.from_bytes(file[:8], "little")
    header = json.loads(file[8:8 + size])
    compared = 0
    for l, layer in enumerate(trace["layers"], 1):
        for name in ("x", "z", "slope", "a", "dL_da", "dL_dz", "dL_db", "dL_dx"):
            begin, end = header[f"{l}.{name}"]["data_offsets"]
            expected = memoryview(file[8 + size + begin:8 + size + end]).cast("d").tolist()
            assert layer[name] == expected, (l, name, layer[name], expected)
            compared += len(expected)
    assert compared > 100

    # With one step in an epoch, a row of flow.csv is a step.
    options = ["--set", "train.batch_size=0", "--set", "diagnostics.every=1", "--set", "train.epochs=3"]
    subprocess.run([PROGRAM, "play", CONFIGS / "spirals.toml", "--out", folder / "steps.html", *options], check=True, capture_output=True)
    train(CONFIGS / "spirals.toml", options, folder / "steps")
    browser.open((folder / "steps.html").as_uri())
    pause(browser)
    click(browser, "rewind")
    for _ in range(3):
        click(browser, "step")
    flow, split, shown = browser.run("const s = playground.runs()[0].state; return [s.flow, s.split, document.getElementById('split').textContent]")
    with open(folder / "steps" / "flow.csv", newline="") as csv_file:
        last = [row for row in csv.DictReader(csv_file) if row["epoch"] == "3"]
    assert len(last) == len(flow) == 3
    for row, layer in zip(last, flow):
        for name, cell in row.items():
            if name not in ("epoch", "layer", "activation", "update_ratio") and cell != "":
                assert float(cell) == layer[name], (row["layer"], name, cell, layer[name])
                compared += 1
    hidden = [{name: float(row[name]) for name in ("dL_da_norm", "dL_dz_norm")} for row in last[:-1]]
    sigma = math.prod(h["dL_dz_norm"] / h["dL_da_norm"] for h in hidden[:-1])
    W = math.prod(h["dL_da_norm"] / above["dL_dz_norm"] for h, above in zip(hidden, hidden[1:]))
    ratio = hidden[0]["dL_dz_norm"] / hidden[-1]["dL_dz_norm"]
    assert all(math.isclose(a, b, rel_tol=1e-12) for a, b in zip(split, (ratio, sigma, W))), (split, ratio, sigma, W)
    print(f"by hand: {compared} numbers are those of primer trace and of flow.csv; {shown}", flush=True)


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        pages, signatures = {}, {}
        for name, (config, options) in RUNS.items():
            pages[name] = folder / f"{name}.html"
            run = subprocess.run([PROGRAM, "play", CONFIGS / f"{config}.toml", "--out", pages[name], *options], capture_output=True, text=True)
            if "make playground" in run.stderr:
                print("skipped: the modules are not built; run make playground")
                sys.exit(77)
            assert run.returncode == 0, run.stderr
            assert pages[name].stat().st_size < 1_000_000, pages[name].stat().st_size
            signatures[name] = train(CONFIGS / f"{config}.toml", options, folder / name)
        if not installed():
            print("skipped: chromium or chromedriver is missing")
            sys.exit(77)
        with Browser() as browser:
            browser.look(1440, 900, False)
            check_controls(browser, pages["spirals"], folder, signatures["spirals"])
            check_by_hand(browser, pages["spirals"], folder)
        with Browser() as browser:
            browser.look(1440, 900, False)
            check_signatures(browser, pages, signatures, ("fused", "exact"))
        if shutil.which("firefox") or shutil.which("firefox-esr"):
            with Firefox() as browser:
                check_signatures(browser, pages, signatures, ("fused", "exact"))
        else:
            print("skipped: firefox is missing")


main()
