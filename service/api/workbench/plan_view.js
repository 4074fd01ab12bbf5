// The third part: how it is analysed. Fields that do not apply are hidden.

import { armsOf } from "./columns.js";
import { byId, element, fill } from "./dom.js";
import { controlAmong } from "./names.js";
import { isShares } from "./request.js";
import { unanswered } from "./unanswered.js";

const TEXTS = ["estimand", "quantiles", "control", "level", "alternative", "margin", "multiplicity", "missing", "unanswered", "extra"];

/** Wire the fields once; `changed(name)` is called after every change, with `settings` as they are then. */
export function planPart(settings, changed) {
  for (const name of TEXTS) {
    byId(`set-${name}`).addEventListener("change", (event) => {
      settings[name] = event.target.value;
      changed(name);
    });
  }
  for (const name of ["pool", "local"]) {
    byId(`set-${name}`).addEventListener("change", (event) => {
      settings[name] = event.target.checked;
      changed(name);
    });
  }
  for (const radio of document.querySelectorAll("input[name=design]")) {
    radio.addEventListener("change", () => {
      Object.assign(settings, { design: radio.value, designSaid: true });
      changed("design");
    });
  }
}

/** Show settings as they are, and only those that apply to these columns. */
export function planShown(settings, table, uses, reading) {
  const arms = armsOf(uses);
  const has = (role) => table.header.some((name) => uses.get(name).role === role);
  const alone = isShares(table, uses, settings) ? [{ value: "", name: "none: every arm by itself" }] : [];
  const controls = [...alone, ...arms.map((arm) => ({ value: arm, name: arm }))];
  if (!controls.some(({ value }) => value === settings.control)) settings.control = arms.length > 1 ? controlAmong(arms) : null;
  fill(byId("set-control"), controls.map(({ value, name }) => element("option", { value }, name)));
  for (const name of TEXTS) byId(`set-${name}`).value = settings[name] ?? "";
  for (const name of ["pool", "local"]) byId(`set-${name}`).checked = settings[name];
  for (const radio of document.querySelectorAll("input[name=design]")) radio.checked = radio.value === settings.design;
  const shared = arms.length > 1 && settings.design === "shared";
  const silent = unanswered(table, uses, settings, reading).length;
  fill(byId("unanswered-words"), `Rows with an arm and no answer (${silent.toLocaleString("en-US")}) are`);
  const visible = {
    "field-design": arms.length > 1,
    "field-pool": shared,
    "field-control": arms.length > 1,
    "field-quantiles": settings.estimand === "quantile",
    "field-margin": ["equivalence", "non_inferiority"].includes(settings.alternative),
    "field-missing": has("human"),
    "field-unanswered": silent > 0,
  };
  for (const [id, seen] of Object.entries(visible)) byId(id).hidden = !seen;
}
