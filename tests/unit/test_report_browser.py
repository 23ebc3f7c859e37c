"""The report in a real browser: it renders without a complaint, its numbers are those of its data, keys work, dark and light, on a phone."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from einfold.tools.counting import joules
from einfold.tools.einfold import main
from einfold.tools.quantities import byte_count, rate, scaled

ROOT = Path(__file__).parents[2]
EVIL = '<img src=x onerror="alert(1)">'
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(20, 23, 27)"


def installed() -> tuple[str, str] | None:
    """A browser and its driver."""
    found = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")
    return (found[0], found[1]) if found[0] and found[1] else None


class Browser:
    """A window, and what it is asked."""

    def __init__(self, driver: Any):
        self.driver = driver

    def open(self, page: Path, width: int = 1280, scheme: str = "light") -> None:
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.driver.get(page.as_uri())

    def js(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def key(self, key: str) -> None:
        self.driver.switch_to.active_element.send_keys(key)

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    selenium = pytest.importorskip("selenium.webdriver", reason="needs selenium (pip install einfold[dev])")
    service = pytest.importorskip("selenium.webdriver.chrome.service")
    found = installed()
    if found is None:
        pytest.skip("no chromium and chromedriver here (Debian: apt-get install chromium chromium-driver)")
    options = selenium.ChromeOptions()
    options.binary_location = found[0]
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    try:
        driver = selenium.Chrome(options=options, service=service.Service(found[1]))
    except Exception as error:  # a browser that does not start here says nothing about the page
        pytest.skip(f"chromium does not start: {str(error).splitlines()[0]}")
    yield Browser(driver)
    driver.quit()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("browser") / "report.html"
    arguments = [
        str(ROOT / "examples" / "attention.mlir"),
        "--machine",
        "fusemax-cloud",
        "--run",
        "edge: --machine fusemax-edge --set b=1",
        "-o",
        str(path),
    ]
    assert main(["report", *arguments]) == 0
    return path


def time(seconds: float) -> str:
    unit, scale = next(((u, s) for u, s in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)) if seconds >= s), ("ns", 1e-9))
    return f"{seconds / scale:.6g} {unit}"


WRITTEN = {
    "int": lambda v: f"{v:,}",
    "cycles": lambda v: f"{v:,.2f}",
    "percent": lambda v: f"{100 * v:,.2f} %",
    "time": time,
    "bytes": byte_count,
    "energy": joules,
    "bandwidth": rate,
    "hertz": lambda v: scaled(v, "Hz"),
    "rate": lambda v: scaled(v, "OP/s"),
    "plain": lambda v: f"{v:,.4g}",
    "text": str,
}


def looked_up(data: Any, path: list[str | int]) -> Any:
    for key in path:
        data = (len(data) if key == "length" else data[int(key)]) if isinstance(data, list) else data[str(key)]
    return data


def check_numbers(browser: Browser) -> int:
    """Every number shown against its place in the data; returns how many."""
    data = json.loads(browser.js("return document.getElementById('data').textContent"))
    script = "return [...document.querySelectorAll('[data-path]')].map(e => [e.dataset.path, e.dataset.of ?? null, e.dataset.format, e.textContent])"
    shown = browser.js(script)
    for path, of, form, text in shown:
        value = looked_up(data, json.loads(path))
        expected = WRITTEN["percent"](value / looked_up(data, json.loads(of))) if of else WRITTEN[form](value)
        assert text == expected, path
    return len(shown)


def test_it_renders_and_its_numbers_are_those_of_its_data(browser: Browser, page: Path):
    browser.open(page)
    assert browser.js("return document.querySelector('h1').textContent") == "attention"
    sections = browser.js("return [...document.querySelectorAll('main > section')].map(s => s.id)")
    wanted = "overview compare cascade stages passes proofs placement timeline utilisation roofline energy bounds numbers"
    assert sections == wanted.split()
    assert check_numbers(browser) > 200
    browser.js("const s = document.querySelector('#controls select'); s.value = '1'; s.dispatchEvent(new Event('change'))")
    assert "fusemax_edge" in browser.js("return document.getElementById('placement').textContent")
    assert check_numbers(browser) > 200
    assert browser.js(
        "return [...document.querySelectorAll('math')].every(m => m.getBoundingClientRect().width > 0 || m.closest('details:not([open])'))"
    )
    assert browser.complaints() == []


def test_the_graph_takes_the_colours_of_the_passes(browser: Browser, page: Path):
    browser.open(page)
    badges = "return Object.fromEntries([...document.querySelectorAll('#cascade g.einsum')].map(g => [g.dataset.einsum, g.querySelector('.badge').textContent]))"
    assert browser.js(badges) == {"QK": "1", "GM": "1", "SN": "2", "SD": "2", "A": "3", "AV": "3"}
    browser.js("const s = document.querySelector('#cascade select'); s.value = 'p'; s.dispatchEvent(new Event('change'))")
    assert set(browser.js(badges).values()) == {"1"}
    assert browser.js("return [...document.querySelectorAll('#cascade .equations .chip')].map(c => c.textContent)") == ["1"] * 6
    assert browser.complaints() == []


def test_it_can_be_read_by_keyboard(browser: Browser, page: Path):
    browser.open(page)
    browser.js("document.getElementById('stage-1').focus()")
    selected = "return document.querySelector('#stages [aria-selected=true]').textContent.trim()"
    assert browser.js(selected).startswith("1 einsum-one-pass")
    browser.key("\ue014")  # right
    assert browser.js(selected).startswith("2 ")
    assert browser.js("return document.activeElement.id") == "stage-2"
    for _ in range(3):
        browser.key("\ue012")  # left, once more than there are
    assert browser.js(selected).startswith("0 as written")
    browser.js("document.querySelector('#timeline canvas').focus()")
    told = "return document.getElementById('timeline-told').textContent"
    before = browser.js(told)
    browser.key("n")
    first = browser.js(told)
    browser.key("n")
    assert before != first != browser.js(told)
    assert " on pe2d; tile b 0, h 0" in first
    browser.key("j")
    assert " on pe1d;" in browser.js(told)
    browser.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    painted = "return Number(document.querySelector('#timeline canvas').dataset.painted)"
    close = browser.js(painted)
    browser.key("0")
    browser.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert browser.js(painted) > close > 0
    assert browser.complaints() == []


@pytest.mark.parametrize(("scheme", "paper"), [("light", LIGHT), ("dark", DARK)])
def test_it_follows_the_system_and_its_own_switch(browser: Browser, page: Path, scheme: str, paper: str):
    browser.open(page, scheme=scheme)
    background = "return getComputedStyle(document.body).backgroundColor"
    assert browser.js(background) == paper
    browser.js("document.querySelector('#controls [data-value=dark]').click()")
    assert browser.js(background) == DARK
    browser.js("document.querySelector('#controls [data-value=light]').click()")
    assert browser.js(background) == LIGHT
    browser.js("document.querySelector('#controls [data-value=auto]').click()")
    assert browser.js(background) == paper


def test_it_fits_a_phone(browser: Browser, page: Path):
    browser.open(page, width=375)
    beyond = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.js(beyond) == 0
    browser.js("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert browser.js(beyond) == 0
    assert browser.js("return document.querySelector('#timeline canvas').clientWidth") <= 375
    assert browser.complaints() == []


def test_what_can_be_used_has_a_name(browser: Browser, page: Path):
    browser.open(page)
    unnamed = "return [...document.querySelectorAll('button, select, canvas, a, [role=img], [role=region]')].filter(e => !(e.getAttribute('aria-label') || e.textContent.trim())).length"
    assert browser.js(unnamed) == 0
    assert browser.js(
        "return [...document.querySelectorAll('[aria-describedby]')].every(e => e.getAttribute('aria-describedby').split(' ').every(i => document.getElementById(i)))"
    )


def test_names_of_a_file_do_nothing(browser: Browser, tmp_path: Path):
    file, out = tmp_path / "strange.mlir", tmp_path / "strange.html"
    name = EVIL.replace('"', '\\"')
    file.write_text(
        f'einsum.cascade @"{name}" ranks {{m = 8}} (%x[m]) -> [] : f32 {{\n  %s = einsum.compute [] = %x[m] reduce add(m)\n  einsum.return %s[]\n}}\n'
    )
    assert main(["report", str(file), "--machine", "fusemax-edge", "-o", str(out)]) == 0
    browser.open(out)
    assert browser.js("return document.querySelector('h1').textContent") == EVIL
    assert browser.js("return document.querySelectorAll('img, main script').length") == 0
    assert browser.complaints() == []
