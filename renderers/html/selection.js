// Which box is selected, what it is linked to, and how the keyboard goes from one to the next.

const selection = (() => {
  const said = document.getElementById("said");
  const listeners = [];
  let trace = "";  // "up", "down", "both": what is lit besides the box

  // The box of the drawing where a box of the model is to be seen: itself, what it repeats, or the shut block around.
  function seenBox(origin, drawing = scene.drawing) {
    if (origin === undefined || origin === null) return null;
    for (const wanted of [origin, ...model.around(origin)]) {
      const box = drawing.boxes.find((one) => one.origin === wanted || one.members.includes(wanted));
      if (box && box.index > 0) return box;
    }
    return null;
  }

  const selected = () => (state.now.selected === null ? null : seenBox(model.byPath.get(state.now.selected)));

  // The box and all that is drawn inside of it.
  function within(box) {
    const inside = new Set([box.index]);
    for (const other of scene.drawing.boxes) if (other.index > box.index && inside.has(other.frame)) inside.add(other.index);
    return inside;
  }

  // Boxes and lines that a value of the box goes through (down) or comes from (up).
  function reached(box, direction) {
    const boxes = within(box), lines = new Set();
    const { drawing } = scene;
    const next = new Map();
    drawing.lines.forEach((line, index) => {
      for (const reader of line.readers) {
        const [from, to] = direction === "down" ? [line.from, reader.to] : [reader.to, line.from];
        if (!next.has(from)) next.set(from, []);
        next.get(from).push([to, index]);
      }
    });
    const open = [...boxes];
    while (open.length) {
      for (const [to, line] of next.get(open.pop()) ?? []) {
        lines.add(line);
        if (boxes.has(to)) continue;
        boxes.add(to);
        open.push(to);
      }
    }
    return { boxes, lines };
  }

  function traced(box) {
    const boxes = within(box), lines = new Set();
    for (const direction of trace === "both" ? ["up", "down"] : [trace]) {
      const part = reached(box, direction);
      for (const one of part.boxes) boxes.add(one);
      for (const one of part.lines) lines.add(one);
    }
    // Frames around what is lit stay as they are.
    for (const index of [...boxes]) {
      for (let frame = scene.drawing.boxes[index].frame; frame > 0; frame = scene.drawing.boxes[frame].frame) boxes.add(frame);
    }
    return { boxes, lines };
  }

  function mark() {
    const box = selected();
    const lit = box && trace ? traced(box) : null;
    scene.mark((part) => {
      if (part.layer === "far") return lit ? "dim" : "";
      const touches = part.line !== undefined && box && !lit &&
        (scene.drawing.lines[part.line].from === box.index ||
          scene.drawing.lines[part.line].readers.some((reader) => reader.to === box.index));
      if (part.box) {
        if (part.box === box) return "selected";
        return lit && !lit.boxes.has(part.box.index) ? "dim" : "";
      }
      if (lit) return lit.lines.has(part.line) ? (part.layer === "lines" ? "traced" : "") : "dim";
      return touches && part.layer === "lines" ? "traced" : "";
    });
  }

  function select(origin, { quiet = false } = {}) {
    state.now.selected = origin === null ? null : model.boxes[origin].path;
    if (origin === null) trace = "";
    update();
    if (!quiet && origin !== null) {
      const box = selected();
      said.textContent = composer.titleOf(box) + ", " + (model.boxes[origin].path || "drawing");
    }
  }

  function update() {
    mark();
    for (const listener of listeners) listener();
    state.keep();
  }

  function setTrace(direction) {
    trace = trace === direction ? "" : direction;
    update();
  }

  const middle = (box) => ({ x: box.at.x + box.at.width / 2, y: box.at.y + box.at.height / 2 });

  // The nearest box that lies in the direction of an arrow key.
  function neighbour(box, dx, dy) {
    const from = middle(box);
    let best = null, least = Infinity;
    for (const other of scene.drawing.boxes) {
      if (other.index === 0 || other === box) continue;
      if (other.kind === model.FRAME && within(other).has(box.index)) continue;
      const to = middle(other);
      const ahead = (to.x - from.x) * dx + (to.y - from.y) * dy;
      const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
      if (ahead <= 1 || aside > ahead * 3 + 60) continue;
      const far = ahead + aside * 2;
      if (far < least) { least = far; best = other; }
    }
    return best;
  }

  function move(dx, dy) {
    const box = selected();
    const next = box ? neighbour(box, dx, dy) : scene.drawing.boxes[1];
    if (!next) return;
    select(next.origin);
    camera.reveal(next.at);
  }

  function moveOut() {
    const box = selected();
    if (box && box.frame > 0) select(scene.drawing.boxes[box.frame].origin);
  }

  return { select, selected, seenBox, update, setTrace, move, moveOut, get trace() { return trace; },
    onChange: (listener) => listeners.push(listener) };
})();
