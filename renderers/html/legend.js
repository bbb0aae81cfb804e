// What colours and outlines mean.

const legend = (() => {
  const holder = document.getElementById("legend");

  function swatch(classes, paint, shape) {
    const svg = scene.make("svg", { width: 26, height: 16, viewBox: "-1 -1 22 13" });
    const group = scene.make("g", { class: classes }, svg);
    for (const [name, colour] of Object.entries(paint ?? {})) group.style.setProperty("--" + name, colour);
    scene.make("path", { d: shapes.outline(shape, { x: 0, y: 0, width: 20, height: 11 }, 0), class: "outline" }, group);
    if (shape === shapes.TWOFOLD) scene.make("path", { d: shapes.inner({ x: 0, y: 0, width: 20, height: 11 }), class: "inner" }, group);
    return svg;
  }

  const key = (picture, text) => details.element("div", { class: "key" }, picture, details.element("span", {}, text));

  function roles(drawing) {
    const seen = new Set(drawing.boxes.filter((box) => box.index && box.kind !== model.FRAME).map((box) => box.look.role));
    return model.palette.roles.map((role, index) => ({ ...role, index })).filter((role) => seen.has(role.index))
      .map((role) => key(swatch("box role-" + role.name, null, role.shape), role.meaning));
  }

  function bar({ title, unit, at }) {
    if (!at) return [details.element("p", {}, title + ": nothing of it is known for what is drawn")];
    const stops = Array.from({ length: 13 }, (_, i) => overlays.heatColour(i / 12)).join(", ");
    const ticks = [0, 0.5, 1].map((place) => details.element("span", {}, overlays.text(at(place), unit)));
    const strip = details.element("div", { class: "bar" });
    strip.style.background = `linear-gradient(to right, ${stops})`;
    return [details.element("p", {}, title), strip, details.element("div", { class: "ticks" }, ...ticks)];
  }

  function update(drawing, told) {
    const parts = [];
    if (told.title) parts.push(...bar(told));
    for (const one of told.keys ?? []) parts.push(key(swatch("box", one.paint, shapes.ROUNDED), one.text));
    if (told.keys && !told.keys.length) parts.push(details.element("p", {}, "No two blocks here are alike."));
    if (!told.title && !told.keys) parts.push(...roles(drawing));
    const repeats = drawing.boxes.filter((box) => box.repeat > 1);
    if (repeats.some((box) => !box.shared)) parts.push(details.element("p", { class: "usual" }, "×N: N such blocks in a row"));
    if (repeats.some((box) => box.shared)) {
      parts.push(details.element("p", { class: "usual" }, "shared ×N: N times with the same weights"));
    }
    if (model.caption) parts.push(details.element("p", { class: "usual" }, model.caption));
    holder.replaceChildren(...parts);
    holder.hidden = !state.now.legend && !told.title;
    document.getElementById("legend-switch").setAttribute("aria-pressed", String(!holder.hidden));
  }

  return { update };
})();
