"""Opens graphs in a browser without a window, and uses them: search, clicks and keys. The page loads nothing, runs
nothing of the project, and has no errors. Graphviz reads graphs for it, if it is installed.

`SCORE_RS_BIN` is the path of the binary (default: `target/debug/score-rs`). Without Chromium, nothing is checked.
With an argument, screenshots are written to that folder.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cases import BINARY, KEY, ROOT, Tally

NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"]
SHOP = ["-C", str(ROOT / "examples/shop"), "graph", "-t", "kubernetes", "--env", "prod-eu"]
HOSTILE = '</title></script><script>alert(1)</script><img src="https://example.com/x" onerror=alert(2)>'
SECONDS = 30


class Browser:
    """A browser with one page, controlled through a pipe: messages are JSON and end with a zero byte."""

    def __init__(self, program, folder):
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()

        def connect():
            # The browser reads from descriptor 3 and writes to 4. The pipes may have these numbers already.
            reader, writer = os.dup(to_browser), os.dup(from_browser)
            os.dup2(reader, 3)
            os.dup2(writer, 4)

        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        arguments += ["--hide-scrollbars", "--window-size=1600,1000", f"--user-data-dir={folder}"]
        self.process = subprocess.Popen(
            [program, *arguments, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=connect,
            close_fds=False,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.last = 0
        self.buffer = b""
        self.events = []
        targets = self.call("Target.getTargets", session=None)["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        attached = self.call(
            "Target.attachToTarget", session=None, targetId=page["targetId"], flatten=True
        )
        self.session = attached["sessionId"]
        for domain in ["Page", "Network", "Runtime", "Log"]:
            self.call(f"{domain}.enable")

    def receive(self):
        while b"\0" not in self.buffer:
            part = os.read(self.input, 1 << 16)
            if not part:
                raise EOFError("the browser has ended")
            self.buffer += part
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session="", **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)
            if answer.get("method") == "Page.javascriptDialogOpening":
                # The page waits for its answer.
                reply = {"id": -1, "method": "Page.handleJavaScriptDialog"}
                reply |= {"params": {"accept": True}, "sessionId": self.session}
                os.write(self.output, json.dumps(reply).encode() + b"\0")

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def open(self, path):
        self.events = []
        self.call("Page.navigate", url=path.as_uri())
        end = time.monotonic() + SECONDS
        url = json.dumps(path.as_uri())
        while not self.evaluate(f"document.readyState === 'complete' && location.href === {url}"):
            if time.monotonic() > end:
                raise TimeoutError(path)
            time.sleep(0.05)

    def key(self, key, code=0, text=""):
        for kind in ["keyDown", "keyUp"]:
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                **({"text": text} if text and kind == "keyDown" else {}),
            )

    def click(self, selector):
        x, y = self.evaluate(
            f"(() => {{ const box = document.querySelector({json.dumps(selector)})"
            ".getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ["mousePressed", "mouseReleased"]:
            self.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    def problems(self, path):
        """Requests, errors and messages, of which a page has none."""
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Network.requestWillBeSent":
                url = params["request"]["url"]
                if url != path.as_uri():
                    found.append(f"requests {url}")
            elif method == "Page.javascriptDialogOpening":
                found.append(f"runs a script: {params['message']}")
            elif method == "Runtime.exceptionThrown":
                found.append(f"fails: {params['exceptionDetails']}")
            elif method == "Log.entryAdded":
                found.append(f"logs {params['entry']['text']}")
        return found

    def screenshot(self, folder, name):
        if folder:
            data = self.call("Page.captureScreenshot")["data"]
            (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(data))

    def close(self):
        self.process.kill()
        self.process.wait()


def graph(path, *arguments):
    environment = {**os.environ, "SCORE_RS_KEY": KEY}
    result = subprocess.run(
        [BINARY, *arguments, "-f", path.suffix[1:]], capture_output=True, env=environment
    )
    path.write_bytes(result.stdout)
    return result.returncode


def hostile(folder):
    """A project with markup in each string that accepts it."""
    text = json.dumps(HOSTILE)
    (folder / "thing.yaml").write_text(
        "{apiVersion: score-rs/v1, kind: Provisioner, type: thing, "
        f"description: {text}, params: {{properties: {{x: {{}}}}}}}}\n"
    )
    (folder / "score-rs.yaml").write_text(
        "{apiVersion: score-rs/v1, kind: Project, provisioners: [thing.yaml]}\n"
    )
    (folder / "score.yaml").write_text(
        "{apiVersion: score.dev/v1b1, "
        f"metadata: {{name: web, annotations: {{example.com/note: {text}}}}}, "
        f"containers: {{main: {{image: 'nginx:1', variables: {{A: {text}}}}}}}, "
        f"resources: {{it: {{type: thing, params: {{x: {text}}}}}}}}}\n"
    )
    return ["-C", str(folder), "graph"]


def check_page(browser, path, check, screenshots):
    browser.open(path)
    nodes = browser.evaluate("document.querySelectorAll('.node').length")
    check("the page has all nodes", nodes > 60, nodes)
    browser.screenshot(screenshots, "page")
    browser.evaluate("document.getElementById('search').focus()")
    browser.call("Input.insertText", text="postgres-large.yaml identity")
    found = browser.evaluate("document.getElementById('found').textContent")
    check("search finds a resource by the file of its provisioner", found == "1 match", found)
    lit = browser.evaluate("[...document.querySelectorAll('.node.lit .subtitle')].map(it => it.textContent)")
    check("matches are highlighted", lit == ["identity-api.db"], lit)
    dimmed = "getComputedStyle(document.querySelector('.node:not(.lit)')).opacity"
    check("others are dimmed", float(browser.evaluate(dimmed)) < 0.5)
    browser.key("Enter", 13, "\r")
    details = "document.getElementById('details').innerText"
    check("Enter goes to the match", "postgres.large#identity-api.db" in browser.evaluate(details))
    browser.screenshot(screenshots, "search")
    browser.key("Escape", 27)
    check("Escape clears", "Type to search" in browser.evaluate(details))
    name = "[...document.querySelectorAll('.node')].find(it => it.textContent.includes('%s')).id"
    browser.click("#" + browser.evaluate(name % "orders-api.cache"))
    shown = browser.evaluate(details)
    parts = ["redis.default#orders-api.cache", "Provisioner", "Outputs", "orders-api: cache"]
    check("a click shows details", all(part in shown for part in parts), shown)
    browser.screenshot(screenshots, "click")
    browser.click("#details button")
    check("a related node leads on", "Containers" in browser.evaluate(details))
    before = browser.evaluate("document.getElementById('drawing').getAttribute('viewBox')")
    browser.evaluate("document.getElementById('drawing').focus()")
    browser.key("+", 187, "+")
    browser.key("ArrowRight", 39)
    after = browser.evaluate("document.getElementById('drawing').getAttribute('viewBox')")
    check("keys zoom and move", before != after, after)
    node = browser.evaluate(name % "payments-api.stripe")
    browser.evaluate(f"document.getElementById('{node}').focus()")
    browser.key("Enter", 13, "\r")
    check("Enter on a node shows details", "payments-api.stripe" in browser.evaluate(details))
    problems = browser.problems(path)
    check("the page loads nothing and has no errors", not problems, "\n".join(problems))
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.call("Emulation.setEmulatedMedia", features=dark)
    color = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    check("the page has dark colours", color != "rgb(255, 255, 255)", color)
    browser.screenshot(screenshots, "dark")
    browser.call("Emulation.setEmulatedMedia", features=[])


def check_overlaps(browser, path, check, screenshots):
    browser.open(path)
    browser.screenshot(screenshots, "image")
    # The layout only estimates the width of text.
    wide = browser.evaluate(
        "[...document.querySelectorAll('.node')].filter(node => { const shape = node.querySelector('.shape')"
        ".getBoundingClientRect(); return [...node.querySelectorAll('text')].some(text => "
        "text.getBoundingClientRect().right > shape.right); }).map(it => it.textContent)"
    )
    check("labels stay in their nodes", wide == [], wide)
    problems = browser.problems(path)
    check("the image loads nothing and has no errors", not problems, "\n".join(problems))


def main():
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        print("graphs in a browser: skipped, because Chromium is not installed")
        return False
    screenshots = sys.argv[1] if len(sys.argv) > 1 else None
    tally = Tally()

    def check(name, condition, detail=""):
        tally.note(name, [] if condition else [str(detail)])

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        scratch = Path(scratch)
        project = scratch / "project"
        project.mkdir()
        harmful = hostile(project)
        browser = Browser(program, scratch / "profile")
        try:
            page, image = scratch / "shop.html", scratch / "shop.svg"
            check("the graph of the example", graph(page, *SHOP) == 0)
            check_page(browser, page, check, screenshots)
            check("the image of the example", graph(image, *SHOP) == 0)
            check_overlaps(browser, image, check, screenshots)
            for name in ["hostile.html", "hostile.svg"]:
                path = scratch / name
                check(f"{name} is drawn", graph(path, *harmful) == 0)
                browser.open(path)
                if path.suffix == ".html":
                    browser.click(".node.resource")
                    shown = browser.evaluate("document.getElementById('details').innerText")
                    check("markup is shown as text", HOSTILE in shown, shown)
                problems = browser.problems(path)
                check(f"{name} runs nothing of the project", not problems, "\n".join(problems))
        finally:
            browser.close()
        if shutil.which("dot"):
            for name, arguments in [("shop.dot", SHOP), ("hostile.dot", harmful)]:
                graph(scratch / name, *arguments)
                command = ["dot", "-Tsvg", "-o", os.devnull, str(scratch / name)]
                result = subprocess.run(command, capture_output=True, text=True)
                check(f"Graphviz reads {name}", result.returncode == 0, result.stderr)
    print(f"graphs in a browser: {tally.passed} checks passed, {tally.failed} failed")
    return bool(tally.failed)


if __name__ == "__main__":
    sys.exit(main())
