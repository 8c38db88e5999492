"""Opens pages of the playground in headless Chromium and Firefox: PROGRAM CONFIGS_FOLDER. A run in the page must end with the
signature of `primer train`, with both modules, without a message on the console or a request. The controls are driven,
and nothing may stick out of the page at any width. Exits with 77 if the modules are not built or there is no browser."""

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

PROGRAM, CONFIGS = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
DEEP = ["--set", "layer.1.activation=sigmoid", "--set", "layer.1.repeat=8", "--set", "train.epochs=20"]
RUNS = {"xor": ("xor", []), "spirals": ("spirals", []), "circles": ("circles", []), "regression": ("regression", []),
        "iris": ("iris", []), "digits": ("digits", []), "deep": ("spirals", DEEP)}

STATE = """
const of = (id) => document.getElementById(id);
return {ready: document.documentElement.dataset.ready, done: of('signature').dataset.done, signature: of('signature').textContent,
        message: of('message').textContent, is_error: of('message').className === 'bad' && !of('message').hidden, engine: of('engine').dataset.kind, where: of('where').textContent, repeat: of('repeat').textContent};
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
        self.process = subprocess.Popen([program, "--headless", "--marionette", "--no-remote", "--remote-allow-system-access",
                                         "--profile", self.folder.name], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
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

    def console(self):
        """What the console got since the last call."""
        self.call("Marionette:SetContext", value="chrome")
        messages = self.run("const list = Services.console.getMessageArray().map(String); Services.console.reset(); return list;")
        self.call("Marionette:SetContext", value="content")
        return messages


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
    return wait_for(browser, lambda s: s["done"] == "true" or s["is_error"])


def check_quiet(browser, url):
    """Nothing on the console, and no request but the page itself."""
    if isinstance(browser, Firefox):
        messages = [message for message in browser.console() if "file://" in message]  # the browser has messages of its own
        assert messages == [], messages
        assert browser.run("return performance.getEntriesByType('resource').map(({name}) => name)") == []
        return
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
            check_quiet(browser, url)
            print(f"{type(browser).__name__} {kind} {name}: {state['signature']} in {time.time() - begin:.1f} s", flush=True)


def pause(browser):
    wait_for(browser, lambda s: s["ready"] == "yes")
    browser.run("if (document.getElementById('play').textContent !== '▶') document.getElementById('play').click();")


def click(browser, name):
    browser.run("document.getElementById(arguments[0]).click()", name)


def apply_text(browser, text):
    browser.run("document.getElementById('text').value = arguments[0]; document.getElementById('apply').click();", text)


def signature_of(browser, run=0):
    return browser.run("return playground.engine.signature(arguments[0])", run)


def export(browser, folder):
    """Saves what the two buttons for a download hand out."""
    text, model = browser.run("return [playground.engine.config(0), Array.from(playground.engine.model(0))]")
    (folder / "config.toml").write_text(text)
    (folder / "model.safetensors").write_bytes(bytes(model))


def drag(browser, selector, right):
    """Drags the middle of an element to the right, with the pointer."""
    x, y = browser.run("""const node = document.querySelector(arguments[0]);
        node.scrollIntoView({block: 'center'});
        const box = node.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2].map(Math.round);""", selector)
    moves = [{"type": "pointerMove", "x": x, "y": y}, {"type": "pointerDown", "button": 0}]
    moves += [{"type": "pointerMove", "x": x + right * step // 4, "y": y, "duration": 20} for step in range(1, 5)]
    pointer = {"type": "pointer", "id": "mouse", "actions": [*moves, {"type": "pointerUp", "button": 0}]}
    browser.call("POST", "/actions", {"actions": [pointer]})


def check_steps(browser, page, folder, signature):
    """Step, epoch, and rewind to the same start."""
    browser.open(page.as_uri())
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
    click(browser, "rewind")
    assert browser.run(STATE)["signature"] == start

    # More epochs are no other run.
    browser.run(CHOOSE, "[data-key='train.epochs']", "3")
    assert finish(browser)["where"] == "epoch 3"
    browser.run(CHOOSE, "[data-key='train.epochs']", "5")
    state = finish(browser)
    assert state["signature"] == train(CONFIGS / "spirals.toml", ["--set", "train.epochs=5"], folder / "five"), state
    assert "changed" not in state["repeat"], state


def check_changes(browser, page):
    """A change of these keys in mid-run goes on from the live weights and says so; a change of shape or data restarts."""
    browser.open(page.as_uri())
    pause(browser)
    click(browser, "rewind")
    click(browser, "epoch-step")
    before = browser.run(STATE)["signature"]
    for key, value in (("train.learning_rate", "0.02"), ("layer.1.activation", "leaky_relu"), ("layer.1.alpha", "0.2"),
                       ("layer.2.dropout", "0.1"), ("train.weight_decay", "0.001"), ("train.clip_norm", "1")):
        browser.run(CHOOSE, f"[data-key='{key}']", value)
        state = browser.run(STATE)
        assert state["signature"] == before and state["where"] == "epoch 1", (key, state)
        assert "changed the run at step 15" in state["repeat"] and state["message"] == "Training continues from the current weights.", (key, state)
    assert browser.run("return playground.runs()[0].info.layers[0].activation") == "leaky_relu(0.2)"
    card = browser.run("return document.querySelector('#unit-about details').textContent")
    assert card.startswith("leaky_relu(0.01): leaky rectified linear unit") and "claim" in card and "Maas et al." in card, card
    click(browser, "epoch-step")
    assert browser.run(STATE)["where"] == "epoch 2" and browser.run(STATE)["signature"] != before
    click(browser, "rewind")
    assert "changed" not in browser.run(STATE)["repeat"]
    for key, value in (("layer.1.units", "9"), ("data.noise", "0.1"), ("seed", "2")):
        click(browser, "epoch-step")
        browser.run(CHOOSE, f"[data-key='{key}']", value)
        state = browser.run(STATE)
        assert state["where"] == "epoch 0" and "changed" not in state["repeat"], (key, state)


SGD = ["--set", "train.optimizer=sgd", "--set", "train.learning_rate=0.1", "--set", "data.shuffle=false", "--set", "data.test_fraction=0",
       "--set", "layer.1.activation=relu", "--set", "train.epochs=20"]


def check_output_unit(browser, folder):
    """With sigmoid and binary cross-entropy, ∂L/∂z of the output is a − y, also for a z that the user has chosen."""
    page = folder / "circles.html"
    subprocess.run([PROGRAM, "play", CONFIGS / "circles.toml", "--out", page], check=True, capture_output=True)
    browser.open(page.as_uri())
    pause(browser)
    click(browser, "rewind")
    browser.run("Array.from(document.querySelectorAll('.tile')).at(-1).dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    shown = """const z = Number(document.querySelector('.grab').getAttribute('aria-valuenow'));
        return [z, 1 / (1 + Math.exp(-z)) - playground.engine.trace(0, 0).y[0], Number(document.querySelector('#chain b').title)];"""
    before = browser.run(shown)
    drag(browser, ".grab", 60)
    after = browser.run(shown)
    assert after[0] > before[0] and all(abs(expected - seen) < 1e-12 * abs(expected) for _, expected, seen in (before, after)), (before, after)


def check_unit(browser, folder):
    """z is dragged, w is edited, a unit is killed; then the command line goes on from the weights of the changed run. With
    plain gradient descent and rows in order it must take the same steps as the page."""
    page = folder / "sgd.html"
    subprocess.run([PROGRAM, "play", CONFIGS / "spirals.toml", "--out", page, *SGD], check=True, capture_output=True)
    browser.open(page.as_uri())
    pause(browser)
    click(browser, "rewind")
    click(browser, "epoch-step")
    browser.run("document.querySelector('.tile[aria-label=\"layer 1 unit 2\"]').click()")
    chain = """const bar = document.querySelector('.grab'), trace = playground.engine.trace(0, 0);
        const z = Number(bar.getAttribute('aria-valuenow'));
        return [z, Number(document.getElementById('chain-result').title), playground.engine.point(0, 0, z, trace.layers[0].dL_da[1]).dL_dz];"""
    now, seen = signature_of(browser), [browser.run(chain)]
    drag(browser, ".grab", 60)
    seen.append(browser.run(chain))
    drag(browser, ".grab", -150)
    seen.append(browser.run(chain))
    browser.run("document.querySelector('.grab').dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))")
    seen.append(browser.run(chain))
    z = [at for at, _, _ in seen]
    assert z[2] < z[3] < z[0] < z[1], seen
    assert all(shown == expected for _, shown, expected in seen) and {shown == 0 for _, shown, _ in seen} == {True, False}, seen
    assert signature_of(browser) == now and "changed" not in browser.run(STATE)["repeat"]

    browser.run(CHOOSE, "[data-name='w1']", "1.25", "input")
    assert signature_of(browser) != now and "changed the run at step 19" in browser.run(STATE)["repeat"], browser.run(STATE)
    assert browser.run("return playground.engine.unit(0, 0, 1).w[0]") == 1.25
    dead = "return Number(/Dead hidden units: (\\d+) of 32/.exec(document.getElementById('tile-hint').textContent)[1])"
    alive = 32 - browser.run(dead)
    click(browser, "kill")
    assert browser.run("return document.getElementById('unit-state').textContent").startswith("This unit is dead")
    assert browser.run(dead) == 32 - alive + 1
    export(browser, folder)
    for _ in range(3):
        click(browser, "epoch-step")
    killed = browser.run("const {w, b} = playground.engine.unit(0, 0, 1); return [w[0], b];")
    assert killed == [1.25, -10], killed  # no gradient arrives
    goes_on = train(folder / "config.toml", ["--init", folder / "model.safetensors", "--set", "train.epochs=3"], folder / "goes-on")
    assert signature_of(browser) == goes_on, (signature_of(browser), goes_on)
    browser.run(CHOOSE, "[data-key='layer.1.activation']", "leaky_relu")
    click(browser, "epoch-step")
    w, b = browser.run("const {w, b} = playground.engine.unit(0, 0, 1); return [w[0], b];")
    assert w != 1.25 and b != -10, (w, b)


def check_two_runs(browser, page, folder):
    """A | B: the same start, in step, the difference named, each with the signature of its own config."""
    browser.open(page.as_uri())
    pause(browser)
    browser.run(CHOOSE, "#b-key", "train.learning_rate")
    browser.run(CHOOSE, "#b-value", "0.001")
    click(browser, "b-start")
    assert browser.run("return document.getElementById('b-difference').textContent") == "train.learning_rate: A 0.01 | B 0.001"
    assert signature_of(browser, 0) == signature_of(browser, 1)
    click(browser, "epoch-step")
    both = browser.run("return playground.runs().map(({index, state}) => [state.step, playground.engine.signature(index)])")
    options = ["--set", "train.epochs=1"]
    assert both == [[15, train(CONFIGS / "spirals.toml", options, folder / "a")],
                    [15, train(CONFIGS / "spirals.toml", options + ["--set", "train.learning_rate=0.001"], folder / "b")]], both
    lines = browser.run("return ['A', 'B'].map((name) => [...document.querySelectorAll('#split strong')].some((n) => n.textContent === name))")
    assert lines == [True, True]
    click(browser, "b-stop")
    assert browser.run("return playground.runs().length") == 1


def check_link(browser, page):
    """The address with the config in its fragment is all that a page needs to show it again."""
    browser.open(page.as_uri())
    pause(browser)
    browser.run(CHOOSE, "[data-key='layer.1.units']", "5")
    click(browser, "link")
    address, text = browser.run("return [location.href, playground.engine.config(0)]")
    click(browser, "rewind")
    start = signature_of(browser)
    browser.open("about:blank")
    browser.open(address)
    pause(browser)
    click(browser, "rewind")
    assert browser.run("return playground.engine.config(0)") == text and "units = 5\n" in text
    assert signature_of(browser) == start
    browser.open("about:blank")
    browser.open(address.replace("tanh", "tahn", 1))
    pause(browser)
    line = 1 + text.split("\n").index('activation = "tanh"')
    message = browser.run(STATE)["message"]
    assert message.startswith(f"config.toml:{line}:14: activation: unknown activation 'tahn'; did you mean 'tanh'?"), message


WRONG = {  # a config of spirals with one wrong place, or of a file with a wrong row
    "key": ("epochs =", "epoch ="), "type": ("epochs = 200", 'epochs = "many"'), "toml": ("epochs = 200", "epochs = "),
    "activation": ('"tanh"', '"tahn"'), "no activation is near": ('"tanh"', '"xyz"'), "alpha": ('"tanh"', '"leaky_relu(x)"'),
    "rule of alpha": ('"tanh"', '"prelu(1e999)"'), "no alpha": ('"tanh"', '"tanh(2)"'),
    "init": ('"auto"', '"xavier"'), "deviation": ('"auto"', '"normal"'), "loss": ('"cross_entropy"', '"cross_entropi"'),
    "optimizer": ('"adam"', '"adan"'), "schedule": ('"none"', '"cosin"'), "generator": ('"spirals"', '"spiral"'),
    "softmax": ('"softmax"', '"tanh"'), "residual": ("residual = false", "residual = true")}
ROWS = """[data]
file = "rows.csv"
[[layer]]
activation = "sigmoid"
[train]
loss = "binary_cross_entropy"
"""
SUMS = ROWS.replace("[[layer]]", 'target = ["p", "q"]\n[[layer]]').replace("sigmoid", "softmax").replace("binary_", "")
WRONG_ROWS = {  # a config, and its file
    "target": (SUMS, "x,p,q\n1,0.5,0.5\n2,0.5,0.4\n"), "number of the class": (ROWS.replace("[[layer]]", "classes = 2\n[[layer]]"), "x,y\n1,0\n2,3\n"), "class": (ROWS + 'class_weights = "balanced"\n', "x,y\n1,0\n2,0\n"),
    "classes": (ROWS, "x,y\n1,a\n2,b\n3,c\n"), "text": (ROWS.replace("binary_cross_entropy", "mse"), "x,y\n1,2\n2,b\n"),
    "cell": (ROWS, "x,y\n1,0\nb,1\n"), "columns": (ROWS, "x,y\n1,0\n2\n")}


def check_messages(browser, page, folder):
    """What is wrong is said as on the command line, with file, line and column, and the page keeps its run."""
    browser.open(page.as_uri())
    pause(browser)
    right = browser.run("return playground.engine.config(0)")
    kept = browser.run(STATE)["signature"]
    here = folder / "wrong"
    here.mkdir()
    cases = {name: (right.replace(old, new, 1), None) for name, (old, new) in WRONG.items()} | WRONG_ROWS
    for name, (text, rows) in cases.items():
        assert text != right, name
        (here / "config.toml").write_text(text)
        if rows is not None:
            (here / "rows.csv").write_text(rows)
            browser.run("playground.engine.put_file('rows.csv', arguments[0])", rows)
        run = subprocess.run([PROGRAM, "train", "config.toml", "--out", "run"], cwd=here, capture_output=True, text=True)
        assert run.returncode == 2, (name, run)
        apply_text(browser, text)
        state = browser.run(STATE)
        assert run.stderr == f"primer: {state['message']}\n", (name, run.stderr, state["message"])
        assert state["signature"] == kept, name
    for old, new, column, limit in (("points = 600", "points = 100000000", 10, "100000 rows"), ("units = 16", "units = 65536", 9, "1000000 weights in all layers together")):
        apply_text(browser, right.replace(old, new))  # natively right, but the page would stand still
        line = max(i for i, line in enumerate(right.split("\n"), 1) if line == old)
        assert browser.run(STATE)["message"] == f"config.toml:{line}:{column}: the web page takes at most {limit}; use primer train", browser.run(STATE)
    apply_text(browser, right)
    state = browser.run(STATE)
    assert state["signature"] == kept and "changed" not in state["repeat"], state
    print(f"messages: {len(cases)} are those of primer train", flush=True)


def check_csv(browser, page, folder):
    """A CSV dropped on the page, and its run on the command line."""
    browser.open(page.as_uri())
    pause(browser)
    contents = (CONFIGS.parent / "data" / "iris.csv").read_text()
    browser.run("""const list = new DataTransfer();
        list.items.add(new File([arguments[0]], 'flowers.csv', {type: 'text/csv'}));
        dispatchEvent(new DragEvent('drop', {dataTransfer: list}));""", contents)
    wait_for(browser, lambda s: browser.run("return playground.runs()[0].info.classes.length === 3 && playground.runs()[0].info.rows === 120"))
    pause(browser)
    browser.run(CHOOSE, "[data-key='train.epochs']", "3")
    click(browser, "rewind")
    state = finish(browser)
    assert "flowers.csv beside config.toml" in state["repeat"], state
    here = folder / "dropped"
    here.mkdir()
    (here / "flowers.csv").write_text(contents)
    export(browser, here)
    assert train(here / "config.toml", [], here / "run") == state["signature"], state


OUTSIDE = """return [...document.querySelectorAll('main *, header *, footer *')].filter((node) => {
    const box = node.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || node.closest('svg') && node.tagName !== 'svg') return false;
    const frame = (node.parentElement.closest('.card') ?? document.documentElement).getBoundingClientRect();
    const is_cut = node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0 && getComputedStyle(node).overflowX !== 'visible';
    return box.left < frame.left - 1 || box.right > frame.right + 1 || is_cut && !node.title && !['SELECT', 'BUTTON', 'INPUT'].includes(node.tagName);
}).map((node) => node.tagName + '#' + node.id + '.' + node.className + ' ' + node.textContent.slice(0, 40));"""


def check_layout(browser, pages):
    """No element sticks out of its card at any width, and the pictures of the samples fill their buttons."""
    for name in ("spirals", "digits", "regression", "iris", "deep"):
        for width in (390, 1024, 1440, 1920):
            browser.look(width, 900, width == 1024)
            browser.open(pages[name].as_uri())
            pause(browser)
            assert browser.run("return document.documentElement.scrollWidth") <= width, (name, width)
            outside = browser.run(OUTSIDE)
            assert outside == [], (name, width, outside)
    browser.look(1440, 900, False)
    browser.open(pages["digits"].as_uri())
    pause(browser)
    boxes = browser.run("""return [...document.querySelectorAll('.samples canvas')].slice(0, 60).map((node) => {
        const [inner, outer] = [node, node.parentElement].map((n) => n.getBoundingClientRect());
        return inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom
            && inner.width > 0.8 * outer.width;
    })""")
    assert len(boxes) == 60 and all(boxes), boxes
    levels = browser.run("return playground.runs()[0].data.levels.slice(0, 64)")
    with open(CONFIGS.parent / "data" / "digits.csv", newline="") as csv_file:
        rows = [[255 * int(cell) / 16 for cell in row[:64]] for row in list(csv.reader(csv_file))[1:]]
    assert any(all(abs(level - pixel) < 0.6 for level, pixel in zip(levels, row)) for row in rows), levels


BY_HAND = """seed = 1
[data]
generator = "spirals"
noise = 0.2
[[layer]]
units = 5
activation = "tanh"
[[layer]]
units = 5
activation = "sigmoid"
residual = true
batch_norm = true
dropout = 0.3
[[layer]]
activation = "softmax"
[train]
loss = "cross_entropy"
"""


def check_by_hand(browser, folder):
    """The numbers of a sample are those of `primer trace --row`, and so is each number that a step shows."""
    config, page = folder / "by-hand.toml", folder / "by-hand.html"
    config.write_text(BY_HAND)
    subprocess.run([PROGRAM, "play", config, "--out", page], check=True, capture_output=True)
    browser.open(page.as_uri())
    pause(browser)
    click(browser, "rewind")
    points = browser.run("return document.querySelectorAll('#picture circle.point').length")
    data = browser.run("return playground.runs()[0].data")
    rows = [f"{data['x'][2 * i]!r},{data['x'][2 * i + 1]!r},{y}" for i, y in enumerate(data["class"])]
    assert points == len(rows)
    (folder / "rows.csv").write_text("\n".join(["x1,x2,class", *rows, ""]))
    compared = 0
    x1, x2 = data["x"][::2], data["x"][1::2]
    for row in (x1.index(max(x1)), x2.index(min(x2))):  # points at the edge, which no other point hides
        at = browser.run("""const svg = document.querySelector('#picture svg'), box = svg.getBoundingClientRect();
            const dot = document.querySelectorAll('#picture circle.point')[arguments[0]], scale = box.width / svg.viewBox.baseVal.width;
            const point = {clientX: box.x + scale * dot.getAttribute('cx'), clientY: box.y + scale * dot.getAttribute('cy'), bubbles: true};
            for (const name of ['pointermove', 'pointerdown', 'pointerup', 'click']) svg.dispatchEvent(new PointerEvent(name, point));
            return document.getElementById('hand-name').textContent;""", row)
        assert at.startswith(f"row {row + 1},"), at
        trace = browser.run("return playground.engine.trace(0, arguments[0])", row)
        subprocess.run([PROGRAM, "trace", config, "--data", folder / "rows.csv", "--row", str(row + 1),
                        "--out", folder / "row.safetensors"], check=True, stdout=subprocess.DEVNULL)
        file = (folder / "row.safetensors").read_bytes()
        size = int.from_bytes(file[:8], "little")
        values = {name: memoryview(file[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]]).cast("d").tolist()
                  for name, t in json.loads(file[8:8 + size]).items() if name != "__metadata__"}
        for l, layer in enumerate(trace["layers"], 1):
            for name in ("x", "z", "slope", "a", "dL_da", "dL_dz", "dL_db", "dL_dx"):
                assert layer[name] == values[f"{l}.{name}"], (l, name, layer[name], values[f"{l}.{name}"])
                compared += len(layer[name])
        known = {v for list_of in values.values() for v in list_of}
        steps = int(browser.run("return document.getElementById('hand-where').textContent").split()[-1])
        heads = []
        for step in range(steps):
            head, numbers, source = browser.run("""return [document.querySelector('#hand h3').textContent,
                [...document.querySelectorAll('#hand .number')].map((n) => n.textContent), document.querySelectorAll('#hand .source code').length];""")
            heads.append(head)
            assert numbers and all(float(n) in known for n in numbers) and source > 0, (head, numbers)
            compared += len(numbers)
            browser.run("document.getElementById('hand-next').focus()")
            browser.press("ArrowRight")
        assert heads[0] == "forward, layer 1: z" and heads[-1] == "backward, layer 1: ∂L/∂W and ∂L/∂b" and len(set(heads)) == steps == 15, heads
        assert browser.run(STATE)["where"] == "epoch 0"  # → after the last step makes no training step
        browser.press("ArrowLeft")
        assert browser.run("return document.querySelector('#hand h3').textContent") == heads[-2]
    print(f"by hand: {compared} numbers are those of primer trace", flush=True)


def check_way_back(browser, folder):
    """The gradient's way back is that of flow.csv. With one step in an epoch, a row of flow.csv is a step."""
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
    hidden = [{name: float(row[name]) for name in ("dL_da_norm", "dL_dz_norm")} for row in last[:-1]]
    sigma = math.prod(h["dL_dz_norm"] / h["dL_da_norm"] for h in hidden[:-1])
    W = math.prod(h["dL_da_norm"] / above["dL_dz_norm"] for h, above in zip(hidden, hidden[1:]))
    ratio = hidden[0]["dL_dz_norm"] / hidden[-1]["dL_dz_norm"]
    assert all(math.isclose(a, b, rel_tol=1e-12) for a, b in zip(split, (ratio, sigma, W))), (split, ratio, sigma, W)
    hover = """const node = document.querySelector(arguments[0]), box = node.getBoundingClientRect();
        node.dispatchEvent(new PointerEvent('pointermove', {bubbles: true, clientX: box.left + box.width / 2, clientY: box.top + box.height / 2}));
        return document.getElementById('tip').hidden"""
    click(browser, "rewind")
    assert browser.run(hover, "#delta svg") is False, "the way back has no tooltip"
    click(browser, "step")  # draws the way back anew, under the pointer
    assert browser.run(hover, "#data-title") is True, "the tooltip stays after the pointer has left the way back"
    print(f"the way back is that of flow.csv: {shown}", flush=True)


