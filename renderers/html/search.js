// Finds operations and blocks by path, title, operation or option, and goes to the chosen one.

const search = (() => {
  const MOST = 40;
  const input = document.getElementById("search");
  const list = document.getElementById("found");
  let found = [], at = 0;

  const texts = model.boxes.map((box) => {
    const fact = model.facts[box.fact] ?? {};
    const block = model.isBlock(box.index);
    const lines = model.looks[box.look].lines.flat().map((run) => run[0]).join(" ");
    return [box.path, box.title, box.note ?? "", block ? "block" : fact.operation ?? "", lines].join("\n").toLowerCase();
  });

  // Every word must be found; what begins with the first comes first.
  function matches(words) {
    const hits = [];
    for (let index = 1; index < texts.length; ++index) {
      if (!words.every((word) => texts[index].includes(word))) continue;
      const title = model.boxes[index].title.toLowerCase(), path = model.boxes[index].path.toLowerCase();
      const rank = title === words[0] || path === words[0] ? 0 : title.startsWith(words[0]) ? 1
        : path.includes(words[0]) ? 2 : 3;
      hits.push({ index, rank });
    }
    return hits.sort((a, b) => a.rank - b.rank || a.index - b.index).map((hit) => hit.index);
  }

  function show() {
    const shown = found.slice(0, MOST).map((index, place) => {
      const box = model.boxes[index];
      const item = details.element("li", { role: "option", id: "found-" + place, "aria-selected": String(place === at) },
        details.element("span", { class: "title" }, state.now.titles.get(index) ?? box.title),
        details.element("span", { class: "path" }, box.path));
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(place); });
      return item;
    });
    if (found.length > MOST) shown.push(details.element("li", { class: "more" }, `and ${found.length - MOST} more`));
    if (!found.length && input.value.trim()) shown.push(details.element("li", { class: "more" }, "Nothing is called so"));
    list.replaceChildren(...shown);
    list.hidden = !shown.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (found.length) input.setAttribute("aria-activedescendant", "found-" + at);
    else input.removeAttribute("aria-activedescendant");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  function choose(place) {
    const index = found[place];
    close();
    if (index !== undefined) actions.goTo(index);
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = words.length ? matches(words) : [];
    at = 0;
    show();
  });
  input.addEventListener("keydown", (event) => {
    const last = Math.min(found.length, MOST) - 1;
    if (event.key === "ArrowDown") at = Math.min(at + 1, last);
    else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (event.key === "Enter") return choose(at);
    else if (event.key === "Escape") { close(); scene.svg.focus(); return; }
    else return;
    event.preventDefault();
    show();
  });
  input.addEventListener("blur", close);
  return { focus: () => { input.focus(); input.select(); }, matches };
})();
