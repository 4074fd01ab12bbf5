// Markup of pictures: pure text, readable alone (colours as attributes) and coloured by the page through classes.

import { escaped } from "./axis.js";

export const COLOURS = { ink: "#1c2430", soft: "#525d6b", line: "#c9d0d8", calibrated: "#0b57a4", human: "#525d6b", llm: "#9a4b00", paper: "#ffffff" };
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/** A whole picture with its title and description for those who do not see it. */
export function picture({ width, height, title, description, id }, ...marks) {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" ` +
    `aria-labelledby="${id}-title ${id}-description" font-family="${FONT}" font-size="14">` +
    `<title id="${id}-title">${escaped(title)}</title><desc id="${id}-description">${escaped(description)}</desc>` +
    `<rect class="paper" width="${width}" height="${height}" fill="${COLOURS.paper}"/>${marks.flat(Infinity).join("")}</svg>`
  );
}

/** Text at a place; `anchor` start, middle or end. */
export function text(x, y, content, { kind = "ink", anchor = "start", size = 14, weight = 400 } = {}) {
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}" fill="${COLOURS[kind]}" text-anchor="${anchor}" font-size="${size}" font-weight="${weight}" stroke="${COLOURS.paper}" stroke-width="4" paint-order="stroke" stroke-linejoin="round">${escaped(content)}</text>`;
}

/** A straight line. */
export function line(x1, y1, x2, y2, { kind = "line", width = 1, dash = "" } = {}) {
  const dashed = dash ? ` stroke-dasharray="${dash}"` : "";
  return `<line class="${kind} stroke" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${COLOURS[kind]}" stroke-width="${width}"${dashed}/>`;
}

/** A line through points. */
export function path(points, { kind, width = 2, dash = "" }) {
  const dashed = dash ? ` stroke-dasharray="${dash}"` : "";
  const d = points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join("");
  return `<path class="${kind} stroke" d="${d}" fill="none" stroke="${COLOURS[kind]}" stroke-width="${width}"${dashed}/>`;
}

/** A mark: a filled square, a filled circle, or a hollow diamond. */
export function mark(shape, x, y, kind, size = 6) {
  const fill = `fill="${COLOURS[kind]}"`;
  if (shape === "square") return `<rect class="${kind}" x="${round(x - size)}" y="${round(y - size)}" width="${2 * size}" height="${2 * size}" ${fill}/>`;
  if (shape === "circle") return `<circle class="${kind}" cx="${round(x)}" cy="${round(y)}" r="${size}" ${fill}/>`;
  const d = `M${round(x)} ${round(y - size)}L${round(x + size)} ${round(y)}L${round(x)} ${round(y + size)}L${round(x - size)} ${round(y)}Z`;
  return `<path class="${kind} stroke hollow" d="${d}" fill="${COLOURS.paper}" stroke="${COLOURS[kind]}" stroke-width="2"/>`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
