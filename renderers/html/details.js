// What is known of the selected box, at the side, and of the one under the pointer.

const details = (() => {
  const panel = document.getElementById("details");
  const hint = document.getElementById("hint");
  const AROUND = 3;  // lines of the script before and behind the box's own

  // Texts are set as text: a name with markup in it is shown, not obeyed.
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== false) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  }

  const factOf = (box) => model.facts[model.boxes[box.origin].fact];

  function table(title, rows) {
    if (!rows.length) return null;
    const body = rows.map((cells) => element("tr", {}, ...cells.map((cell, i) =>
      element(i ? "td" : "th", i ? {} : { scope: "row" }, cell))));
    return element("section", {}, element("h3", {}, title), element("table", {}, element("tbody", {}, ...body)));
  }

  function optionRows(fact) {
    const telling = (fact.options ?? []).filter((option) => option[2]);
    const usual = (fact.options ?? []).filter((option) => !option[2]);
    return [...telling, ...usual].map(([name, value, tells]) =>
      [name, element("span", { class: tells ? "" : "usual" }, value)]);
  }

  const typeRows = (list) => (list ?? []).map(([name, shape, dtype]) => [name, shape, element("span", { class: "usual" }, dtype)]);

  function parameterRows(fact) {
    return (fact.parameters ?? []).map(([name, shape, dtype, kind]) =>
      [name, shape, element("span", { class: "usual" }, kind === "trained" ? dtype : dtype + ", " + kind)]);
  }

  function costRows(box) {
    return [...overlays.known.values()].map((overlay) => [overlay.title, overlays.told(overlay, box)])
      .filter(([, amount]) => amount);
  }

  const costCells = (box) => costRows(box).map(([title, amount]) => [title, element("span", { class: "amount" }, amount)]);

  function sourceOf(box) {
    const site = model.boxes[box.origin].site;
    if (!site) return null;
    const { file, text } = model.files[site[0]];
    return { file, line: site[1], lines: text === null ? null : text.split(/\r?\n/) };
  }

  function source(box) {
    const found = sourceOf(box);
    if (!found) return null;
    const heading = element("h3", {}, "Made at ", element("span", { class: "path" }, found.file + ":" + found.line));
    if (!found.lines) return element("section", {}, heading);
    const first = Math.max(1, found.line - AROUND), last = Math.min(found.lines.length, found.line + AROUND);
    const rows = [];
    for (let number = first; number <= last; ++number) {
      rows.push(element("div", { class: number === found.line ? "own" : "" },
        element("span", { class: "number" }, String(number)), found.lines[number - 1] || " "));
    }
    return element("section", {}, heading, element("pre", {}, ...rows));
  }

  function links(title, boxes) {
    const unique = [...new Set(boxes)];
    if (!unique.length) return null;
    const items = unique.slice(0, 40).map((box) => element("li", {},
      element("button", { type: "button", class: "link", onclick: () => actions.goTo(box.origin) },
        composer.titleOf(box), element("span", { class: "path" }, " " + box.path))));
    return element("section", {}, element("h3", {}, title), element("ul", {}, ...items));
  }

  function neighbours(box) {
    const { drawing } = scene;
    const inside = (index) => {
      for (let at = index; at >= 0; at = drawing.boxes[at].frame) if (at === box.index) return true;
      return false;
    };
    const reads = [], readBy = [];
    for (const line of drawing.lines) {
      for (const reader of line.readers) {
        if (inside(reader.to) && !inside(line.from)) reads.push(drawing.boxes[line.from]);
        if (inside(line.from) && !inside(reader.to)) readBy.push(drawing.boxes[reader.to]);
      }
    }
    return [links("Reads", reads), links("Read by", readBy)];
  }

  // What an optimizer or saver is about, and for other boxes by which they are updated or saved.
  function governed(box) {
    const isGovernor = ({ origin }) => model.boxes[origin].kind === model.GOVERNOR;
    const letters = composer.governorsOf(box);
    const found = (told) => scene.drawing.boxes.filter((other) =>
      isGovernor(other) !== isGovernor(box) && told(other).some((letter) => letters.includes(letter)));
    return isGovernor(box) ? links("Updates or saves", found(composer.lettersOf))
      : links("Updated or saved by", found(composer.governorsOf));
  }

  const button = (text, action, pressed) =>
    element("button", { type: "button", onclick: action, "aria-pressed": pressed === undefined ? false : String(pressed) }, text);

  function buttons(box) {
    const block = model.isBlock(box.origin);
    const repeats = box.repeat > 1;
    const apart = state.now.alone.has(box.origin);
    const place = box.index ? actions.row(box).indexOf(box) : 0, beside = actions.row(box).length;
    return element("div", { class: "actions" },
      block ? button(box.kind === model.FRAME ? "Shut" : "Open", () => actions.toggle(box)) : null,
      repeats ? button(`Show all ${box.repeat}`, () => actions.unfold(box)) : null,
      apart ? button("Fold repeats", () => actions.refold(box)) : null,
      place > 0 ? button("◂ Move", () => actions.shift(box, -1)) : null,
      place < beside - 1 ? button("Move ▸", () => actions.shift(box, 1)) : null,
      button("Upstream", () => selection.setTrace("up"), selection.trace === "up"),
      button("Downstream", () => selection.setTrace("down"), selection.trace === "down"),
      button("Both", () => selection.setTrace("both"), selection.trace === "both"));
  }

  function field(label, value, change) {
    return element("label", {}, label, element("input", { type: "text", value, maxlength: 80, spellcheck: "false",
      onchange: (event) => change(event.target.value) }));
  }

  function directions(box) {
    const now = state.now.directions.get(box.origin) ?? model.boxes[box.origin].direction;
    const choose = element("select", { onchange: (event) => actions.turn(box.origin, Number(event.target.value)) },
      ...["south", "east", "north", "west"].map((word, index) =>
        element("option", { value: index, selected: index === now }, word)));
    return element("label", {}, "Flows ", choose);
  }

  function changes(box) {
    const { origin } = box;
    return element("section", { class: "changes" }, element("h3", {}, "In the drawing"),
      field("Title", state.now.titles.get(origin) ?? model.boxes[origin].title, (text) => actions.rename(origin, text)),
      field("Tag", state.now.tags.get(origin) ?? "", (text) => actions.tag(origin, text)),
      box.kind === model.FRAME ? directions(box) : null);
  }

  function codes(known) {
    const list = [...(known.errors ?? []).map((code) => [code, "error"]), ...(known.warnings ?? []).map((code) => [code, "warning"])];
    return list.map(([code, kind]) => element("p", { class: kind }, (kind === "error" ? "Error: " : "Warning: ") + code));
  }

  function update() {
    const box = selection.selected();
    panel.hidden = !box;
    if (!box) return;
    const known = model.boxes[box.origin];
    const fact = box.kind === model.FRAME || box.kind === model.FOLDED ? {} : factOf(box) ?? {};
    const repeats = box.members.length > 1 ? element("p", {}, `Stands for ${box.members.length} like it: ` +
      model.boxes[box.members[0]].path + " … " + model.boxes[box.members[box.members.length - 1]].path) : null;
    const kind = model.isBlock(box.origin) ? "Block" : fact.operation ?? (known.kind === model.GOVERNOR ? "Governor" : "Output");
    panel.replaceChildren(...[
      element("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => selection.select(null) }, "×"),
      element("h2", {}, composer.titleOf(box)),
      element("p", { class: "path" }, box.path),
      element("p", { class: "kind" }, kind + (fact.category ? " · " + fact.category : "")),
      fact.doc ? element("p", {}, fact.doc) : null, repeats, ...codes(known), buttons(box),
      table("Options", optionRows(fact)), table("Inputs", typeRows(fact.inputs)), table("Outputs", typeRows(fact.outputs)),
      table("Parameters", parameterRows(fact)), table("Cost", costCells(box)), source(box), ...neighbours(box), governed(box),
      changes(box),
    ].filter(Boolean));
  }

  // ---- under the pointer --------------------------------------------------------------------------------------------

  function boxHint(box) {
    const fact = factOf(box) ?? {};
    const block = box.kind === model.FRAME || box.kind === model.FOLDED;
    const found = sourceOf(box);
    const options = (fact.options ?? []).filter((option) => option[2]).map(([name, value]) => name + " = " + value).join(", ");
    const shapesOf = (list) => (list ?? []).map(([, shape, dtype]) => shape + " " + dtype).join(", ");
    const costs = costRows(box).map(([title, amount]) => title + ": " + amount);
    return [
      element("strong", {}, composer.titleOf(box)), element("span", { class: "path" }, " " + box.path),
      ...[block ? composer.operations(box) : options,
        !block && fact.inputs ? shapesOf(fact.inputs) + " → " + shapesOf(fact.outputs) : block ? "" : shapesOf(fact.outputs),
        ...(fact.parameters ?? []).map(([name, shape, dtype]) => `${name} ${shape} ${dtype}`), ...costs,
      ].filter(Boolean).map((text) => element("div", {}, text)),
      found ? element("div", { class: "code" }, found.file + ":" + found.line + (found.lines ? "  " + (found.lines[found.line - 1] ?? "").trim() : "")) : null,
    ];
  }

  function lineHint(line) {
    const from = scene.drawing.boxes[line.from];
    const to = line.readers.map((reader) => composer.titleOf(scene.drawing.boxes[reader.to])).slice(0, 6).join(", ");
    const types = line.parts.slice(0, 8).map((part) => part.shape + " " + part.dtype +
      (part.bytes ? ", " + part.bytes[1] + overlays.text(part.bytes[0], "B") : ""));
    return [element("strong", {}, composer.titleOf(from) + " → " + to), ...types.map((text) => element("div", {}, text)),
      line.parts.length > 8 ? element("div", {}, `and ${line.parts.length - 8} more`) : null];
  }

  function showHint(event, target) {
    const box = target?.dataset.box, line = target?.dataset.line;
    // A frame is large: it tells of itself where its title stands.
    const aside = target?.classList.contains("frame") && !event.target.closest("text, .toggle");
    if (aside || (box === undefined && line === undefined)) { hint.hidden = true; return; }
    const parts = box === undefined ? lineHint(scene.drawing.lines[line]) : boxHint(scene.drawing.boxes[box]);
    hint.replaceChildren(...parts.filter(Boolean));
    hint.hidden = false;
    const { width, height } = hint.getBoundingClientRect();
    const x = event.clientX + 16 + width > innerWidth ? event.clientX - width - 12 : event.clientX + 16;
    const y = event.clientY + 16 + height > innerHeight ? event.clientY - height - 12 : event.clientY + 16;
    hint.style.transform = `translate(${Math.max(4, x)}px, ${Math.max(4, y)}px)`;
  }

  selection.onChange(update);
  return { element, showHint, hideHint: () => { hint.hidden = true; }, update };
})();
