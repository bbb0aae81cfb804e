// From what the reader chose to boxes and lines with their places. Which boxes there are, how they repeat and
// where they stand the engine tells; texts that depend on it are written here.

const composer = (() => {
  const SHUT = 1, ALONE = 2, BETWEEN = 3.5;
  const PILL = 1, FUNNEL = 2, CIRCLE = 4;
  const { metrics, styles, advances, looks } = model;

  function textWidth(text, style) {
    const [size, bold] = styles[style];
    let width = 0;
    for (const letter of text) width += advances[letter]?.[bold] ?? 0.6;
    return width * size;
  }

  const lineHeight = (style) => styles[style][0] * metrics.line_height;
  const lineWidth = (runs) =>
    runs.reduce((sum, [text, style]) => sum + textWidth(text, style), 0) + BETWEEN * Math.max(0, runs.length - 1);

  // As sketch_boxes.cpp sizes a box.
  function leafSize(look) {
    const heights = look.lines.map((runs) => Math.max(...runs.map((run) => lineHeight(run[1]))));
    const [padX, padY] = metrics.padding;
    const [plotsWidth, plotsHeight] = look.plots?.size ?? [0, 0];
    const height = heights.reduce((a, b) => a + b, 2 * padY + plotsHeight);
    const ends = look.shape === PILL || look.shape === FUNNEL ? height / 4 : 0;
    const width = Math.max(plotsWidth, ...look.lines.map(lineWidth)) + 2 * padX + 2 * ends;
    return [Math.max(metrics.least, width), height];
  }

  function frameSize(look) {
    const heights = look.lines.map((runs) => Math.max(...runs.map((run) => lineHeight(run[1]))));
    return [Math.max(...look.lines.map(lineWidth)), heights.reduce((a, b) => a + b, metrics.padding[1])];
  }

  // A look with another title, another count of operations, or a tag.
  function rewritten(look, frame, { title, detail, tag }) {
    const copy = { ...look, lines: look.lines.map((runs) => runs.map((run) => [...run])) };
    const heading = frame ? metrics.frame_title : metrics.title;
    const at = copy.lines.findIndex((runs) => runs[0] && runs[0][1] === heading);
    if (title !== undefined) {
      if (at >= 0) copy.lines[at][0][0] = title;
      else copy.lines = [[[title, heading, 0]]];
      if (copy.shape === CIRCLE) copy.shape = model.palette.roles[copy.role].shape;
    }
    if (detail !== undefined && copy.lines[at + 1]) copy.lines[at + 1][0][0] = detail;
    if (tag && frame) copy.lines[0].push([tag, metrics.detail, 1]);
    if (tag && !frame) {
      if (copy.shape === CIRCLE) {
        copy.shape = model.palette.roles[copy.role].shape;
        copy.lines = copy.lines.map((runs) => runs.map(([text]) => [text, metrics.title, 0]));
      }
      copy.lines.push([[tag, metrics.detail, 1]]);
    }
    copy.size = frame ? frameSize(copy) : leafSize(copy);
    return copy;
  }

  const plainTitle = (index) => state.now.titles.get(index) ?? model.boxes[index].title;

  // `0 … 11 ×12`, as fold_repeats.cpp names repeats.
  function titleOf(box) {
    const first = plainTitle(box.origin);
    if (box.repeat < 2) return first;
    const last = plainTitle(box.members[box.members.length - 1]);
    return first + (first === last ? "" : " … " + last) + (box.shared ? " shared ×" : " ×") + box.repeat;
  }

  function operations(box) {
    const count = box.nodes + (box.nodes === 1 ? " operation" : " operations");
    return box.members.length > 1 ? box.members.length + " × " + count : count;
  }

  function lookOf(box) {
    const known = model.boxes[box.origin];
    const frame = box.kind === model.FRAME;
    const look = looks[box.kind === model.FOLDED ? known.folded : known.look];
    const changes = {};
    if (box.repeat > 1 || state.now.titles.has(box.origin)) changes.title = titleOf(box);
    if (box.kind === model.FOLDED && box.members.length > 1) changes.detail = operations(box);
    if (state.now.tags.has(box.origin)) changes.tag = state.now.tags.get(box.origin);
    return Object.keys(changes).length && box.origin > 0 ? rewritten(look, frame, changes) : look;
  }

  function bytesOf(parts) {
    const each = parts.map((part) => part.bytes);
    if (each.some((bytes) => !bytes || bytes[1] !== each[0][1])) return "";
    return ", " + each[0][1] + overlays.text(each.reduce((sum, bytes) => sum + bytes[0], 0), "B");
  }

  function labelOf(line, boxes) {
    if (line.parts.length > 1) return line.parts.length + " values" + bytesOf(line.parts);
    const value = line.parts[0];
    if (line.readers.some((reader) => reader.faulty)) return value.label;
    if (state.now.shapes === "none") return value.tag ?? "";
    if (state.now.shapes === "all" || boxes[line.from].kind === model.FOLDED) return value.label;
    return value.changes ? value.usual ?? value.label : "";
  }

  function read(ints) {
    let at = 0;
    const next = () => ints[at++];
    const some = (count, one) => Array.from({ length: count }, one);
    const boxes = some(next(), () => {
      const [origin, kind, frame, repeat, shared, nodes] = some(6, next);
      return { origin, kind, frame, repeat, shared: shared === 1, nodes, members: some(next(), next) };
    });
    const lines = some(next(), () => {
      const from = next(), output = next();
      const parts = some(next(), () => model.value(next(), next()));
      const readers = some(next(), () => {
        const [to, port, node, input, count, faulty] = some(6, next);
        const name = model.ports[node + "." + input];
        return { to, port, node, input, count, name, faulty: faulty === 1 };
      });
      return { from, output, parts, readers };
    });
    return { boxes, lines };
  }

  function sizesOf({ boxes, lines }) {
    const sizes = [...metrics.spacing];
    for (const box of boxes) {
      box.look = lookOf(box);
      sizes.push(...box.look.size, box.look.ends ? 0 : 1, box.look.after ?? 0);
    }
    for (const line of lines) {
      line.label = labelOf(line, boxes);
      const known = line.parts.length === 1 && line.parts[0].label === line.label;
      const width = known ? line.parts[0].size : textWidth(line.label, metrics.shape);
      sizes.push(width, line.label ? lineHeight(metrics.shape) : 0);
    }
    return sizes;
  }

  function place(drawing, reals) {
    let at = 0;
    const next = () => reals[at++];
    const rect = () => ({ x: next(), y: next(), width: next(), height: next() });
    drawing.width = next();
    drawing.height = next();
    for (const box of drawing.boxes) {
      box.at = rect();
      box.title = rect();
    }
    for (const line of drawing.lines) {
      line.label_at = rect();
      for (const reader of line.readers) {
        reader.path = Array.from({ length: next() }, () => ({ x: next(), y: next() }));
      }
    }
    return drawing;
  }

  function compose() {
    const flags = model.boxes.map((box) =>
      (state.now.shut.has(box.index) ? SHUT : 0) + (state.now.alone.has(box.index) ? ALONE : 0));
    const drawing = read(engine.compose(flags, model.fold));
    place(drawing, engine.arrange(sizesOf(drawing)));
    const directions = state.flows();
    drawing.boxes.forEach((box, index) => {
      box.index = index;
      box.direction = directions[box.origin];
      box.depth = box.frame < 0 ? -1 : drawing.boxes[box.frame].depth + 1;
      box.path = model.boxes[box.origin].path;
    });
    return drawing;
  }

  return { compose, titleOf, operations, textWidth, BETWEEN, lineHeight, lineWidth };
})();
