// From what the reader chose to boxes and lines with their places. Which boxes there are, how they repeat and
// where they stand the engine tells; texts that depend on it are written here.

const composer = (() => {
  const SHUT = 1, ALONE = 2, BETWEEN = 3.5, BESIDE_NOTE = 7, LETTER = 0.8;
  const PILL = 1, FUNNEL = 2, CIRCLE = 4, ROUND_END = 20;
  const { metrics, styles, advances, looks } = model;

  function textWidth(text, style) {
    const [size, bold] = styles[style];
    let width = 0;
    for (const letter of text) width += advances[letter]?.[bold] ?? 0.6;
    return width * size;
  }

  const lineHeight = (style) => styles[style][0] * metrics.line_height;
  // A letter's disc is as high as a line, as box_lines.cpp has it; the letter is smaller.
  const runWidth = ([text, style, , disc]) =>
    disc ? Math.max(lineHeight(style), LETTER * textWidth(text, style) + 0.4 * lineHeight(style)) : textWidth(text, style);
  const lineWidth = (runs) => runs.reduce((sum, run) => sum + runWidth(run), 0) + BETWEEN * Math.max(0, runs.length - 1);

  // As sketch_boxes.cpp sizes a box.
  function leafSize(look) {
    const heights = look.lines.map((runs) => Math.max(...runs.map((run) => lineHeight(run[1]))));
    const [padX, padY] = metrics.padding;
    const [plotsWidth, plotsHeight] = look.plots?.size ?? [0, 0];
    const height = heights.reduce((a, b) => a + b, 2 * padY + plotsHeight);
    const ends = look.shape === PILL || look.shape === FUNNEL ? Math.min(height, 2 * ROUND_END) / 4 : 0;
    const width = Math.max(plotsWidth, ...look.lines.map(lineWidth)) + 2 * padX + 2 * ends;
    return [Math.max(metrics.least, width), height];
  }

  function frameSize(look) {
    const heights = look.lines.map((runs) => Math.max(...runs.map((run) => lineHeight(run[1]))));
    return [Math.max(...look.lines.map(lineWidth)), heights.reduce((a, b) => a + b, metrics.padding[1])];
  }

  // A look with another title, another count of operations, a tag, or letters of governors.
  function rewritten(look, frame, { title, detail, tag, letters }) {
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
    if (letters) (copy.lines[Math.max(at, 0)] ??= []).push(...letters.map((letter) => [letter, metrics.title, 0, true]));
    copy.size = frame ? frameSize(copy) : leafSize(copy);
    return copy;
  }

  const plainTitle = (index) => state.now.titles.get(index) ?? model.boxes[index].title;

  // `0 … 11 ×12`, as fold_repeats.cpp names repeats; what a user calls the first holds for all.
  function titleOf(box) {
    const first = plainTitle(box.origin);
    if (box.repeat < 2) return first;
    const named = model.boxes[box.origin].named && !state.now.titles.has(box.origin);
    const last = named ? first : plainTitle(box.members[box.members.length - 1]);
    return first + (first === last ? "" : " … " + last) + (box.shared ? " shared ×" : " ×") + box.repeat;
  }

  function operations(box) {
    const count = box.nodes + (box.nodes === 1 ? " operation" : " operations");
    return box.members.length > 1 ? box.members.length + " × " + count : count;
  }

  // Of the governors that update or save what is inside: of an open block, all of it.
  const governorsOf = ({ origin, kind }) => model.boxes[origin][kind === model.FRAME ? "all" : "some"] ?? [];

  // The same without those whose letter the block around bears.
  function lettersOf(box) {
    const around = model.boxes[model.boxes[box.origin].frame]?.all ?? [];
    return governorsOf(box).filter((letter) => !around.includes(letter));
  }

  function lookOf(box) {
    const known = model.boxes[box.origin];
    const frame = box.kind === model.FRAME;
    const look = looks[box.kind === model.FOLDED ? known.folded : known.look];
    const changes = {};
    if (box.repeat > 1 || state.now.titles.has(box.origin)) changes.title = titleOf(box);
    if (box.kind === model.FOLDED && box.members.length > 1) changes.detail = operations(box);
    if (state.now.tags.has(box.origin)) changes.tag = state.now.tags.get(box.origin);
    const letters = lettersOf(box);
    if (letters.length) changes.letters = letters;
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

  // Width, height, whether lines enter at the side, and what is kept free behind it: a note stands across the
  // flow, as sketch_boxes.cpp makes room for it.
  function roomOf(look, down) {
    const [width, height] = look.size;
    if (!look.beside) return [width, height, look.ends ? 0 : 1, 0];
    const [wide, high] = look.beside.size;
    return down ? [width, Math.max(height, high), 0, BESIDE_NOTE + wide] : [Math.max(width, wide), height, 0, BESIDE_NOTE + high];
  }

  function sizesOf({ boxes, lines }, directions) {
    const sizes = [...metrics.spacing];
    for (const box of boxes) {
      box.look = lookOf(box);
      sizes.push(...roomOf(box.look, directions[boxes[Math.max(box.frame, 0)].origin] % 2 === 0));
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
    const directions = state.flows();
    place(drawing, engine.arrange(sizesOf(drawing, directions)));
    drawing.boxes.forEach((box, index) => {
      box.index = index;
      box.direction = directions[box.origin];
      box.depth = box.frame < 0 ? -1 : drawing.boxes[box.frame].depth + 1;
      box.path = model.boxes[box.origin].path;
    });
    return drawing;
  }

  return { compose, titleOf, operations, governorsOf, lettersOf, textWidth, BETWEEN, BESIDE_NOTE, lineHeight, lineWidth, runWidth, LETTER };
})();
