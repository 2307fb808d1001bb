"""The page in a real browser: what a person sees change.

Debian's Chromium, or what else is installed, driven by Playwright. Where there is none these are skipped; where CI is
set that is a failure.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.conftest import ROOT
from tests.explore.conftest import RUNS, run_id

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WAIT = 60_000  # milliseconds; a busy machine is no failure


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium is installed, and in CI the page must be tested in one: apt-get install chromium")
        pytest.skip("no Chromium is installed: apt-get install chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses root a sandbox
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="module")
def address(trained: Path) -> Iterator[str]:
    """Of the real command, serving the trained models beside a run that cannot be opened."""
    broken = trained / "runs/smoke/char74k_cifar10/broken/seed0"
    broken.mkdir(parents=True)
    server = subprocess.Popen(
        [sys.executable, "-m", "genrep", "explore", "--port", "0"],
        cwd=trained,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        line = server.stdout.readline()
        found = re.fullmatch(rf"{len(RUNS)} models at (http://127\.0\.0\.1:\d+/) \(Ctrl-C ends\)\n", line)
        assert found, line
        yield found[1]
    finally:
        server.terminate()
        server.wait(30)
        broken.rmdir()
        broken.parent.rmdir()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """``open_page(run, width)``: the page on a run, drawn; it must end without an error."""
    pages: list[tuple[Page, list[str]]] = []

    def visit(name: str = "vae", width: int = 1280) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.set_default_timeout(WAIT)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("requestfailed", lambda request: errors.append(request.url))
        pages.append((page, errors))
        page.goto(f"{address}#run={run_id(name)}")
        drawn(page)
        return page

    yield visit
    for page, errors in pages:
        page.close()
        assert errors == []


def drawn(page: Page) -> None:
    page.wait_for_function("Number(document.getElementById('picture-a').dataset.drawn) > 0", timeout=WAIT)


def picture(page: Page, canvas: str = "#picture-a") -> str:
    return page.locator(canvas).evaluate("canvas => canvas.toDataURL()")


def changes(page: Page, action: Callable[[], object], canvas: str = "#picture-a") -> str:
    """The picture after an action that must change it."""
    before = picture(page, canvas)
    action()
    condition = "([selector, before]) => document.querySelector(selector).toDataURL() !== before"
    page.wait_for_function(condition, arg=[canvas, before], timeout=WAIT)
    return picture(page, canvas)


def slide(slider: Locator, value: float) -> None:
    slider.evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input', {bubbles: true})); }", value
    )


def test_a_click_in_the_plane_changes_the_picture(open_page):
    page = open_page("vae")
    corner = changes(page, lambda: page.click("#plane", position={"x": 30, "y": 30}))
    assert corner != changes(page, lambda: page.click("#plane", position={"x": 300, "y": 260}))
    assert page.locator("#legend span").count() == 10
    expect(page.locator("#status")).to_contain_text("decoded in")


def test_dragging_and_the_keyboard_move_the_point_too(open_page):
    page = open_page("vae")
    page.locator("#plane").scroll_into_view_if_needed()
    box = page.locator("#plane").bounding_box()

    def drag():
        page.mouse.move(box["x"] + 40, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 250, box["y"] + 200, steps=5)
        page.mouse.up()

    changes(page, drag)
    page.focus("#plane")
    changes(page, lambda: [page.keyboard.press("Shift+ArrowLeft") for _ in range(4)])


def test_the_whole_plane_can_be_decoded_behind_the_dots(open_page):
    page = open_page("vae")
    changes(page, lambda: page.check("#backdrop"), "#plane")


def test_the_class_is_chosen(open_page):
    page = open_page("cvae")
    page.click("#zero")
    drawn(page)
    changes(page, lambda: page.locator(".chip", has_text="7").click())
    assert page.locator("#classes input:checked").input_value() == "7"


def test_painting_changes_the_picture(open_page):
    page = open_page("acgan")
    page.locator("#paint").scroll_into_view_if_needed()
    box = page.locator("#paint").bounding_box()

    def stroke():
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 60, steps=12)
        page.mouse.up()

    changes(page, stroke)
    expect(page.locator("#cell")).to_contain_text("of 100: 1.00")  # two deviations of 0.5


def test_the_grid_is_painted_by_keyboard(open_page):
    page = open_page("acgan")
    page.click("#zero")
    page.focus("#paint")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    changes(page, lambda: page.keyboard.press("Space"))
    expect(page.locator("#cell")).to_have_text("input 12 of 100: 1.00")
    page.keyboard.press("-")
    expect(page.locator("#cell")).to_have_text("input 12 of 100: 0.88")


def test_attributes_are_switches(open_page):
    page = open_page("faces")
    switches = page.get_by_role("switch")
    assert switches.count() == 2
    page.click("#zero")
    drawn(page)
    changes(page, lambda: switches.nth(1).check())
    expect(page.locator("#attributes label").nth(1)).to_have_text("smiling")


def test_sliders_follow_leading_directions_and_reset(open_page):
    page = open_page("acgan")
    sliders = page.locator("#directions input")
    assert sliders.count() == 8
    changes(page, lambda: slide(sliders.nth(0), 5))
    expect(page.locator("#directions output").nth(0)).to_have_text("5")
    changes(page, lambda: page.click("#random"))
    expect(page.locator("#directions output").nth(0)).to_have_text("0")


def test_a_slider_runs_between_two_picks(open_page):
    page = open_page("vae")
    page.click("#plane", position={"x": 30, "y": 30})
    page.click("#pick-start")
    expect(page.locator("#way-hint")).to_contain_text("keep the other")
    page.click("#plane", position={"x": 300, "y": 260})
    page.click("#pick-end")
    page.wait_for_function("document.getElementById('way').width === 9 * 28", timeout=WAIT)
    changes(page, lambda: slide(page.locator("#share"), 50))


def test_the_gallery_shows_epochs_and_goes_on_with_one(open_page):
    page = open_page("vae")
    tiles = page.locator("#gallery button")
    expect(tiles).to_have_count(2, timeout=WAIT)
    page.wait_for_function("document.querySelector('#gallery button:last-child canvas').width === 28", timeout=WAIT)
    changes(page, lambda: tiles.nth(0).click())
    expect(tiles.nth(0)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#caption-a")).to_contain_text("after epoch 1")


def test_two_models_show_the_same_latent_side_by_side(open_page):
    page = open_page("vae")
    page.select_option("#model-b", run_id("cvae"))
    page.wait_for_function("document.getElementById('picture-b').width === 28", timeout=WAIT)
    changes(page, lambda: page.click("#plane", position={"x": 40, "y": 300}), "#picture-b")
    assert f"beside={run_id('cvae')}".replace("/", "%2F") in page.url
    changes(page, lambda: page.locator(".chip", has_text="7").click(), "#picture-b")  # only the second is told a class
    page.select_option("#model-b", run_id("acgan"))
    expect(page.locator("#caption-b")).to_contain_text("has 100 latents, not 2", timeout=WAIT)


def test_runs_that_cannot_be_opened_are_listed(open_page):
    page = open_page()
    expect(page.locator("#skipped summary")).to_have_text("1 run cannot be opened")
    page.click("#skipped summary")
    expect(page.locator("#skipped li")).to_contain_text("smoke/char74k_cifar10/broken/seed0: not finished")


def test_a_model_that_cannot_be_opened_leaves_the_one_that_is_shown(open_page):
    page = open_page("vae")
    before = picture(page)
    refused = {"status": 422, "body": '{"error": "it is damaged"}'}
    page.route("**/api/model?*", lambda route: route.fulfill(**refused))
    page.select_option("#model-a", run_id("acgan"))
    expect(page.locator("#status")).to_have_text("it is damaged")
    expect(page.locator("#model-a")).to_have_value(run_id("vae"))
    assert picture(page) == before
    page.route("**/api/decode", lambda route: route.fulfill(**refused))
    changes(page, lambda: page.click("#random"))  # no picture rather than an old one


def test_a_refusal_is_shown_in_its_own_words(open_page):
    page = open_page("vae")
    refused = "api => api.decode('nothing', [[0, 0]], [0], null).catch(error => error.message)"
    answer = page.evaluate(f"import('/static/api.js').then({refused})")
    assert answer == "there is no run 'nothing' here; reload the page"


@pytest.mark.parametrize("name", ["vae", "acgan", "faces"])
def test_a_phone_wide_window_needs_no_sideways_scrolling(open_page, name):
    page = open_page(name, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    target = "#plane" if name == "vae" else "#paint"
    page.locator(target).scroll_into_view_if_needed()
    changes(page, lambda: page.click(target, position={"x": 60, "y": 60}))


def test_everything_is_reached_by_keyboard_and_has_a_name(open_page):
    page = open_page("acgan")
    nameless = "e => !(e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim())"
    unnamed = page.eval_on_selector_all(
        "button, input, select, canvas[tabindex]",
        f"all => all.filter(e => e.checkVisibility()).filter({nameless}).map(e => e.outerHTML)",
    )
    assert unnamed == []
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"model-a", "model-b", "random", "zero", "paint", "brush", "pick-start", "pick-end"} <= reached
    changes(page, lambda: page.keyboard.press("r"))
