// The live side of a plan's form: asked for at every change, the last answer wins. Without this the
// button "Show the figures" does the same.
"use strict";

(() => {
  const TYPING = 110; // ms without a key before it is counted
  const PATIENCE = 180; // ms after which it says that it counts: most answers are there before
  const FINISHED = 1200; // ms without a key after which what was typed counts as meant

  const byId = (id) => document.getElementById(id);
  const touched = new Set();
  const opened = new Map();
  let problems = new Map();
  let asking = null;
  let typing = 0;
  let meant = 0;
  let whole = true;

  // ---- what is to be said of the side itself

  function show(state, why = "") {
    for (const part of document.querySelectorAll(".side-state [data-state]")) {
      part.hidden = part.dataset.state !== state;
    }
    const place = document.querySelector(".side-state [data-why]");
    if (place) place.textContent = why;
    byId("plan-side")?.classList.toggle("is-kept", state === "kept" || state === "lost");
  }

  function say(text) {
    const said = byId("side-said");
    if (said && said.textContent !== text) said.textContent = text;
  }

  // ---- problems beside their fields

  function fieldOf(path) {
    const plan = byId("plan");
    return plan?.querySelector(`[name="${CSS.escape(path)}"]:not([type="hidden"])`) ?? null;
  }

  function labelOf(path) {
    const field = fieldOf(path);
    return field?.labels?.[0]?.textContent.trim() ?? "";
  }

  function placeOf(path) {
    const id = `${path.replaceAll(".", "-")}-error`;
    return { id, said: byId(id) };
  }

  function clear(path) {
    const { id, said } = placeOf(path);
    said?.remove();
    const field = fieldOf(path);
    if (!field) return;
    field.removeAttribute("aria-invalid");
    const others = (field.getAttribute("aria-describedby") ?? "").split(/\s+/);
    const left = others.filter((one) => one && one !== id).join(" ");
    if (left) field.setAttribute("aria-describedby", left);
    else field.removeAttribute("aria-describedby");
  }

  function tell(path, text) {
    const field = fieldOf(path);
    if (!field) return;
    const { id, said } = placeOf(path);
    if (said) {
      const words = said.querySelector("span") ?? said;
      if (words.textContent !== text) words.textContent = text;
      return;
    }
    const line = document.createElement("p");
    line.className = "error";
    line.id = id;
    const words = document.createElement("span");
    words.textContent = text;
    line.append(words);
    (field.closest(".field") ?? field.parentElement).append(line);
    field.setAttribute("aria-invalid", "true");
    const others = field.getAttribute("aria-describedby");
    field.setAttribute("aria-describedby", others ? `${others} ${id}` : id);
  }

  function showProblems() {
    const plan = byId("plan");
    if (!plan) return;
    for (const field of plan.querySelectorAll("[aria-invalid=true][name]")) {
      if (!problems.has(field.name) && touched.size) clear(field.name);
    }
    for (const [path, text] of problems) if (touched.has(path)) tell(path, text);
  }

  // ---- asking and putting the answer in its places

  async function ask() {
    const plan = byId("plan");
    const side = byId("side");
    if (!plan || !side) return;
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    const late = setTimeout(() => {
      if (asking !== mine) return;
      show("counting");
      byId("plan-side")?.setAttribute("aria-busy", "true");
      say(byId("side-said")?.dataset.counting ?? "");
    }, PATIENCE);
    try {
      const answer = await fetch(side.dataset.preview, {
        method: "POST",
        body: new FormData(plan),
        headers: { "HX-Request": "true" },
        signal: mine.signal,
      });
      const text = await answer.text();
      if (asking !== mine) return;
      if (!answer.ok || answer.redirected) throw new Error(`answer ${answer.status}`);
      put(new DOMParser().parseFromString(text, "text/html").getElementById("side-answer"));
    } catch (error) {
      if (mine.signal.aborted || asking !== mine) return;
      show("lost");
      console.warn(error);
    } finally {
      clearTimeout(late);
      if (asking === mine) {
        asking = null;
        byId("plan-side")?.removeAttribute("aria-busy");
      }
    }
  }

  function put(answer) {
    const part = (name) => answer.querySelector(`[data-part="${name}"]`);
    problems = new Map(
      [...part("problems").querySelectorAll("[data-field]")].map((one) => [
        one.dataset.field,
        one.textContent,
      ]),
    );
    showProblems();
    const complete = answer.dataset.whole === "yes";
    const at = fieldAtWork();
    if (!complete && whole && problems.size && at !== null) {
      // what was right before is better than a gap: it stays, and says so
      show("kept", labelOf(at));
      say(byId("side-said")?.dataset.kept ?? "");
      return;
    }
    whole = complete;
    const side = byId("side");
    side.replaceChildren(...part("side").childNodes);
    openAgain(side);
    window.htmx?.process(side);
    const brief = byId("plan-brief");
    if (brief) brief.replaceChildren(...part("brief").childNodes);
    show("");
    say(part("said").textContent.trim());
  }

  // the field that somebody has changed and that does not hold now; null: none of theirs
  function fieldAtWork() {
    const here = document.activeElement?.name;
    if (here && problems.has(here)) return here;
    return [...touched].find((path) => problems.has(path)) ?? null;
  }

  // ---- what is open stays open

  const nameOf = (details) =>
    details.id || `${details.closest("section")?.querySelector("h3")?.textContent}`;

  function openAgain(within) {
    for (const details of within.querySelectorAll("details")) {
      const open = opened.get(nameOf(details));
      if (open !== undefined) details.open = open;
    }
  }

  document.addEventListener(
    "toggle",
    (event) => {
      const { target } = event;
      if (target.tagName === "DETAILS" && target.closest("#planner")) {
        opened.set(nameOf(target), target.open);
      }
    },
    true,
  );

  // ---- when to ask

  document.addEventListener("input", (event) => {
    if (!event.target.closest?.("#plan")) return;
    clearTimeout(typing);
    clearTimeout(meant);
    const typed = event.target.matches("input:not([type=radio], [type=checkbox], [type=date]), textarea");
    typing = setTimeout(ask, typed ? TYPING : 0);
    const { name } = event.target;
    if (!name) return;
    meant = setTimeout(() => {
      touched.add(name);
      showProblems();
    }, FINISHED);
  });

  document.addEventListener("change", (event) => {
    if (!event.target.closest?.("#plan") || !event.target.name) return;
    touched.add(event.target.name);
    showProblems();
  });

  // the form is made anew by some of its fields and buttons: figures of the old one come too late
  const remakes = (event) => event.detail?.ctx?.target?.id === "planner";
  document.addEventListener("htmx:before:request", (event) => {
    if (!remakes(event)) return;
    clearTimeout(typing);
    asking?.abort();
    asking = null;
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (remakes(event) && byId("planner")) openAgain(byId("planner"));
  });

  // ---- on a small screen: the bar opens the figures over the form

  function sheet(open) {
    const side = byId("plan-side");
    if (!side) return;
    side.classList.toggle("sheet", open);
    side.querySelector(".sheet-close").hidden = !open;
    document.querySelector(".plan-bar")?.setAttribute("aria-expanded", String(open));
    if (open) side.querySelector(".sheet-close").focus();
    else document.querySelector(".plan-bar")?.focus();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest(".plan-bar")) {
      event.preventDefault();
      sheet(true);
    } else if (event.target.closest(".sheet-close")) sheet(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && byId("plan-side")?.classList.contains("sheet")) sheet(false);
  });
})();
