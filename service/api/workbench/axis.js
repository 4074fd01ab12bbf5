// Numbers to places and to words: linear and logarithmic axes, round ticks, short numbers.

const MOST_DIGITS = 15; // what a double holds

/** A number in at most `digits` significant digits, without exponents between 1e-4 and 1e6. */
export function short(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(digits - 1).replaceAll("-", "−").replace("e+", "e");
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const text = size >= 1000 ? value.toLocaleString("en-US", { maximumFractionDigits: places }) : String(Number(value.toPrecision(digits)));
  return text.replace("-", "−");
}

/** A p-value in words: “p < 0.001” below that. */
export function pText(value) {
  if (value === null || value === undefined) return "";
  return value < 0.001 ? "p < 0.001" : `p = ${value.toFixed(3)}`;
}

/** “0.35 to 1.06”; an open end is said. */
export function rangeText(interval) {
  if (!interval) return "";
  if (interval.lower === null) return `below ${short(interval.upper)}`;
  if (interval.upper === null) return `above ${short(interval.lower)}`;
  const digits = digitsOf(interval);
  return `${short(interval.lower, digits)} to ${short(interval.upper, digits)}`;
}

/** Significant digits that tell a tenth of the interval's width, at least `least`. */
export function digitsOf(interval, least = 3) {
  if (!interval || interval.lower === null || interval.upper === null) return least;
  const width = interval.upper - interval.lower;
  const largest = Math.max(Math.abs(interval.lower), Math.abs(interval.upper));
  if (!(width > 0 && width < largest)) return least;
  return Math.min(MOST_DIGITS, Math.max(least, Math.floor(Math.log10(largest)) - Math.floor(Math.log10(width)) + 2));
}

/** About `wanted` round numbers between two ends. */
export function ticks(low, high, wanted = 5) {
  const step = roundStep((high - low) / Math.max(1, wanted));
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 2.5, 5, 10].find((m) => m * power >= rough * (1 - 1e-9)) ?? 10);
}

/** A linear map from [low, high] to [from, to], and its inverse ends. */
export function scale([low, high], [from, to]) {
  const span = high - low || 1;
  return (value) => from + ((value - low) / span) * (to - from);
}

/** The ends of what is to be seen, with a twentieth of room on both sides. */
export function extent(values) {
  const known = values.filter((value) => Number.isFinite(value));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - room, high + room];
}

/** Text that stands in markup. */
export function escaped(text) {
  const marks = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  // what XML cannot hold at all would make the whole picture unreadable
  return String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd").replace(/[&<>"']/g, (mark) => marks[mark]);
}
