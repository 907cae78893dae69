/* Reads out the numbers of a drawing where the pointer, a finger or the arrow keys are. Without this
   script nothing is missing: each strip has its words as a title, and the table is one click away. */
"use strict";

document.querySelectorAll("[data-plot]").forEach((figure) => {
  const field = figure.querySelector(".field");
  const readout = figure.querySelector(".readout");
  const strips = [...figure.querySelectorAll(".strip")];
  const words = strips.map((strip) => {
    const title = strip.querySelector("title");
    title.remove(); // the line under the drawing says it, at once and on touch too
    return title.textContent;
  });
  const rest = readout.textContent;
  let at = -1;

  const show = (place) => {
    if (place === at) return;
    if (at >= 0) strips[at].classList.remove("at");
    at = place;
    if (at >= 0) strips[at].classList.add("at");
    readout.textContent = at >= 0 ? words[at] : rest;
  };

  const nearest = (x) => {
    let best = -1;
    let least = Infinity;
    strips.forEach((strip, place) => {
      const box = strip.getBoundingClientRect();
      const away = Math.max(box.left - x, x - box.right, 0);
      if (away < least) {
        least = away;
        best = place;
      }
    });
    return best;
  };

  const follow = (event) => {
    readout.removeAttribute("aria-live"); // a pointer that wanders would never stop talking
    show(nearest(event.clientX));
  };
  field.addEventListener("pointermove", follow);
  field.addEventListener("pointerdown", follow);
  field.addEventListener("pointerleave", (event) => {
    // a finger that is lifted leaves its answer standing
    if (event.pointerType === "mouse" && figure.dataset.keys !== "on") show(-1);
  });

  const frame = figure.querySelector(".plot-frame");
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", figure.dataset.plot);
  frame.addEventListener("focus", () => {
    if (!frame.matches(":focus-visible")) return;
    figure.dataset.keys = "on";
    readout.setAttribute("aria-live", "polite");
    show(at >= 0 ? at : strips.length - 1);
  });
  frame.addEventListener("blur", () => {
    delete figure.dataset.keys;
    readout.removeAttribute("aria-live");
    show(-1);
  });
  frame.addEventListener("keydown", (event) => {
    const last = strips.length - 1;
    const to = {
      ArrowLeft: Math.max(at - 1, 0),
      ArrowRight: Math.min(at + 1, last),
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    figure.dataset.keys = "on";
    readout.setAttribute("aria-live", "polite");
    show(to);
  });
});
