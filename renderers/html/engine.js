// The passes of diagram and layout, compiled to WebAssembly (module/view_engine.cpp tells what they read and write).

const engine = (() => {
  let wasm;

  // What the C++ library would ask of a system: files and an environment, of which there are none.
  function nothing(module) {
    const NOT_THERE = 8;  // errno BADF
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => NOT_THERE;
    return imports;
  }

  async function start() {
    const text = atob(document.getElementById("engine").textContent);
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const module = await WebAssembly.compile(bytes);
    wasm = (await WebAssembly.instantiate(module, nothing(module))).exports;
    wasm._initialize();
  }

  // The memory may move whenever something is called: views of it are made anew.
  function give(array, Type, list) {
    const at = wasm[array](list.length);
    new Type(wasm.memory.buffer, at, list.length).set(list);
  }

  function taken(array, Type, length) {
    const at = wasm[array](length);
    return new Type(wasm.memory.buffer, at, length).slice();
  }

  // `directions` of every box, and `places` among those beside it, -1 where there is none.
  function load(directions, places) {
    const list = [model.boxes.length];
    for (const box of model.boxes) {
      const marked = box.errors || box.warnings ? 1 : 0;
      list.push(box.kind, box.frame, directions[box.index], places[box.index], box.structure, box.fused ?? -1, marked);
      for (const ids of [box.layers ?? [], box.nodes ?? []]) {
        list.push(ids.length);
        for (const id of ids) list.push(id);
      }
    }
    list.push(model.values.length);
    for (const value of model.values) {
      list.push(value.from, value.output, value.node, value.node_output, value.readers.length);
      for (const reader of value.readers) list.push(...reader);
    }
    give("ints", Int32Array, list);
    wasm.load();
  }

  function compose(flags, fold) {
    give("ints", Int32Array, [...flags, fold ? 1 : 0]);
    return taken("ints", Int32Array, wasm.compose());
  }

  function arrange(sizes) {
    give("reals", Float64Array, sizes);
    return taken("reals", Float64Array, wasm.arrange());
  }

  return { start, load, compose, arrange };
})();
