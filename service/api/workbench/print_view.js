// On paper nothing can be unfolded: what the result folds away is open there, and closed again afterwards.

/** Keep what stands in `place` unfolded while the page is printed. */
export function unfoldedOnPaper(place) {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...place.querySelectorAll("details:not([open])")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
  });
}
