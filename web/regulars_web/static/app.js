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

// upload: drop a file anywhere on the zone, see how much has arrived
for (const form of document.querySelectorAll("form[data-upload]")) {
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button");
  const status = form.querySelector("[data-upload-status]");
  const bar = status.querySelector("progress");
  const text = status.querySelector("[data-upload-text]");
  const problem = form.querySelector("[data-upload-problem]");

  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    form.addEventListener(name, () => form.classList.remove("over"));
  }
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });

  form.addEventListener("submit", (event) => {
    if (!input.files.length) return;
    event.preventDefault();
    problem.hidden = true;
    status.hidden = false;
    button.disabled = true;
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (sent) => {
      if (!sent.lengthComputable) return;
      const share = sent.loaded / sent.total;
      bar.value = share;
      text.textContent = `${Math.floor(100 * share)}%`;
    });
    const failed = (reason) => {
      status.hidden = true;
      button.disabled = false;
      problem.hidden = false;
      problem.querySelector("[data-upload-reason]").textContent = reason || problem.dataset.lost;
    };
    request.addEventListener("error", () => failed());
    request.addEventListener("abort", () => failed());
    request.addEventListener("load", () => {
      const answer = request.response || {};
      if (answer.next) window.location.assign(answer.next);
      else failed(answer.problem);
    });
    request.responseType = "json";
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", document.querySelector("meta[name=csrf-token]").content);
    request.send(new FormData(form));
  });
}
