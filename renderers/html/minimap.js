// The whole drawing in a corner, with what is seen of it. A click or drag goes there.

const minimap = (() => {
  const LONGEST = 190;
  const holder = document.getElementById("minimap");
  const svg = scene.make("svg", { preserveAspectRatio: "none" }, holder);
  const window_ = scene.make("rect", { class: "window" });

  function draw() {
    const { width, height } = scene.drawing;
    const by = LONGEST / Math.max(width, height);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", Math.max(36, width * by));
    svg.setAttribute("height", Math.max(36, height * by));
    svg.replaceChildren(...scene.outlines(), window_);
    update();
  }

  function update() {
    const { drawing } = scene;
    const part = camera.seen();
    const all = part.x <= 0 && part.y <= 0 && part.x + part.width >= drawing.width && part.y + part.height >= drawing.height;
    holder.hidden = all;
    for (const name of ["x", "y", "width", "height"]) window_.setAttribute(name, part[name]);
  }

  function go(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const part = camera.seen();
    camera.set({ x: -(at.x - part.width / 2) * camera.view.scale, y: -(at.y - part.height / 2) * camera.view.scale });
  }

  holder.addEventListener("pointerdown", (event) => {
    holder.setPointerCapture(event.pointerId);
    go(event);
  });
  holder.addEventListener("pointermove", (event) => { if (event.buttons) go(event); });
  camera.onChange(update);
  return { draw };
})();
