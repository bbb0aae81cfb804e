"""Tests of the page that `orrery render -o view.html` writes, in a headless Chromium."""

import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib
from pathlib import Path

import chromium

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "orrery"
NODE = shutil.which("node")

NET = """
local orrery = require "orrery"
local nn = orrery.nn
local g = orrery.graph "net"
local x = g:input { x = { shape = { 3, 16, 16 } } }
local stem = g:block("stem", function(y)
  return nn.ReLU()(nn.Conv2d(3, 8, 3, { padding = 1 })(y))
end)
local stage = g:block("stage", function(y)
  local h = nn.Conv2d(8, 8, 3, { padding = 1 })(y)
  return nn.ReLU()(h + y)
end)
x = stage(stage(stage(stem(x))))
g:output(g:block("head", function(y) return nn.Linear(2048, 10)(y:flatten(1)) end)(x))
"""

BRANCHES = """
local orrery = require "orrery"
local nn = orrery.nn
local g = orrery.graph "net"
local x = g:input { x = { shape = { 8 } } }
local a, b = nn.Linear(8, 8, { name = "a" })(x), nn.Linear(8, 8, { name = "b" })(x)
g:output(a * b)
"""

ATTENTION = """
local orrery = require "orrery"
local nn = orrery.nn
local g = orrery.graph "net"
local x = g:input { x = { shape = { 16, 32 } } }
local q, k, v = nn.Linear(32, 32)(x), nn.Linear(32, 32)(x), nn.Linear(32, 32)(x)
g:output(nn.functional.scaled_dot_product_attention(q, k, v))
"""

HOSTILE = """
local orrery = require "orrery"
local nn = orrery.nn
local text = "</script><img src=x onerror='window.hacked = 1'><!-- \\"quoted\\" & {{title}}"
local g = orrery.graph "<img src=x onerror='window.hacked = 1'> {{model}}"
local x = g:input { x = { shape = { 8 } } }
local block = g:block("block", function(y) return nn.ReLU()(y) end, { title = text })
g:output(block(x))
"""

# One optimizer updates the maker and a part of the judge, another the rest of it.
GOVERNED = """
local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local g = orrery.graph "net"
local x = g:input(data.random { shape = { 8 }, batch = 4 })
local maker = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
local judge = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 1))
local made = maker:named "maker" (x)
local told = judge:named "judge" (made)
local groups = { maker:parameters(), judge[1]:parameters() }
local first = { groups[1][1], groups[1][2], groups[2][1], groups[2][2] }
orrery.manager(g, { epochs = 1, optimizers = { optim.Adam(first, { lr = 2e-4, loss = made:mean() }),
  optim.SGD(judge[2]:parameters(), { lr = 0.1, momentum = 0.9, loss = told:mean() }) } }):run()
"""

# Draws itself with a plot of every kind inside of boxes: of an operation, of a symbol, of a block when it is shut.
PLOTS = """
local orrery = require "orrery"
local nn = orrery.nn
local g = orrery.graph "net"
local x = g:input { x = { shape = { 8 } } }
local body = g:block("body", function(y) return nn.Linear(8, 8, { name = "first" })(y) end)
g:output(nn.Linear(8, 2, { name = "last" })(body(x) + x))
for _, file in ipairs { "net.html", "net.json" } do
  orrery.render(g, file, { notes = { ["body/first"] = "sees everything\\nthree lines\\nof a note" },
    colors = { last = "#ffd0a0" }, inside = {
    body = { image = "dots.png", title = "dots" },
    add = { lines = { { 3, 2, 1 }, { 3, 1, 2 } }, title = "loss", left = "epoch 1", right = "3" },
    last = { bars = { 1, 4, 2 }, mark = 0.5 } } })
end
"""


