// What names of columns and arms say.

const CONTROL = /^(?:control|contr[oô]l|kontroll|ctrl|placebo|baseline|untreated|(?:0|no|none|false)$)/;
const FILLING = ["pred", "predicted", "prediction", "answer", "response", "y"];

/** The words of a name: split at capitals, digits kept with their letters, and at everything that is no letter or digit. */
export function wordsOf(name) {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

/** Whether the words of one name stand together in those of another. */
export function contains(words, part) {
  return part.length > 0 && ` ${words.join(" ")} `.includes(` ${part.join(" ")} `);
}

/** The arm that others are compared with: the one called so, else the first in order of names, whatever that of the rows. */
export function controlAmong(arms) {
  return arms.find((arm) => CONTROL.test(wordsOf(arm)[0] ?? "")) ?? arms.toSorted(new Intl.Collator("en", { numeric: true }).compare)[0];
}

/** The first two of the names that differ in capitals and blanks only, null where none do. */
export function alike(names) {
  const first = new Map();
  for (const name of names) {
    const bare = name.toLowerCase().replace(/\s+/g, " ").trim();
    if (first.has(bare)) return [first.get(bare), name];
    first.set(bare, name);
  }
  return null;
}

/** What the name of a prediction says: model, arm, outcome, draw. */
export function described(name, outcomes, arms) {
  const [, before, draw, after] = /^(.*)(?<![\p{L}\p{N}])(?:draw|run|rep|replicate|sample)[^\p{L}\p{N}]?(\d+)(.*)$/iu.exec(name) ?? [null, name, "", ""];
  let words = wordsOf(`${before} ${after}`);
  const named = (list) => longest(list.filter((each) => contains(words, wordsOf(each))));
  const arm = named(arms);
  if (arm !== undefined) words = without(words, wordsOf(arm));
  const outcome = named(outcomes);
  if (outcome !== undefined) words = without(words, wordsOf(outcome));
  return {
    model: words.filter((word) => !FILLING.includes(word)).join("-") || "llm",
    arm: arm ?? "",
    outcome: outcomes.length > 1 ? (outcome ?? outcomes[0]) : "",
    draw,
  };
}

function without(words, part) {
  return ` ${words.join(" ")} `.replace(` ${part.join(" ")} `, " ").split(" ").filter(Boolean);
}

function longest(names) {
  return names.reduce((best, name) => (best === undefined || name.length > best.length ? name : best), undefined);
}
