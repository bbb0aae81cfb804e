// Colours by amounts, as overlay.cpp finds them, and by structure.

const overlays = (() => {
  const HUES = [220, 100, 180, 40, 20, 340, 260, 300, 140, 60];  // of theme tones
  const known = new Map(model.overlays.map((overlay) => [overlay.name, {
    ...overlay,
    nodes: new Map(overlay.nodes), own: new Map(overlay.own), total: new Map(overlay.total),
  }]));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => dark.matches && document.querySelector("meta[name=color-scheme]").content !== "light" ||
    document.querySelector("meta[name=color-scheme]").content === "dark";

  const three = (number) => String(Number(number.toPrecision(3)));

  function count(number) {
    const units = ["", " k", " M", " G", " T"];
    let unit = 0;
    while (number >= 999.5 && unit < 4) { number /= 1000; ++unit; }
    if (unit === 0) return number.toFixed(0);
    return number.toFixed(number < 9.995 ? 2 : number < 99.95 ? 1 : 0) + units[unit];
  }

  // `1.50 ms`, `4.61 MB`: as value_text.cpp writes amounts.
  function text(amount, unit) {
    if (unit === "1") return three(amount);
    if (unit === "s" && amount < 0.9995) {
      const parts = ["ms", "µs", "ns"];
      let part = 0;
      amount *= 1e3;
      while (amount < 0.9995 && amount > 0 && part < 2) { amount *= 1e3; ++part; }
      return three(amount) + " " + (amount > 0 ? parts[part] : "s");
    }
    if (unit === "s") return three(amount) + " s";
    const number = count(amount);
    return number + (number.includes(" ") || !unit ? "" : " ") + unit;
  }

  // A frame around coloured boxes shows none of what they show already.
  function amountOf(overlay, box) {
    const origins = box.members.length ? box.members : [box.origin];
    const from = box.kind === model.FOLDED ? overlay.total
      : box.kind === model.FRAME ? (overlay.by_node ? new Map() : overlay.own) : overlay.nodes;
    const amounts = origins.map((origin) => from.get(origin)).filter((amount) => amount !== undefined);
    if (!amounts.length) return undefined;
    return overlay.adds ? amounts.reduce((a, b) => a + b, 0) : Math.max(...amounts);
  }

  // Of a whole block or a node, for the details.
  function told(overlay, box) {
    const origins = box.members.length ? box.members : [box.origin];
    const block = box.kind === model.FRAME || box.kind === model.FOLDED;
    const amounts = origins.map((origin) => (block ? overlay.total : overlay.nodes).get(origin))
      .filter((amount) => amount !== undefined);
    if (!amounts.length) return "";
    return text(overlay.adds ? amounts.reduce((a, b) => a + b, 0) : Math.max(...amounts), overlay.unit);
  }

  function scaled(amounts, scale) {
    const sorted = [...amounts].sort((a, b) => a - b);
    const most = Math.max(sorted[sorted.length - 1], 0);
    const least = sorted.find((amount) => amount > 0) ?? 0;
    const last = sorted.length - 1;
    const heat = (amount) => {
      if (scale === "rank") return last > 0 ? sorted.indexOf(amount) / last : 1;
      if (most <= 0 || amount <= 0) return 0;
      if (scale === "linear") return amount / most;
      return least < most ? Math.log(amount / least) / Math.log(most / least) : 1;
    };
    const at = (place) => {
      if (scale === "rank") return sorted[Math.round(place * last)];
      if (scale === "linear" || most <= 0) return place * most;
      return least * (most / least) ** place;
    };
    return { heat, at };
  }

  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const mixed = (a, b, part) => a.map((value, i) => Math.round(value + (b[i] - value) * part));
  const css = (rgb) => `rgb(${rgb.join(" ")})`;

  function heatColour(amount) {
    const colours = model.palette.heat[isDark() ? "dark" : "light"];
    const place = Math.min(1, Math.max(0, amount)) * (colours.length - 1);
    const below = Math.min(Math.floor(place), colours.length - 2);
    return mixed(channels(colours[below]), channels(colours[below + 1]), place - below);
  }

  // Black or white, whichever is read better (WCAG 2, 1.4.3).
  function readable(rgb) {
    const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
    return luminance > 0.18 ? [0, 0, 0] : [255, 255, 255];
  }

  const neutral = { fill: "var(--neutral-fill)", stroke: "var(--neutral-line)", ink: "var(--neutral-text)", second: "var(--neutral-text)" };

  function byAmount(overlay, drawing) {
    const paints = new Map(), amounts = new Map();
    for (const box of drawing.boxes) {
      const amount = box.index === 0 ? undefined : amountOf(overlay, box);
      if (amount !== undefined) amounts.set(box.index, amount);
    }
    const scale = amounts.size ? scaled(amounts.values(), state.now.scale) : null;
    for (const box of drawing.boxes) {
      if (box.index === 0) continue;
      if (!amounts.has(box.index)) {
        if (box.kind !== model.FRAME) paints.set(box.index, { paint: neutral });
        continue;
      }
      const fill = heatColour(scale.heat(amounts.get(box.index)));
      const ink = css(readable(fill));
      paints.set(box.index, { paint: { fill: css(fill), stroke: css(mixed(fill, readable(fill), 0.5)), ink, second: ink } });
    }
    return { paints, legend: { title: overlay.title, unit: overlay.unit, at: scale?.at } };
  }

  function byStructure(drawing) {
    const count_ = new Map(), tones = new Map(), paints = new Map();
    const block = (box) => box.index > 0 && (box.kind === model.FRAME || box.kind === model.FOLDED);
    const structure = (box) => model.boxes[box.origin].structure;
    for (const box of drawing.boxes.filter(block)) {
      count_.set(structure(box), (count_.get(structure(box)) ?? 0) + Math.max(1, box.members.length));
    }
    for (const box of drawing.boxes) {
      if (!block(box) || count_.get(structure(box)) < 2) {
        if (box.index > 0 && box.kind !== model.FRAME) paints.set(box.index, { paint: neutral });
        continue;
      }
      if (!tones.has(structure(box))) tones.set(structure(box), { hue: HUES[tones.size % HUES.length], box });
      const { hue } = tones.get(structure(box));
      const [s, fill, stroke] = isDark() ? ["45%", "27%", "65%"] : ["55%", "84%", "36%"];
      paints.set(box.index, { paint: { fill: `hsl(${hue} ${s} ${fill})`, stroke: `hsl(${hue} ${s} ${stroke})`,
        ink: "var(--text)", second: "var(--text)" } });
    }
    const keys = [...tones.values()].map(({ hue, box }) =>
      ({ paint: paints.get(box.index).paint, text: box.path + " and " + (count_.get(structure(box)) - 1) + " alike" }));
    return { paints, legend: { keys } };
  }

  // The colours of a drawing's boxes, by their number, and what explains them.
  function coloured(drawing) {
    if (state.now.colour === "kind") return { paints: new Map(), legend: {} };
    if (state.now.colour === "structure") return byStructure(drawing);
    return byAmount(known.get(state.now.colour), drawing);
  }

  return { known, text, told, coloured, heatColour: (amount) => css(heatColour(amount)), dark };
})();
