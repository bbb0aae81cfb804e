// The drawing as SVG. Of a large one only what is in view is there; from afar, only outlines, joined by colour.

const scene = (() => {
  const NS = "http://www.w3.org/2000/svg";
  const MANY = 1500;        // boxes that are drawn all at once
  const READABLE = 0.32;    // the scale from which on details of a large drawing are drawn
  const COPY = 2.2;         // between a repeated block and the next one of its stack
  const ASCENT = 0.928;     // of DejaVu Sans
  const svg = document.getElementById("drawing");
  const world = make("g", { id: "world" }, svg);
  const layers = {};
  for (const name of ["far", "frames", "lines", "boxes", "labels"]) layers[name] = make("g", { class: name }, world);
  const { styles, metrics, palette } = model;

  let drawing = null, heats = new Map(), live = new Map(), classes = () => "";

  function make(tag, attributes, parent) {
    const element = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    parent?.append(element);
    return element;
  }

  const role = (look) => "role-" + palette.roles[look.role].name;

  function font(style) {
    const [size, bold] = styles[style];
    return bold ? { "font-size": size, "font-weight": "bold" } : { "font-size": size };
  }

  // A line of texts side by side. Their baselines are those of the largest.
  function text(runs, x, y, anchor, parent) {
    const largest = runs.reduce((best, run) => (styles[run[1]][0] > styles[best[1]][0] ? run : best), runs[0]);
    const height = composer.lineHeight(largest[1]);
    const words = runs.filter((run) => !run[3]), letters = runs.slice(words.length);
    const begin = letters.length && anchor === "middle" ? x - composer.lineWidth(runs) / 2 : x;
    const attributes = { x: begin, y: y + styles[largest[1]][0] * ASCENT, "text-anchor": letters.length ? "start" : anchor };
    const line = make("text", attributes, parent);
    words.forEach(([told, style, colour], index) => {
      const look = { class: "ink" + colour, ...font(style) };
      if (index > 0) look.dx = composer.BETWEEN;
      make("tspan", look, line).textContent = told;
    });
    let at = begin + (words.length ? composer.lineWidth(words) + composer.BETWEEN : 0);
    for (const run of letters) at += letter(run, at, y, height, parent) + composer.BETWEEN;
    return height;
  }

  // The letter of a governor on its disc, in the middle of a line.
  function letter(run, x, y, height, parent) {
    const width = composer.runWidth(run), high = composer.lineHeight(run[1]), size = styles[run[1]][0] * composer.LETTER;
    const group = make("g", { class: "letter" }, parent);
    make("path", { d: shapes.rounded({ x, y: y + (height - high) / 2, width, height: high }, high / 2) }, group);
    const place = { x: x + width / 2, y: y + height / 2 + size * (ASCENT - metrics.line_height / 2) };
    make("text", { ...place, "text-anchor": "middle", "font-size": size, "font-weight": "bold" }, group).textContent = run[0];
    return width;
  }

  function copies(box, corner, parent) {
    for (let copy = Math.min(box.repeat, 3) - 1; copy > 0; --copy) {
      const at = { ...box.at, x: box.at.x + COPY * copy, y: box.at.y - COPY * copy };
      make("path", { d: shapes.rounded(at, corner), class: "copy" }, parent);
    }
  }

  function toggle(x, y, open, parent) {
    const button = make("g", { class: "toggle", transform: `translate(${x} ${y})` }, parent);
    make("circle", { r: 4.6 }, button);
    make("path", { d: open ? "M-2.2 0h4.4" : "M-2.2 0h4.4M0 -2.2v4.4" }, button);
  }

  function frame(box) {
    const group = make("g", { class: "frame " + (box.depth % 2 ? "odd" : "even"), "data-box": box.index });
    copies(box, metrics.corner + 1.5, group);
    make("path", { d: shapes.rounded(box.at, metrics.corner + 1.5), class: "outline" }, group);
    let y = box.title.y + metrics.padding[1] * 0.7;
    for (const runs of box.look.lines) y += text(runs, box.title.x, y, "start", group);
    toggle(box.at.x + box.at.width - 1, box.at.y + 1, true, group);
    return group;
  }

  // Small plots inside a box, as inset.cpp painted them.
  function plots(marks, x, y, parent) {
    const group = make("g", { class: "plots", transform: `translate(${x} ${y})` }, parent);
    for (const { d, image, text: words, at, size, style, fill, stroke, width, dashes } of marks) {
      if (words !== undefined) {
        const place = { x: at[0], y: at[1] + styles[style][0] * ASCENT };
        make("text", { ...place, fill, ...font(style) }, group).textContent = words;
      } else if (image) {
        const place = { x: at[0], y: at[1], width: size[0], height: size[1], preserveAspectRatio: "none" };
        make("image", { href: image, ...place }, group);
      } else {
        const line = stroke ? { stroke, "stroke-width": width } : {};
        make("path", { d, fill, ...line, ...(dashes ? { "stroke-dasharray": dashes } : {}) }, group);
      }
    }
  }

  // A note across the flow, with a stroke as long as it between them.
  function beside({ lines, size: [width, height] }, at, down, parent) {
    const GAP = composer.BESIDE_NOTE;
    const x = down ? at.x + at.width + GAP : at.x + (at.width - width) / 2;
    let y = down ? at.y + (at.height - height) / 2 : at.y + at.height + GAP;
    make("path", { d: down ? `M${x - GAP / 2} ${y}v${height}` : `M${x} ${y - GAP / 2}h${width}`, class: "aside" }, parent);
    for (const runs of lines) y += text(runs, x, y, "start", parent);
  }

  function portNames() {
    return ports.names(drawing).map(({ words, at }) => {
      const label = make("text", { x: at.x, y: at.y + styles[metrics.shape][0] * ASCENT, class: "label", ...font(metrics.shape) });
      label.textContent = words;
      return label;
    });
  }

  function leaf(box) {
    const { at, look } = box;
    const group = make("g", { class: "box " + role(look), "data-box": box.index });
    copies(box, metrics.corner, group);
    make("path", { d: shapes.outline(look.shape, at, drawing.boxes[box.frame].direction), class: "outline" }, group);
    if (look.shape === shapes.TWOFOLD) make("path", { d: shapes.inner(at), class: "inner" }, group);
    if (look.mark) make("path", { d: shapes.strip(look.mark, at), class: "mark" }, group);
    const heights = look.lines.map((runs) => Math.max(...runs.map((run) => composer.lineHeight(run[1]))));
    const [plotsWidth, plotsHeight] = look.plots?.size ?? [0, 0];
    let y = at.y + (at.height - heights.reduce((a, b) => a + b, plotsHeight)) / 2;
    for (const runs of look.lines) y += text(runs, at.x + at.width / 2, y, "middle", group);
    if (look.plots) plots(look.plots.marks, at.x + (at.width - plotsWidth) / 2, y, group);
    if (look.beside) beside(look.beside, at, drawing.boxes[box.frame].direction % 2 === 0, group);
    if (box.kind === model.FOLDED) toggle(at.x + at.width - 1, at.y + 1, false, group);
    return group;
  }

  function boxElement(box) {
    const element = box.kind === model.FRAME ? frame(box) : leaf(box);
    const known = model.boxes[box.origin];
    if (known.errors) element.classList.add("error");
    else if (known.warnings) element.classList.add("warning");
    const heat = heats.get(box.index) ?? (box.look.paint && { paint: box.look.paint });
    if (heat) for (const [name, colour] of Object.entries(heat.paint)) element.style.setProperty("--" + name, colour);
    return element;
  }

  function line(entry, index) {
    const group = make("g", { class: "line", "data-line": index });
    const ways = entry.readers.map((reader) => reader.path);
    const { tails, forks } = paths.tails(ways);
    const d = tails.map((tail) => paths.rounded(tail, metrics.corner, forks)).join("");
    make("path", { d, class: "reach" }, group);
    make("path", { d, class: "way" }, group);
    for (const fork of forks) make("circle", { cx: fork.x, cy: fork.y, r: 1.5 }, group);
    make("path", { d: ways.map(paths.arrow).join(""), class: "head" }, group);
    for (const reader of entry.readers) {
      if (reader.faulty) make("path", { d: paths.rounded(reader.path, metrics.corner, []), class: "faulty" }, group);
      number(reader, group);
    }
    return group;
  }

  // `a − b` is not `b − a`: lines into such a symbol are numbered.
  function number(reader, parent) {
    const { look } = drawing.boxes[reader.to];
    if (look.shape !== shapes.CIRCLE || ["+", "×"].includes(look.lines[0]?.[0][0])) return;
    const tip = reader.path[reader.path.length - 1], from = reader.path[reader.path.length - 2];
    const size = styles[metrics.port][0];
    const x = from.y === tip.y ? tip.x + (from.x < tip.x ? -5 : 2) : tip.x - 6;
    const y = from.y === tip.y || from.y > tip.y ? tip.y + 1.5 + size : tip.y - 2.5;
    make("text", { x, y, class: "port", "font-size": size }, parent).textContent = reader.port + 1;
  }

  function label(entry, index) {
    const { x, y } = entry.label_at;
    const attributes = { x, y: y + styles[metrics.shape][0] * ASCENT, class: "label", "data-line": index };
    const element = make("text", { ...attributes, ...font(metrics.shape) });
    element.textContent = entry.label;
    return element;
  }

  // ---- what is there ------------------------------------------------------------------------------------------------

  // Frames lie below their contents: their order is kept.
  function parts() {
    const list = [];
    for (const box of drawing.boxes) {
      if (box.index === 0) continue;
      const layer = box.kind === model.FRAME ? "frames" : "boxes";
      list.push({ key: "b" + box.index, layer, at: shapes.grown(box.at, 6), make: () => boxElement(box), box });
    }
    drawing.lines.forEach((entry, index) => {
      const points = entry.readers.flatMap((reader) => reader.path);
      const xs = points.map((p) => p.x), ys = points.map((p) => p.y);
      const x = Math.min(...xs), y = Math.min(...ys);
      const at = { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
      list.push({ key: "l" + index, layer: "lines", at, make: () => line(entry, index), line: index });
      if (entry.label) {
        list.push({ key: "t" + index, layer: "labels", at: entry.label_at, make: () => label(entry, index), line: index });
      }
    });
    return list;
  }

  let all = [], near = true;

  function add(part) {
    const element = part.make();
    element.classList.add(...classes(part).split(" ").filter(Boolean));
    live.set(part.key, { element, part });
    return element;
  }

  function clear() {
    for (const name of ["frames", "lines", "boxes", "labels"]) layers[name].replaceChildren();
    live = new Map();
  }

  function addAll() {
    const groups = {};
    for (const part of all) (groups[part.layer] ??= []).push(add(part));
    for (const [name, elements] of Object.entries(groups)) layers[name].replaceChildren(...elements);
    layers.labels.append(...portNames());
  }

  const meet = (a, b) =>
    a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;

  function addVisible(view) {
    const groups = { frames: [], lines: [], boxes: [], labels: [] };
    const kept = new Map();
    for (const part of all) {
      if (!meet(part.at, view)) continue;
      const known = live.get(part.key);
      groups[part.layer].push(known ? known.element : add(part));
      kept.set(part.key, live.get(part.key));
    }
    for (const [name, elements] of Object.entries(groups)) layers[name].replaceChildren(...elements);
    live = kept;
  }

  // Outlines alone, as few elements as there are colours.
  function outlines() {
    const joined = new Map();
    const join = (key, d) => joined.set(key, (joined.get(key) ?? "") + d);
    for (const box of drawing.boxes) {
      if (box.index === 0) continue;
      const { x, y, width, height } = box.at;
      const heat = heats.get(box.index)?.paint.fill ?? "";
      const kind = box.kind === model.FRAME ? "frame " + (box.depth % 2 ? "odd" : "even") : "box " + role(box.look);
      const order = box.kind === model.FRAME ? String(box.depth).padStart(4, "0") : "9999";
      join([order, kind, heat].join("|"), `M${x} ${y}h${width}v${height}h${-width}z`);
    }
    const elements = [...joined].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, d]) => {
      const [, kind, heat] = key.split("|");
      const group = make("g", { class: kind });
      if (heat) group.style.setProperty("--fill", heat);
      make("path", { d, class: "outline" }, group);
      return group;
    });
    const ways = drawing.lines.flatMap((entry) => entry.readers.map((reader) => reader.path));
    const d = ways.map((way) => "M" + way.map((p) => `${p.x} ${p.y}`).join("L")).join("");
    const lines = make("g", { class: "line" });
    make("path", { d, class: "way" }, lines);
    const frames = elements.filter((element) => element.classList.contains("frame"));
    return [...frames, lines, ...elements.filter((element) => !element.classList.contains("frame"))];
  }

  const isLarge = () => drawing.boxes.length > MANY;

  // Boxes glide from where they were, and what is new fades in: so the eye can follow. `shift`: by how much the
  // camera will move along.
  function glide(before, shift) {
    const MOST = 600, timing = { duration: 180, easing: "ease-out" };
    if (!before.size || live.size > 4 * MOST || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const { element, part } of live.values()) {
      const from = part.box && before.get(part.box.origin);
      if (!from) {
        element.animate([{ opacity: 0 }, {}], timing);
        continue;
      }
      const x = from.x + shift.x - part.box.at.x, y = from.y + shift.y - part.box.at.y;
      if (x || y) element.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], timing);
    }
  }

  // `shift`: null where the drawing is another and nothing shall glide.
  function draw(next, nextHeats, shift) {
    const before = new Map(shift && !isLarge() ? drawing.boxes.map((box) => [box.origin, box.at]) : []);
    drawing = next;
    heats = nextHeats;
    all = parts();
    clear();
    layers.far.replaceChildren(...(isLarge() ? outlines() : []));
    if (!isLarge()) addAll();
    if (!isLarge() && shift) glide(before, shift);
    near = !isLarge();
  }

  // `view`: the part of the drawing that is seen.
  function show(view, scale) {
    if (!drawing || !isLarge()) {
      layers.far.style.display = "none";
      return;
    }
    near = scale >= READABLE;
    layers.far.style.display = near ? "none" : "";
    if (near) addVisible(shapes.grown(view, 60 / scale));
    else if (live.size) clear();
  }

  // Words that an element is to have as classes besides its own: asked of each part now, and when it appears.
  const MARKS = ["selected", "traced", "dim", "found"];
  function mark(told) {
    classes = told;
    for (const { element, part } of live.values()) {
      element.classList.remove(...MARKS);
      element.classList.add(...classes(part).split(" ").filter(Boolean));
    }
    layers.far.classList.toggle("dim", classes({ layer: "far" }) === "dim");
  }

  const moved = (view) => world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
  return { svg, make, draw, show, mark, moved, outlines, shapeOf: shapes.outline, get drawing() { return drawing; } };
})();
