// Joins the parts: what a click or key does, and how the page begins.

const actions = (() => {
  let loaded = "";

  // Composes, draws and marks anew. `anchor`: a box of the model that stays where it is on the screen.
  function redraw(anchor) {
    const before = anchor === undefined || !scene.drawing ? null : selection.seenBox(anchor);
    const from = before && { x: before.at.x, y: before.at.y };
    const directions = state.flows(), places = state.places();
    const wanted = directions + ";" + places;
    if (loaded !== wanted) engine.load(directions, places);
    loaded = wanted;
    const drawing = composer.compose();
    const { paints, legend: told } = overlays.coloured(drawing);
    const after = from && selection.seenBox(anchor, drawing);
    scene.draw(drawing, paints, after && { x: after.at.x - from.x, y: after.at.y - from.y });
    legend.update(drawing, told);
    if (after) camera.keep(from, after.at);
    if (after) camera.contain();
    minimap.draw();
    camera.changed();
    selection.update();
  }

  // Repeats open and shut together: they are drawn once.
  const group = (box) => (box.members.length ? box.members : [box.origin]);

  function toggle(box) {
    if (!model.isBlock(box.origin)) return;
    const shut = box.kind === model.FRAME;
    for (const index of group(box)) {
      if (shut) state.now.shut.add(index);
      else state.now.shut.delete(index);
    }
    redraw(box.origin);
    document.getElementById("said").textContent = composer.titleOf(box) + (shut ? " shut" : " opened");
  }

  function unfold(box) {
    for (const index of group(box)) state.now.alone.add(index);
    redraw(box.origin);
  }

  function refold(box) {
    const { structure } = model.boxes[box.origin];
    for (const index of [...state.now.alone]) if (model.boxes[index].structure === structure) state.now.alone.delete(index);
    redraw(box.origin);
  }

  function every(shut) {
    state.now.shut = new Set(shut ? model.blocks : []);
    redraw();
    camera.begin();
  }

  // Opens the blocks around a box, and shows it.
  function goTo(origin) {
    const hidden = model.around(origin).filter((block) => state.now.shut.has(block));
    for (const block of hidden) state.now.shut.delete(block);
    if (hidden.length) redraw();
    selection.select(origin);
    const box = selection.selected();
    if (box) camera.reveal(box.at);
  }

  function change(map, origin, what, usual) {
    if (what === usual) map.delete(origin);
    else map.set(origin, what);
    redraw(origin);
  }

  const rename = (origin, text) =>
    change(state.now.titles, origin, text.trim() || model.boxes[origin].title, model.boxes[origin].title);
  const tag = (origin, text) => change(state.now.tags, origin, text.trim(), "");
  const turn = (origin, direction) => change(state.now.directions, origin, direction, model.boxes[origin].direction);

  // Boxes of one frame that stand beside a box, in their order across the flow.
  function row(box) {
    const { boxes } = scene.drawing;
    const down = boxes[box.frame].direction % 2 === 0;
    const [along, across] = down ? ["y", "x"] : ["x", "y"];
    const length = down ? "height" : "width";
    const beside = (other) => other.at[along] < box.at[along] + box.at[length] && box.at[along] < other.at[along] + other.at[length];
    return boxes.filter((other) => other.frame === box.frame && beside(other)).sort((a, b) => a.at[across] - b.at[across]);
  }

  // Lets a box change places with the one beside it: `by` is −1 or 1.
  function shift(box, by) {
    const list = row(box).map((one) => one.origin);
    const at = list.indexOf(box.origin), to = at + by;
    if (to < 0 || to >= list.length) return;
    [list[at], list[to]] = [list[to], list[at]];
    const frame = scene.drawing.boxes[box.frame].origin;
    const others = (state.now.order.get(frame) ?? []).filter((index) => !list.includes(index));
    state.now.order.set(frame, [...others, ...list]);
    redraw(box.origin);
  }

  return { redraw, row, shift, toggle, unfold, refold, every, goTo, rename, tag, turn };
})();

