// Elements of the page. Text is always set as text: nothing of a file or an answer is read as markup.

/** An element with attributes, listeners (`on...`), properties (`.name`) and children. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name.startsWith(".")) made[name.slice(1)] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Put these children in place of what is there. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
}

/** The same, where the focus may be in what is replaced: it goes to the new element with the same id. */
export function refill(parent, ...children) {
  const id = parent.contains(document.activeElement) ? document.activeElement.id : "";
  fill(parent, ...children);
  if (id) byId(id)?.focus();
}

/** A picture from its markup. */
export function drawn(markup) {
  return document.importNode(new DOMParser().parseFromString(markup, "image/svg+xml").documentElement, true);
}

/** A table with a caption; the first cell of a row is its header. */
export function tableOf(caption, header, rows) {
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, header.map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, rows.map(([first, ...rest]) => element("tr", {}, element("th", { scope: "row" }, first), rest.map((cell) => element("td", {}, cell))))),
    ),
  );
}

/** A choice among options {value, name}. */
export function choice(attributes, options, chosen) {
  return element("select", attributes, options.map(({ value, name }) => element("option", { value, selected: value === chosen }, name)));
}

/** Hand a file to the person. */
export function download(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Do it once nothing has happened for so long. */
export function debounced(milliseconds, action) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), milliseconds);
  };
}
