// Which part of the drawing is seen: x and y of its corner on the screen, and points to pixels.

const camera = (() => {
  const LEAST = 0.0005, MOST = 12, STEP = 1.25;
  const view = { x: 0, y: 0, scale: 1 };
  const listeners = [];
  let waiting = false;

  const size = () => ({ width: scene.svg.clientWidth || 1, height: scene.svg.clientHeight || 1 });

  // What of it the details leave free.
  function free() {
    const panel = document.getElementById("details");
    const { width, height } = size();
    const taken = panel.hidden ? 0 : panel.offsetWidth + 12;
    return { width: width > 2 * taken ? width - taken : width, height };
  }

  // The part of the drawing that is on the screen.
  function seen() {
    const { width, height } = size();
    return { x: -view.x / view.scale, y: -view.y / view.scale, width: width / view.scale, height: height / view.scale };
  }

  function changed() {
    scene.moved(view);
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      scene.show(seen(), view.scale);
      state.now.camera = { ...view };
      for (const listener of listeners) listener();
    });
  }

  function set(next) {
    Object.assign(view, next);
    changed();
  }

  function pan(dx, dy) { set({ x: view.x + dx, y: view.y + dy }); }

  // Around a place on the screen, which stays where it is.
  function zoom(factor, at) {
    const scale = Math.min(MOST, Math.max(LEAST, view.scale * factor));
    const { width, height } = size();
    const { x, y } = at ?? { x: width / 2, y: height / 2 };
    const by = scale / view.scale;
    set({ x: x - (x - view.x) * by, y: y - (y - view.y) * by, scale });
  }

  const zoomIn = () => zoom(STEP);
  const zoomOut = () => zoom(1 / STEP);

  function whole() {
    const { drawing } = scene;
    const { width, height } = free();
    const scale = Math.min(2, Math.max(LEAST, Math.min((width - 48) / drawing.width, (height - 48) / drawing.height)));
    set({ x: (width - drawing.width * scale) / 2, y: (height - drawing.height * scale) / 2, scale });
  }

  // At first: the whole where it can be read, else its beginning.
  function begin() {
    whole();
    if (view.scale >= 0.45) return;
    const { width } = free();
    const scale = Math.min(1, Math.max(0.7, (width - 48) / scene.drawing.width));
    set({ x: (width - scene.drawing.width * scale) / 2, y: 24, scale });
  }

  function centre(at) {
    const { width, height } = free();
    const scale = Math.max(view.scale, 0.8);
    set({ x: width / 2 - (at.x + at.width / 2) * scale, y: height / 2 - (at.y + Math.min(at.height, height / scale) / 2) * scale, scale });
  }

  // Moves as little as needed to show a box.
  function reveal(at) {
    const part = shapes.grown(seen(), -24 / view.scale);
    const inside = at.x >= part.x && at.y >= part.y && at.x + at.width <= part.x + part.width &&
      at.y + at.height <= part.y + part.height;
    if (!inside) centre(at);
  }

  // Keeps a place of the drawing where it was on the screen though the drawing has changed.
  function keep(before, after) {
    pan((before.x - after.x) * view.scale, (before.y - after.y) * view.scale);
  }

  // Moves back what an opened or shut block has left outside of an empty screen.
  function contain() {
    const MARGIN = 24;
    const { drawing } = scene;
    const screen = free();
    const kept = (at, length, room) => {
      const least = Math.min(MARGIN, room - MARGIN - length), most = Math.max(MARGIN, room - MARGIN - length);
      return Math.min(most, Math.max(least, at));
    };
    set({ x: kept(view.x, drawing.width * view.scale, screen.width), y: kept(view.y, drawing.height * view.scale, screen.height) });
  }

  return { view, contain, seen, set, pan, zoom, zoomIn, zoomOut, whole, begin, centre, reveal, keep, changed,
    onChange: (listener) => listeners.push(listener) };
})();
