// Ways of lines, as draw_boxes.cpp draws them: the lines of one value share their beginning, and each further one
// is drawn from where it leaves those before, with a dot there.

const paths = (() => {
  const same = (a, b) => a.x === b.x && a.y === b.y;

  function length(path) {
    let sum = 0;
    for (let i = 1; i < path.length; ++i) sum += Math.abs(path[i].x - path[i - 1].x) + Math.abs(path[i].y - path[i - 1].y);
    return sum;
  }

  function sharedEnd(from, a, b) {
    const part = (f, x, y) => ((x - f) * (y - f) <= 0 ? f : Math.abs(x - f) < Math.abs(y - f) ? x : y);
    if (a.x === from.x && b.x === from.x) return { x: from.x, y: part(from.y, a.y, b.y) };
    if (a.y === from.y && b.y === from.y) return { x: part(from.x, a.x, b.x), y: from.y };
    return from;
  }

  // What of a path is not on another one that begins at the same place.
  function tailOf(path, before) {
    let common = 0;
    while (common < path.length && common < before.length && same(path[common], before[common])) ++common;
    if (common === 0 || common === path.length) return path;
    const corner = path[common - 1], next = before[common] ?? corner;
    const tail = [sharedEnd(corner, path[common], next)];
    for (let i = common; i < path.length; ++i) if (!same(path[i], tail[tail.length - 1])) tail.push(path[i]);
    return tail.length > 1 ? tail : path;
  }

  // Each way's own part, and where they fork. Straighter ones come first, so that others leave them.
  function tails(ways) {
    const order = [...ways].sort((a, b) => a.length - b.length);
    const result = { tails: [], forks: [] };
    order.forEach((way, index) => {
      let tail = way;
      for (let k = 0; k < index; ++k) {
        const other = tailOf(way, order[k]);
        if (length(other) < length(tail)) tail = other;
      }
      if (!same(tail[0], way[0])) result.forks.push(tail[0]);
      result.tails.push(tail);
    });
    return result;
  }

  const distance = (a, b) => Math.hypot(b.x - a.x, b.y - a.y);

  function towards(from, to, by) {
    const whole = distance(from, to) || 1;
    return { x: from.x + (to.x - from.x) * by / whole, y: from.y + (to.y - from.y) * by / whole };
  }

  // Corners are round but where the line forks.
  function rounded(points, radius, forks) {
    let d = `M${points[0].x} ${points[0].y}`;
    for (let i = 1; i < points.length; ++i) {
      const at = points[i], before = points[i - 1], after = points[i + 1];
      if (!after || forks.some((fork) => same(fork, at))) {
        d += `L${at.x} ${at.y}`;
        continue;
      }
      const r = Math.min(radius, distance(before, at) / 2, distance(at, after) / 2);
      const begin = towards(at, before, r), end = towards(at, after, r);
      d += `L${begin.x} ${begin.y}Q${at.x} ${at.y} ${end.x} ${end.y}`;
    }
    return d;
  }

  function arrow(way) {
    const LENGTH = 4.2, HALF = 1.7;
    const tip = way[way.length - 1], from = way[way.length - 2];
    const whole = distance(from, tip) || 1;
    const dx = (tip.x - from.x) / whole, dy = (tip.y - from.y) / whole;
    const x = tip.x - dx * LENGTH, y = tip.y - dy * LENGTH;
    return `M${tip.x} ${tip.y}L${x - dy * HALF} ${y + dx * HALF}L${x + dy * HALF} ${y - dx * HALF}z`;
  }

  return { tails, rounded, arrow };
})();
