// What was opened, shut, turned, renamed and tagged here, as a file that `orrery render --cues FILE` reads.

const cues = (() => {
  const DIRECTIONS = ["south", "east", "north", "west"];
  const sorted = (map, tell) => Object.fromEntries([...map].sort(([a], [b]) => a - b)
    .map(([index, what]) => [model.boxes[index].path, tell ? tell(what) : what]));
  const pathsOf = (indexes) => indexes.map((index) => model.boxes[index].path);

  // Blocks inside of a shut one are not seen, and not told.
  function collect() {
    const { shut, alone, directions, order, titles, tags } = state.now;
    const visible = model.blocks.filter((index) => !model.around(index).some((block) => shut.has(block)));
    const file = { schema: "orrery.cues", version: 1, graph: model.graph };
    const add = (name, what) => {
      if (Array.isArray(what) ? what.length : Object.keys(what).length) file[name] = what;
    };
    add("expand", pathsOf(visible.filter((index) => !shut.has(index) && model.boxes[index].usual)));
    add("collapse", pathsOf(visible.filter((index) => shut.has(index))));
    add("unfold", pathsOf([...alone].sort((a, b) => a - b)));
    add("directions", sorted(directions, (direction) => DIRECTIONS[direction]));
    add("order", sorted(order, pathsOf));
    add("titles", sorted(titles));
    add("tags", sorted(tags));
    return file;
  }

  const text = () => JSON.stringify(collect(), null, 2) + "\n";

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text()], { type: "application/json" }));
    link.download = (model.graph.replace(/[^\w.-]+/g, "_") || "graph") + ".cues.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  return { collect, text, save };
})();
