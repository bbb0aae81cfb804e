// Outlines of boxes, as box_shapes.cpp draws them.

const shapes = (() => {
  const ROUNDED = 0, PILL = 1, FUNNEL = 2, SQUARE = 3, CIRCLE = 4, TWOFOLD = 5;
  const CORNER = 3.5, INSIDE = 2, ROUND_END = 20;

  function rounded({ x, y, width, height }, radius) {
    const r = Math.min(radius, width / 2, height / 2);
    return `M${x + r} ${y}h${width - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${height - 2 * r}a${r} ${r} 0 0 1 ${-r} ${r}` +
      `h${2 * r - width}a${r} ${r} 0 0 1 ${-r} ${-r}v${2 * r - height}a${r} ${r} 0 0 1 ${r} ${-r}z`;
  }

  // Narrow where the data leave; the direction is that of the frame around.
  function funnel({ x, y, width, height }, direction) {
    const cut = Math.min(5, width / 6, height / 3);
    const right = x + width, bottom = y + height;
    const corners = [
      [[x, y], [right, y], [right - cut, bottom], [x + cut, bottom]],
      [[x, y], [right, y + cut], [right, bottom - cut], [x, bottom]],
      [[x + cut, y], [right - cut, y], [right, bottom], [x, bottom]],
      [[x, y + cut], [right, y], [right, bottom], [x, bottom - cut]],
    ][direction];
    return "M" + corners.map((corner) => corner.join(" ")).join("L") + "z";
  }

  function outline(shape, at, direction) {
    if (shape === PILL) return rounded(at, Math.min(at.height / 2, ROUND_END));
    if (shape === CIRCLE) return rounded(at, at.width / 2);
    if (shape === SQUARE) return rounded(at, 0.5);
    if (shape === FUNNEL) return funnel(at, direction);
    return rounded(at, CORNER);
  }

  const grown = ({ x, y, width, height }, by) =>
    ({ x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by });
  const inner = (at) => rounded(grown(at, -INSIDE), CORNER - INSIDE / 2);

  // Strokes in a strip at the left end, for themes that tell kinds apart without colour.
  function strip(mark, at) {
    const x = at.x + 1.4, top = at.y + 2, bottom = at.y + at.height - 2, width = 4;
    let d = "";
    if (mark === 2) for (const dx of [1, 3]) d += `M${x + dx} ${top}V${bottom}`;
    if (mark === 3) for (let y = top + 1; y <= bottom; y += 2) d += `M${x} ${y}h${width}`;
    for (let y = top; y + width <= bottom && (mark === 1 || mark === 4); y += 2.5) {
      d += `M${x} ${y + width}l${width} ${-width}`;
      if (mark === 4) d += `M${x} ${y}l${width} ${width}`;
    }
    return d;
  }

  return { outline, rounded, inner, strip, grown, ROUNDED, CIRCLE, TWOFOLD };
})();
