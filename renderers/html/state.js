// What the reader has chosen. It is kept for as long as the tab is open, under the graph's name, so that a page
// that is written anew (orrery watch) and loaded again looks as before.

const state = (() => {
  const KEY = "orrery.view:" + model.graph;
  const known = (list) => (list ?? []).filter((path) => model.byPath.has(path)).map((path) => model.byPath.get(path));
  const mapped = (object) =>
    new Map(Object.entries(object ?? {}).filter(([path]) => model.byPath.has(path))
      .map(([path, what]) => [model.byPath.get(path), what]));
  const directionsOf = (words) =>
    new Map([...mapped(words)].map(([index, word]) => [index, ["south", "east", "north", "west"].indexOf(word)]));

  const ordersOf = (lists) => new Map([...mapped(lists)].map(([index, list]) => [index, known(list)]));

  const fresh = () => ({
    shut: new Set(model.boxes.filter((box) => box.shut).map((box) => box.index)),
    alone: new Set(known(model.cues.unfold)),  // members of repeats that are shown one by one
    directions: directionsOf(model.cues.directions),
    order: ordersOf(model.cues.order),  // by block: its boxes from left to right
    titles: mapped(model.cues.titles),
    tags: mapped(model.cues.tags),
    colour: model.colour,
    scale: model.scale,
    shapes: model.shapes,
    legend: model.legend,
    selected: null,          // a path
    camera: null,
  });
  let now = fresh();

  const paths = (set) => [...set].map((index) => model.boxes[index].path);
  const byPath = (map) => Object.fromEntries([...map].map(([index, what]) => [model.boxes[index].path, what]));
  // Where the data flow in each block: as the reader turned it, or as the block around where it did before, too.
  function flows() {
    const result = [];
    for (const box of model.boxes) {
      const around = model.boxes[box.frame];
      const inherits = around && box.direction === around.direction;
      result.push(now.directions.get(box.index) ?? (inherits ? result[box.frame] : box.direction));
    }
    return result;
  }

  function places() {
    const result = model.boxes.map(() => -1);
    for (const list of now.order.values()) list.forEach((index, place) => { result[index] = place; });
    return result;
  }

  // As plain data, by paths: numbers change with the script.
  function saved() {
    return {
      ...now,
      known: paths(model.blocks),
      shut: paths(now.shut),
      alone: paths(now.alone),
      directions: byPath(now.directions),
      order: byPath(new Map([...now.order].map(([index, list]) => [index, paths(list)]))),
      titles: byPath(now.titles),
      tags: byPath(now.tags),
    };
  }

  // Blocks that were not there before are open or shut as the script says.
  function restore(data) {
    const before = new Set(data.known ?? []);
    const shut = fresh().shut;
    for (const index of model.blocks) {
      if (before.has(model.boxes[index].path)) shut.delete(index);
    }
    for (const index of known(data.shut)) if (model.isBlock(index)) shut.add(index);
    now = {
      ...fresh(), ...data, shut,
      alone: new Set(known(data.alone)),
      directions: mapped(data.directions),
      order: ordersOf(data.order),
      titles: mapped(data.titles),
      tags: mapped(data.tags),
    };
    delete now.known;
    if (!model.overlays.some((overlay) => overlay.name === now.colour)) {
      if (!["kind", "structure"].includes(now.colour)) now.colour = fresh().colour;
    }
  }

  // Storage may be forbidden; the page works without.
  function keep() {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(saved()));
    } catch { /* private windows */ }
  }

  function recall() {
    try {
      const text = sessionStorage.getItem(KEY);
      if (text) restore(JSON.parse(text));
    } catch {
      now = fresh();
    }
  }

  return { get now() { return now; }, flows, places, saved, restore, keep, recall };
})();
