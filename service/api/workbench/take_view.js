// What the person takes along: CSV, SVG, JSON, and the code for exactly this request.

import { cleanedCsv, curl, javascript, r } from "./code.js";
import { byId, download, element, fill } from "./dom.js";
import { forest } from "./forest.js";
import { frontier } from "./frontier.js";
import { kept, refusal } from "./problems_view.js";
import { post } from "./service.js";

/** Fill the part for this answer; `design()` gives the design shown, or null. */
export function takeShown({ answer, text, request, rows, table, uses, reading, key, withheld }, design) {
  const save = (name, content, type) => () => download(name, content(), type);
  const button = (id, words, action) => element("button", { type: "button", id, onclick: action }, words);
  const told = (words) => fill(byId("take-problem"), words);
  const ofService = (name, type) => async ({ target }) => {
    if (withheld()) return told(kept());
    target.setAttribute("aria-busy", "true");
    const found = await post("v1/calibrations", request, { key: key(), accept: type });
    target.removeAttribute("aria-busy");
    told(found.problem ? refusal(found.problem, table, uses) : "");
    if (found.answer !== undefined) download(name, found.answer, type);
    return undefined;
  };
  const pictured = () => {
    if (!design()) return told(element("p", { class: "notice" }, "There is no design to draw; “What to buy next” says why."));
    return download("frontier.svg", frontier(design(), 640), "image/svg+xml");
  };
  const address = new URL(".", document.baseURI).href;
  fill(
    byId("take-body"),
    element(
      "div",
      { class: "buttons" },
      button("save-json", "Answer as JSON", save("answer.json", () => text, "application/json")),
      button("save-csv", "Answer as CSV", ofService("answer.csv", "text/csv")),
      button("save-report", "Report as a page", ofService("report.html", "text/html")),
      button("save-svg", "Forest plot as SVG", save("forest.svg", () => forest(answer, 760), "image/svg+xml")),
      button("save-frontier", "Frontier as SVG", pictured),
      button("save-request", "Request as JSON", save("request.json", () => JSON.stringify(request), "application/json")),
      button("save-study", "Columns used as CSV", save("study.csv", () => cleanedCsv(table, uses, reading), "text/csv")),
    ),
    element("div", { id: "take-problem", role: "alert" }),
    element("p", {}, "The same request from elsewhere. The code reads study.csv or request.json: save them with the buttons above. It needs curl 7.87 or newer, or our package for ", page("docs/r", "R"), " or ", page("docs/javascript", "JavaScript"), "."),
    snippet("curl", curl(address, table, uses, request, Boolean(key()))),
    snippet("R", r(address, table, uses, rows, request.data.layout === "moments")),
    snippet("JavaScript", javascript(address, Boolean(key()))),
  );
}

function page(address, name) {
  return element("a", { href: address, target: "_blank", rel: "noopener" }, name, element("span", { class: "hidden" }, " (opens in a new tab)"));
}

function snippet(name, code) {
  const status = element("span", { role: "status", class: "small" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      status.textContent = "copied";
    } catch {
      status.textContent = "select the text to copy it";
    }
  };
  return element(
    "details",
    { class: "code" },
    element("summary", {}, name),
    element("pre", { tabindex: "0", role: "region", "aria-label": `${name} code` }, element("code", {}, code)),
    element("button", { type: "button", onclick: copy }, `Copy ${name} code`),
    " ",
    status,
  );
}
