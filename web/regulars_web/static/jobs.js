// Work in the background as it goes on. A page that waits for a job is told of its progress on a line
// that the server holds open; where too many lines are open it asks every second instead. A hidden
// page does neither.
"use strict";

(() => {
  const AGAIN = 30; // times to ask before a line is tried again
  const watches = new Map(); // job -> { source, asked }

  const show = (id, told) => {
    for (const place of document.querySelectorAll(`[data-job="${id}"]`)) {
      const put = (name, text) => {
        const part = place.querySelector(`[data-${name}]`);
        if (part && part.textContent !== text) part.textContent = text;
      };
      put("step", told.step);
      put("count", told.count);
      const bar = place.querySelector("progress");
      if (told.percent === null) bar?.removeAttribute("value");
      else bar?.setAttribute("value", told.percent);
    }
  };

  const ask = (id) => {
    for (const place of document.querySelectorAll(`[data-job="${id}"]`)) {
      place.dispatchEvent(new CustomEvent("regulars:poll"));
    }
  };

  const over = (id) => {
    const waiting = document.querySelector(`[data-job="${id}"][data-then="reload"]`);
    if (waiting) window.location.reload();
    else ask(id);
  };

  const open = (id, address) => {
    const watch = { source: new EventSource(address), asked: 0 };
    watch.source.addEventListener("progress", (event) => show(id, JSON.parse(event.data)));
    watch.source.addEventListener("over", (event) => {
      watch.source.close();
      show(id, JSON.parse(event.data));
      over(id);
    });
    watch.source.addEventListener("error", () => {
      if (watch.source.readyState === EventSource.CLOSED) watch.source = null;
    });
    watches.set(id, watch);
  };

  const close = (id) => {
    watches.get(id)?.source?.close();
    watches.delete(id);
  };

  // pages may bring new places, and take old ones away, at any time
  const look = () => {
    const here = new Map();
    if (!document.hidden) {
      for (const place of document.querySelectorAll("[data-job][data-events]")) {
        here.set(place.dataset.job, place.dataset.events);
      }
    }
    for (const id of [...watches.keys()]) if (!here.has(id)) close(id);
    for (const [id, address] of here) {
      const watch = watches.get(id);
      if (!watch) open(id, address);
      else if (!watch.source) {
        watch.asked += 1;
        if (watch.asked > AGAIN) close(id);
        else ask(id);
      }
    }
  };

  look();
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pagehide", () => [...watches.keys()].forEach(close));
})();