(() => {
  const byId = (id) => document.getElementById(id);

  // ---- pointer ------------------------------------------------------------------------------------------------------

  let dragged = null;
  const target = (event) => event.target.closest?.("[data-box], [data-line]");
  const place = (event) => {
    const { left, top } = scene.svg.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  scene.svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    details.hideHint();
    const pixels = event.deltaMode === 1 ? 24 : 1;
    if (event.shiftKey) camera.pan(-(event.deltaX || event.deltaY) * pixels, 0);
    else camera.zoom(Math.exp(-event.deltaY * pixels * (event.ctrlKey ? 0.01 : 0.0018)), place(event));
  }, { passive: false });
  scene.svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    dragged = { x: event.clientX, y: event.clientY, moved: false, target: target(event), button: event.target.closest(".toggle") };
  });
  window.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const dx = event.clientX - dragged.x, dy = event.clientY - dragged.y;
    if (!dragged.moved && Math.hypot(dx, dy) < 4) return;
    details.hideHint();
    scene.svg.classList.add("dragged");
    camera.pan(dx, dy);
    Object.assign(dragged, { x: event.clientX, y: event.clientY, moved: true });
  });
  window.addEventListener("pointerup", () => {
    if (dragged && !dragged.moved) click(dragged);
    dragged = null;
    scene.svg.classList.remove("dragged");
  });
  scene.svg.addEventListener("pointermove", (event) => { if (!dragged) details.showHint(event, target(event)); });
  scene.svg.addEventListener("pointerleave", details.hideHint);
  scene.svg.addEventListener("dblclick", (event) => {
    const { box } = target(event)?.dataset ?? {};
    if (box !== undefined && !event.target.closest(".toggle")) actions.toggle(scene.drawing.boxes[box]);
  });

  function click({ target: hit, button }) {
    details.hideHint();
    const box = hit?.dataset.box;
    if (box === undefined) return selection.select(null);
    if (button) return actions.toggle(scene.drawing.boxes[box]);
    return selection.select(scene.drawing.boxes[box].origin);
  }

  // ---- keys ---------------------------------------------------------------------------------------------------------

  const onSelected = (act) => () => {
    const box = selection.selected();
    if (box) act(box);
  };
  // A key, what it does, what the page tells of it, and how it is called there.
  const keys = [
    ["ArrowUp", () => selection.move(0, -1), "move to the next box that way", "↑ ↓ ← →"],
    ["ArrowDown", () => selection.move(0, 1)],
    ["ArrowLeft", () => selection.move(-1, 0)],
    ["ArrowRight", () => selection.move(1, 0)],
    ["Enter", onSelected(actions.toggle), "open or shut the selected block (or double-click)", "Enter"],
    [" ", onSelected(actions.toggle)],
    ["Backspace", selection.moveOut, "select the block around", "⌫"],
    ["u", () => selection.setTrace("up"), "light what the selected box depends on"],
    ["d", () => selection.setTrace("down"), "light what depends on it"],
    ["b", () => selection.setTrace("both"), "light both"],
    ["[", onSelected((box) => actions.shift(box, -1)), "change places with the box before it in its row"],
    ["]", onSelected((box) => actions.shift(box, 1)), "change places with the box behind it"],
    ["/", search.focus, "search"],
    ["e", () => actions.every(false), "open every block"],
    ["c", () => actions.every(true), "shut every block"],
    ["0", camera.whole, "show the whole drawing"],
    ["+", camera.zoomIn, "closer (or turn the wheel)"],
    ["=", camera.zoomIn],
    ["-", camera.zoomOut, "further away"],
    ["f", onSelected((box) => camera.centre(box.at)), "go to the selected box"],
    ["l", () => byId("legend-switch").click(), "explain the colours"],
    ["Escape", () => (selection.trace ? selection.setTrace(selection.trace) : selection.select(null)), "select nothing", "Esc"],
    ["?", () => byId("help").showModal(), "these keys"],
  ];

  function fillHelp() {
    const rows = keys.filter(([, , told]) => told)
      .map(([key, , told, shown]) => details.element("tr", {}, details.element("th", { scope: "row" },
        details.element("kbd", {}, shown ?? key)), details.element("td", {}, told)));
    byId("help").append(details.element("h2", {}, "Keys"), details.element("table", {}, details.element("tbody", {}, ...rows)),
      details.element("form", { method: "dialog" }, details.element("button", {}, "Close")));
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    if (event.target.matches("input, select, textarea")) return;
    if (event.target.matches("button, a") && (event.key === "Enter" || event.key === " ")) return;
    const known = keys.find(([key]) => key === event.key);
    if (!known) return;
    event.preventDefault();
    known[1]();
  });

  // ---- choices ------------------------------------------------------------------------------------------------------

  function choice(id, read, write) {
    const element = byId(id);
    element.addEventListener("change", () => {
      write(element.value);
      showChoices();
      actions.redraw();
    });
    return () => { element.value = read(); };
  }

  const updates = [
    choice("colour", () => state.now.colour, (word) => { state.now.colour = word; }),
    choice("scale", () => state.now.scale, (word) => { state.now.scale = word; }),
    choice("shapes", () => state.now.shapes, (word) => { state.now.shapes = word; }),
  ];

  function showChoices() {
    for (const update of updates) update();
    byId("scale-choice").hidden = ["kind", "structure"].includes(state.now.colour);
  }

  // `62 operations · 11.7 M parameters · 3.63 GFLOP`
  function fillSummary() {
    const operations = model.boxes.filter((box) => box.kind === model.OPERATION).length;
    const amounts = ["parameters", "flops"].map((name) => overlays.known.get(name))
      .filter((overlay) => overlay.total.get(0))
      .map((overlay) => overlays.text(overlay.total.get(0), overlay.unit) + (overlay.unit ? "" : " parameters"));
    byId("summary").textContent = [operations + (operations === 1 ? " operation" : " operations"), ...amounts].join(" · ");
  }

  function fillColours() {
    const kinds = [["kind", "by kind"], ["structure", "by structure"]];
    const measured = model.overlays.map((overlay) => [overlay.name, overlay.title]);
    byId("colour").append(...[...kinds, ...measured].map(([value, text]) => details.element("option", { value }, text)));
  }

  function listen() {
    byId("expand").addEventListener("click", () => actions.every(false));
    byId("collapse").addEventListener("click", () => actions.every(true));
    byId("whole").addEventListener("click", camera.whole);
    byId("export").addEventListener("click", cues.save);
    byId("help-switch").addEventListener("click", () => byId("help").showModal());
    byId("legend-switch").addEventListener("click", () => {
      state.now.legend = byId("legend").hidden;
      byId("legend").hidden = !state.now.legend;
      byId("legend-switch").setAttribute("aria-pressed", String(state.now.legend));
      state.keep();
    });
    overlays.dark.addEventListener("change", () => actions.redraw());
    window.addEventListener("pagehide", state.keep);
    window.addEventListener("resize", camera.changed);
  }

  // For those who watch a file, and for tests: docs/html_view.md.
  window.orreryView = {
    revision: document.documentElement.dataset.revision,
    state: state.saved,
    restore(data) {
      state.restore(data);
      begin();
    },
    cues: cues.collect,
    drawing: () => scene.drawing,
    select: (path) => actions.goTo(model.byPath.get(path)),
    toggle(path) {
      const box = selection.seenBox(model.byPath.get(path));
      if (box) actions.toggle(box);
    },
    reload() {
      state.keep();
      location.reload();
    },
  };

  function begin() {
    showChoices();
    const { camera: seen } = state.now;
    actions.redraw();
    if (seen) camera.set(seen);
    else camera.begin();
    document.documentElement.dataset.ready = "";
  }

  function failed(error) {
    document.querySelector("main").append(details.element("p", { class: "failure", role: "alert" },
      "This diagram cannot be drawn: " + error.message));
    throw error;
  }

  fillSummary();
  fillColours();
  fillHelp();
  listen();
  engine.start().then(() => {
    state.recall();
    begin();
  }).catch(failed);
})();
