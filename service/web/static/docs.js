// Shows our own contract; validatorUrl null keeps the page from asking an outside validator. There is one server: this one.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [() => ({ wrapComponents: { ServersContainer: () => () => null } })],
  layout: "BaseLayout",
});

// What the vendored page leaves out of an opened operation: names of its fields and tables, a way to what scrolls without a mouse.
const NAMES = [
  [".parameters select, .parameters textarea, .parameters input", (field) => field.closest("tr").dataset.paramName],
  [".examples-select-element", () => "Example"],
  [".body-param textarea", () => "Request body"],
  [".responses-table", (table) => `Responses: ${table.id}`],
];
const complete = () => {
  document.querySelectorAll("pre:not([tabindex])").forEach((block) => (block.tabIndex = 0));
  for (const [which, name] of NAMES) {
    document.querySelectorAll(which).forEach((found) => found.ariaLabel ?? found.setAttribute("aria-label", name(found) ?? "Value"));
  }
};
new MutationObserver(complete).observe(document.getElementById("swagger-ui"), { childList: true, subtree: true });
