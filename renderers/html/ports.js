// Names of inputs at the ends of their lines, as port_names.cpp places them: whole where all of a box have room
// between lines and texts, else their first letters.

const ports = (() => {
  const BESIDE = 1.8, ABOVE = 0.8;
  const { metrics } = model;

  const spanned = (a, b) =>
    ({ x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) });
  const overlap = (a, b) =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

  // Left or right of a line that goes down or up, above or below one that goes to the side.
  function place(name, path, before) {
    const tip = path[path.length - 1], from = path[path.length - 2];
    const width = composer.textWidth(name, metrics.shape), height = composer.lineHeight(metrics.shape);
    if (from.y === tip.y) {
      const x = from.x < tip.x ? tip.x - width - 1 : tip.x + 1;
      return { x, y: before ? tip.y - height - ABOVE : tip.y + ABOVE, width, height };
    }
    const y = from.y < tip.y ? tip.y - height - ABOVE : tip.y + ABOVE;
    return { x: before ? tip.x - BESIDE - width : tip.x + BESIDE, y, width, height };
  }

  // What is to be written where; `taken` grows by it.
  function placed(ends, taken, lines, whole) {
    const result = [];
    for (const { name, path } of ends) {
      const words = whole ? name : name[0].toUpperCase();
      const at = [true, false].map((before) => place(words, path, before)).find((one) =>
        !taken.some((other) => overlap(other, one)) && !lines.some((line) => overlap(shapes.grown(line, 0.7), one)));
      if (!at && words.length > 1) return null;
      if (!at) continue;
      taken.push(at);
      result.push({ words, at });
    }
    return result;
  }

  // Of a drawing: texts and their places.
  function names(drawing) {
    const taken = [], lines = [], named = new Map();
    for (const line of drawing.lines) {
      if (line.label) taken.push(line.label_at);
      for (const { to, name, path } of line.readers) {
        for (let i = 1; i < path.length; ++i) lines.push(spanned(path[i - 1], path[i]));
        if (name) named.set(to, [...(named.get(to) ?? []), { name, path }]);
      }
    }
    return [...named.values()].flatMap((ends) => {
      const before = taken.length;
      const whole = placed(ends, taken, lines, true);
      if (whole) return whole;
      taken.length = before;
      return placed(ends, taken, lines, false);
    });
  }

  return { names };
})();