def check_size(pages):
    """Both modules together have at most 450 kB, and each page has less than 1 MB."""
    modules = sum((PROGRAM.parent / "playground" / f"{kind}.wasm.gz").stat().st_size for kind in ("fused", "exact"))
    sizes = {name: page.stat().st_size for name, page in pages.items()}
    assert modules <= 450_000 and all(size < 1_000_000 for size in sizes.values()), (modules, sizes)
    print(f"size: the modules {modules}, the largest page {max(sizes.values())} bytes", flush=True)


def check_installed(browser, folder, signature):
    """`make install` puts the modules beside the program, and the installed program writes a page that trains."""
    prefix, elsewhere = folder / "prefix", folder / "elsewhere"
    subprocess.run(["cmake", "--install", PROGRAM.parent, "--prefix", prefix], check=True, capture_output=True)
    elsewhere.mkdir()
    subprocess.run([prefix / "bin" / "primer", "play", CONFIGS / "spirals.toml"], cwd=elsewhere, check=True, capture_output=True)
    for kind in ("fused", "exact"):
        found = prefix / "share" / "primer" / "playground" / f"{kind}.wasm.gz"
        assert found.read_bytes() == (PROGRAM.parent / "playground" / f"{kind}.wasm.gz").read_bytes()
    browser.open((elsewhere / "spirals.html").as_uri())
    assert finish(browser)["signature"] == signature


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
            signatures[name] = train(CONFIGS / f"{config}.toml", options, folder / name)
        check_size(pages)
        if not installed():
            print("skipped: chromium or chromedriver is missing")
            sys.exit(77)
        with Browser() as browser:
            browser.look(1440, 900, False)
            page = pages["spirals"]
            check_steps(browser, page, folder, signatures["spirals"])
            check_changes(browser, page)
            check_unit(browser, folder)
            check_output_unit(browser, folder)
            check_two_runs(browser, page, folder)
            check_link(browser, page)
            check_messages(browser, page, folder)
            check_csv(browser, page, folder)
            check_by_hand(browser, folder)
            check_way_back(browser, folder)
            check_layout(browser, pages)
            check_installed(browser, folder, signatures["spirals"])
        with Browser() as browser:
            browser.look(1440, 900, False)
            check_signatures(browser, pages, signatures, ("fused", "exact"))
        if shutil.which("firefox") or shutil.which("firefox-esr"):
            with Firefox() as browser:
                check_signatures(browser, pages, signatures, ("fused", "exact"))
        else:
            print("skipped: firefox is missing")


main()
