"use strict";
// What the page knows: the model that the program wrote (docs/html_view.md lists it), and what follows from it.

const model = (() => {
  const data = JSON.parse(document.getElementById("model").textContent);
  const { boxes, values } = data;
  const FRAME = 0, FOLDED = 1, OPERATION = 2, GOVERNOR = 8;
  const byPath = new Map(), byOutput = new Map();
  boxes.forEach((box, index) => {
    box.index = index;
    box.children = [];
    if (box.frame >= 0) boxes[box.frame].children.push(index);
    if (!byPath.has(box.path)) byPath.set(box.path, index);
  });
  values.forEach((value) => byOutput.set(value.node + "." + value.node_output, value));

  const isBlock = (index) => boxes[index].kind === FRAME && index > 0;

  // The blocks around a box, the innermost first.
  function around(index) {
    const list = [];
    for (let frame = boxes[index].frame; frame > 0; frame = boxes[frame].frame) list.push(frame);
    return list;
  }

  // Everything inside of a block; a block's contents follow it.
  function inside(index) {
    const list = [];
    const open = [...boxes[index].children];
    while (open.length) {
      const next = open.pop();
      list.push(next);
      open.push(...boxes[next].children);
    }
    return list;
  }

  const blocks = boxes.map((box) => box.index).filter(isBlock);
  const value = (node, output) => byOutput.get(node + "." + output);
  return { ...data, FRAME, FOLDED, OPERATION, GOVERNOR, byPath, blocks, isBlock, around, inside, value };
})();
