// Small helps on top of pages that work without any script.
"use strict";

// the time zone of the browser is a good first guess for the shop's
for (const select of document.querySelectorAll("select[data-guess-timezone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!select.value && [...select.options].some((option) => option.value === zone)) {
    select.value = zone;
  }
}

// forms that ask before they act
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

// a plan whose arms have just been made anew: figures asked for before that would come too late
document.addEventListener("htmx:after:swap", (event) => {
  const plan = document.getElementById("plan");
  if (plan && event.detail?.ctx?.target?.id === "planner") {
    plan.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

// the segment builder is made anew by its buttons and lists: what would be typed into the old one
// meanwhile would be lost, and counting the old one would call the new one off
let rebuilding = 0;
const rebuilds = (event) => event.detail?.ctx?.target?.id === "builder";
const holdTyping = () => {
  for (const input of document.querySelectorAll("#builder .typed")) input.readOnly = rebuilding > 0;
};
document.addEventListener("htmx:config:request", (event) => {
  if (rebuilding && event.detail.ctx.sourceElement.id === "segment") event.preventDefault();
});
document.addEventListener("htmx:before:request", (event) => {
  if (!rebuilds(event)) return;
  rebuilding += 1;
  holdTyping();
});
document.addEventListener("htmx:finally:request", (event) => {
  if (!rebuilds(event)) return;
  rebuilding -= 1;
  holdTyping();
});