def png(width, height, rgb):
    """A picture of one colour."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = zlib.compress((b"\0" + bytes(rgb) * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def run(script, cwd):
    done = subprocess.run([PROGRAM, "run", script], capture_output=True, text=True, cwd=cwd)
    if done.returncode:
        raise AssertionError(done.stderr)


def render(*words, cwd=None):
    done = subprocess.run([PROGRAM, "render", *map(str, words)], capture_output=True, text=True, cwd=cwd)
    if done.returncode:
        raise AssertionError(done.stderr)
    return done.stdout


def geometry(drawing):
    """The boxes of a view as `--format json` tells them, without what the page writes itself."""
    return [[box["path"], [box["at"][side] for side in ("x", "y", "width", "height")]]
            for box in drawing["boxes"][1:]]


def written(text):
    return [[box.get("path", ""), box["at"]] for box in json.loads(text)["boxes"][1:]]


# Lines that go through a box that they neither leave nor enter, as pairs of numbers.
CROSSED = """(() => {
  const { boxes, lines } = orreryView.drawing();
  const around = (box) => { const list = []; for (let i = box; i >= 0; i = boxes[i].frame) list.push(i); return list; };
  const bad = [];
  lines.forEach((line, at) => line.readers.forEach((reader) => {
    const own = new Set([...around(line.from), ...around(reader.to)]);
    for (const box of boxes.slice(1)) {
      if (own.has(box.index)) continue;
      const { x, y, width, height } = box.at;
      for (let i = 1; i < reader.path.length; ++i) {
        const [a, b] = [reader.path[i - 1], reader.path[i]];
        if (Math.max(a.x, b.x) > x + 0.1 && Math.min(a.x, b.x) < x + width - 0.1 &&
            Math.max(a.y, b.y) > y + 0.1 && Math.min(a.y, b.y) < y + height - 0.1) bad.push([at, box.path]);
      }
    }
  }));
  return bad;
})()"""


class ScriptsTest(unittest.TestCase):
    @unittest.skipUnless(NODE, "needs node to read JavaScript")
    def test_every_script_of_the_page_is_javascript(self):
        scripts = sorted((ROOT / "renderers" / "html").glob("*.js"))
        self.assertGreater(len(scripts), 10)
        for script in scripts:
            done = subprocess.run([NODE, "--check", script], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_scripts_stay_of_a_size_to_read(self):
        for script in (ROOT / "renderers" / "html").glob("*.js"):
            self.assertLess(len(script.read_text().splitlines()), 400, script.name)


@unittest.skipUnless(os.environ.get("ORRERY_TEST_FULL"), "--full looks at pages in Chromium")
@unittest.skipUnless(chromium.PROGRAM, "needs Chromium (Debian: chromium)")
@unittest.skipUnless(PROGRAM.exists(), "needs the built program")
class HtmlViewTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory(prefix="orrery-view-")
        cls.folder = Path(cls.holder.name)
        cls.browser = chromium.Chromium().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.holder.cleanup()

    def setUp(self):
        self.browser.problems.clear()

    def tearDown(self):
        self.assertEqual(self.browser.problems, [])

    def show(self, script=NET, *words):
        """Opens the view of a script."""
        (self.folder / "net.lua").write_text(script)
        render("net.lua", "-o", "net.html", *words, cwd=self.folder)
        self.open()

    def open(self):
        """Opens the view that was made, without what an earlier test left in the tab."""
        self.browser.open(self.folder / "net.html")
        self.browser.evaluate("sessionStorage.clear(); window.addEventListener('pagehide', () => sessionStorage.clear())")
        self.browser.open(self.folder / "net.html")

    def drawing(self):
        return self.browser.evaluate("orreryView.drawing()")

    def paths(self):
        return [box["path"] for box in self.drawing()["boxes"][1:]]

    def assert_places(self, expected, within=0.0):
        """Places that are those, which are rounded to hundredths."""
        shown = geometry(self.drawing())
        self.assertEqual([path for path, _ in shown], [path for path, _ in expected])
        for (path, here), (_, there) in zip(shown, expected):
            for got, wanted in zip(here, there):  # half a hundredth may be rounded either way
                self.assertAlmostEqual(got, wanted, delta=0.005 + 1e-9 + within, msg=path)

    def assert_placed_as(self, *words, within=0.0):
        """The page shows what the program draws with these options, place by place."""
        expected = written(render("net.lua", "--format", "json", "-o", "-", *words, cwd=self.folder))
        self.assert_places(expected, within)

    def test_places_boxes_as_the_program_does(self):
        self.show(NET, "--no-fold")
        self.assert_placed_as("--no-fold")
        self.browser.evaluate("orreryView.toggle('stage_2')")
        self.assert_placed_as("--no-fold", "--collapse", "stage_2")
        self.browser.evaluate("orreryView.toggle('stem'); orreryView.toggle('head')")
        self.assert_placed_as("--no-fold", "--collapse", "stage_2", "--collapse", "stem", "--collapse", "head")

    def test_no_line_goes_through_a_box_whatever_is_open(self):
        for model in ("resnet18", "googlenet"):
            render(model, "-o", "zoo.html", cwd=self.folder)
            self.browser.open(self.folder / "zoo.html")
            blocks = self.browser.evaluate("model.blocks.map((index) => model.boxes[index].path)")
            self.assertEqual(self.browser.evaluate(CROSSED), [])
            for path in blocks[::3]:
                self.browser.evaluate(f"orreryView.toggle({json.dumps(path)})")
                self.assertEqual(self.browser.evaluate(CROSSED), [], path)

    def test_repeats_are_one_until_they_are_asked_for(self):
        self.show()
        self.assertEqual(sum(path.startswith("stage") for path in self.paths()), 4)
        self.browser.evaluate("orreryView.select('stage')")
        self.browser.evaluate("[...document.querySelectorAll('#details button')].find((b) => b.textContent === 'Show all 3').click()")
        self.assertIn("stage_3/conv2d", self.paths())

    def test_a_click_on_the_mark_of_a_block_shuts_and_opens_it(self):
        self.show()
        at = "JSON.stringify(document.querySelector('[data-box=\"2\"] .toggle').getBoundingClientRect())"
        self.assertIn("stem/conv2d", self.paths())
        for inside in (False, True):
            rect = json.loads(self.browser.evaluate(at))
            self.browser.click(rect["x"] + rect["width"] / 2, rect["y"] + rect["height"] / 2)
            self.assertEqual("stem/conv2d" in self.paths(), inside)

    def test_keys_move_open_and_shut(self):
        self.show()
        self.browser.evaluate("document.getElementById('drawing').focus()")
        self.browser.key("ArrowDown")
        self.assertEqual(self.browser.evaluate("orreryView.state().selected"), "input")
        self.browser.evaluate("orreryView.select('stem')")
        self.browser.key("Enter")
        self.assertNotIn("stem/conv2d", self.paths())
        self.browser.key("e")
        self.assertIn("stem/conv2d", self.paths())
        self.browser.key("c")
        self.assertNotIn("stage/conv2d", self.paths())

    def test_search_opens_the_blocks_around_what_is_found(self):
        self.show()
        self.browser.key("c")
        self.browser.key("/")
        for letter in "linear":
            self.browser.key(letter)
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('#found li').length"), 1)
        self.browser.key("Enter")
        self.assertEqual(self.browser.evaluate("orreryView.state().selected"), "head/linear")
        self.assertIn("head/linear", self.paths())

    def test_search_says_when_nothing_is_found(self):
        self.show()
        self.browser.key("/")
        for letter in "xyzzy":
            self.browser.key(letter)
        self.assertEqual(self.browser.evaluate("document.getElementById('found').textContent"), "Nothing is called so")

    def test_trace_dims_what_the_box_does_not_depend_on(self):
        self.show()
        self.browser.evaluate("orreryView.select('stem/conv2d')")
        self.browser.key("u")
        dim = "[...document.querySelectorAll('.box.dim')].map((e) => orreryView.drawing().boxes[e.dataset.box].path)"
        paths = self.browser.evaluate(dim)
        self.assertIn("head/linear", paths)
        self.assertNotIn("stem/conv2d", paths)
        self.assertNotIn("input", paths)

    def test_details_tell_options_shapes_and_the_script_line(self):
        self.show()
        self.browser.evaluate("orreryView.select('stem/conv2d')")
        text = self.browser.evaluate("document.getElementById('details').innerText")
        for part in ("out_channels", "N×8×16×16", "8×3×3×3", "net.lua:7", "nn.Conv2d(3, 8, 3"):
            self.assertIn(part, text)

    def test_the_pointer_shows_what_a_box_is(self):
        self.show()
        rect = json.loads(self.browser.evaluate(
            "JSON.stringify([...document.querySelectorAll('.box')].find((e) => e.textContent.startsWith('Conv2d')).getBoundingClientRect())"))
        self.browser.mouse("mouseMoved", rect["x"] + rect["width"] / 2, rect["y"] + rect["height"] / 2)
        self.browser.wait("!document.getElementById('hint').hidden")
        hint = self.browser.evaluate("document.getElementById('hint').innerText")
        for part in ("kernel_size = {3, 3}", "N×3×16×16", "net.lua:7"):
            self.assertIn(part, hint)

    def test_an_overlay_colours_boxes_and_is_explained(self):
        self.show()
        self.browser.evaluate("const c = document.getElementById('colour'); c.value = 'flops'; c.dispatchEvent(new Event('change'))")
        self.browser.settle()
        fills = self.browser.evaluate("[...new Set([...document.querySelectorAll('.box')].map((e) => e.style.getPropertyValue('--fill')))].length")
        self.assertGreater(fills, 2)
        self.assertIn("FLOP", self.browser.evaluate("document.getElementById('legend').innerText"))

    def test_exported_cues_draw_the_same_in_print(self):
        self.show()
        self.browser.evaluate("orreryView.toggle('stem')")
        self.browser.evaluate("actions.rename(model.byPath.get('head'), 'Classifier')")
        self.browser.evaluate("actions.unfold(selection.seenBox(model.byPath.get('stage')))")
        (self.folder / "cues.json").write_text(self.browser.evaluate("cues.text()"))
        self.assert_placed_as("--cues", "cues.json")
        self.assertIn("Classifier", render("net.lua", "--format", "json", "-o", "-", "--cues", "cues.json", cwd=self.folder))

    def test_boxes_change_places_and_print_follows(self):
        self.show(BRANCHES)
        places = lambda: {box["path"]: box["at"]["x"] for box in self.drawing()["boxes"]}
        before = places()
        self.browser.evaluate("orreryView.select('a')")
        self.browser.evaluate("document.getElementById('drawing').focus()")
        self.browser.key("]" if before["a"] < before["b"] else "[")
        self.assertEqual(places()["a"] < places()["b"], before["a"] > before["b"])
        (self.folder / "cues.json").write_text(self.browser.evaluate("cues.text()"))
        self.assert_placed_as("--cues", "cues.json")

    def test_inputs_that_differ_are_named(self):
        self.show(ATTENTION)
        labels = self.browser.evaluate("[...document.querySelectorAll('.labels text')].map((label) => label.textContent)")
        self.assertTrue({"query", "key", "value"} <= set(labels) or {"Q", "K", "V"} <= set(labels), labels)

    def test_notes_stand_beside_boxes_and_follow_their_blocks(self):
        notes = ("--note", "stem=learns edges within the first epoch", "--note", "head/linear=ten classes", "--no-fold")
        self.show(NET, *notes)
        self.assert_placed_as(*notes)
        seen = "[...document.querySelectorAll('.frame text, .box text')].map((text) => text.textContent)"
        self.assertTrue({"learns edges within the first", "epoch", "ten classes"} <= set(self.browser.evaluate(seen)))
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('.aside').length"), 1)
        self.browser.evaluate("orreryView.toggle('stem'); orreryView.toggle('head')")
        self.assert_placed_as(*notes, "--collapse", "stem", "--collapse", "head")
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('.aside').length"), 1)
        self.assertNotIn("ten classes", self.browser.evaluate(seen))

    def test_a_note_goes_along_when_the_reader_turns_the_flow(self):
        note = ("--note", "head/linear=ten classes, of which most are never seen in so short a time")
        self.show(NET, *note)
        self.browser.evaluate("actions.turn(model.byPath.get('head'), 1)")
        (self.folder / "cues.json").write_text(self.browser.evaluate("cues.text()"))
        # The page makes room for a turned note itself, up to 0.002 pt less than the program does.
        self.assert_placed_as(*note, "--cues", "cues.json", within=0.002)

    def test_plots_and_images_stand_inside_boxes_and_follow_their_blocks(self):
        (self.folder / "dots.png").write_bytes(png(6, 4, (200, 40, 90)))
        (self.folder / "plots.lua").write_text(PLOTS)
        run("plots.lua", self.folder)
        self.open()
        self.assert_places(written((self.folder / "net.json").read_text()))
        count = "['.plots', '.plots path[stroke-dasharray]', '.plots image'].map((s) => document.querySelectorAll(s).length)"
        self.assertEqual(self.browser.evaluate(count), [2, 2, 0])
        self.browser.evaluate("orreryView.toggle('body')")
        self.assertEqual(self.browser.evaluate(count), [3, 2, 1])
        self.browser.evaluate("window.image = new Image(); image.src = document.querySelector('.plots image').href.baseVal")
        self.browser.wait("image.complete")
        self.assertEqual(self.browser.evaluate("[image.naturalWidth, image.naturalHeight]"), [6, 4])
        inside = """(() => {
          const box = document.querySelector('.plots image').closest('.box');
          const around = box.querySelector('.outline').getBoundingClientRect();
          return [...box.querySelectorAll('.plots *, text')].every((part) => {
            const { left, right, top, bottom } = part.getBoundingClientRect();
            return left >= around.left && right <= around.right && top >= around.top && bottom <= around.bottom;
          });
        })()"""
        self.assertTrue(self.browser.evaluate(inside))

    def test_letters_of_governors_stand_at_what_is_seen_of_their_blocks(self):
        self.show(GOVERNED, "--governors")
        self.assert_placed_as("--governors")
        letters = """Object.fromEntries([...document.querySelectorAll('[data-box]')].map((box) =>
          [orreryView.drawing().boxes[box.dataset.box].path, [...box.querySelectorAll('.letter')].map((one) => one.textContent).join('')])
          .filter(([, letters]) => letters))"""
        own = {"optimizer": "A", "optimizer_2": "B"}
        self.assertEqual(self.browser.evaluate(letters), own | {"maker": "A", "judge/0": "A", "judge/1": "B"})
        linked = """(title) => [...document.querySelectorAll('#details section')]
          .filter((one) => one.querySelector('h3').textContent === title)
          .flatMap((one) => [...one.querySelectorAll('.link .path')].map((path) => path.textContent.trim()))"""
        self.browser.evaluate("orreryView.select('optimizer')")
        self.assertEqual(self.browser.evaluate(f"({linked})('Updates or saves')"), ["maker", "judge/0"])
        self.browser.evaluate("orreryView.select('judge/1')")
        self.assertEqual(self.browser.evaluate(f"({linked})('Updated or saved by')"), ["optimizer_2"])
        self.browser.evaluate("orreryView.toggle('judge'); orreryView.toggle('maker')")
        self.assertEqual(self.browser.evaluate(letters), own | {"maker": "A", "judge": "AB"})
        self.assert_placed_as("--governors", "--collapse", "judge", "--collapse", "maker")

    def test_a_page_written_anew_keeps_what_was_open_and_seen(self):
        self.show()
        self.browser.evaluate("orreryView.toggle('stem'); camera.set({ x: 11, y: 22, scale: 1.5 })")
        self.browser.settle()
        (self.folder / "net.lua").write_text(NET.replace("2048, 10", "2048, 12"))
        render("net.lua", "-o", "net.html", cwd=self.folder)
        self.browser.open(self.folder / "net.html")
        self.assertNotIn("stem/conv2d", self.paths())
        self.assertEqual(self.browser.evaluate("camera.view"), {"x": 11, "y": 22, "scale": 1.5})

    def test_hostile_names_are_shown_and_never_obeyed(self):
        self.show(HOSTILE)
        self.assertIsNone(self.browser.evaluate("window.hacked"))
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('img').length"), 0)
        self.browser.evaluate("orreryView.select('block')")
        self.browser.settle()
        self.assertIsNone(self.browser.evaluate("window.hacked"))
        self.assertIn("</script>", self.browser.evaluate("document.querySelector('#details h2').textContent"))

    def test_follows_the_readers_setting_for_light_and_dark(self):
        self.show()
        light = self.browser.evaluate("getComputedStyle(document.body).backgroundColor")
        self.browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        dark = self.browser.evaluate("getComputedStyle(document.body).backgroundColor")
        self.browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
        self.assertEqual(light, "rgb(255, 255, 255)")
        self.assertNotEqual(dark, light)

    def test_a_large_graph_is_drawn_in_parts(self):
        script = "local orrery = require 'orrery'\nlocal g = orrery.graph 'long'\n" \
            "local x = g:input { x = { shape = { 8 } } }\nfor _ = 1, 4000 do x = x:relu() end\ng:output(x)\n"
        self.show(script)
        self.browser.settle()
        drawn = self.browser.evaluate("document.querySelectorAll('.boxes > .box').length")
        self.assertGreater(drawn, 2)
        self.assertLess(drawn, 400)
        self.browser.key("0")
        self.browser.settle()
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('.boxes > .box').length"), 0)
        self.assertGreater(self.browser.evaluate("document.querySelectorAll('.far path').length"), 1)


if __name__ == "__main__":
    unittest.main()
