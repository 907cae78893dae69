// Files of any size, in pieces: gone on with after a lost line, a pause, a reload, another sign-in or
// a restart of the server. Without this script the form sends its file as any form does.
"use strict";

(() => {
  const PIECE = 8 * 1024 * 1024; // bytes; the server keeps a piece aside until it is whole
  const PATIENCE = [0, 500, 1000, 2000, 3000, ...Array(240).fill(5000)]; // ms; 20 minutes in all
  const WINDOW = 8; // seconds over which the speed is measured
  const language = document.documentElement.lang || undefined;

  const SIZES = [["GB", 1e9], ["MB", 1e6], ["kB", 1e3], ["B", 1]];
  const number = (value, options) => new Intl.NumberFormat(language, options).format(value);
  const asSize = (bytes) => {
    const [name, worth] = SIZES.find(([, least]) => bytes >= least) || SIZES[3];
    const digits = name === "B" || bytes / worth >= 100 ? 0 : 1;
    const shown = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return `${number(bytes / worth, shown)} ${name}`;
  };
  const asTime = (seconds) => {
    const [unit, worth] =
      seconds < 90 ? ["second", 1] : seconds < 5400 ? ["minute", 60] : ["hour", 3600];
    const whole = Math.max(1, Math.round(seconds / worth));
    return number(whole, { style: "unit", unit, unitDisplay: "long" });
  };
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const statusOf = (error) => error.originalResponse?.getStatus() || 0;
  const problemOf = (error) => {
    try {
      return JSON.parse(error.originalResponse.getBody()).problem;
    } catch {
      return null;
    }
  };

  // one file and its line on the page
  class Item {
    constructor(zone, file) {
      this.zone = zone;
      this.file = file;
      this.state = "waiting"; // running, paused, halted, done, gone
      this.samples = [];
      this.line = zone.form
        .querySelector("template[data-upload-line]")
        .content.firstElementChild.cloneNode(true);
      this.part = (name) => this.line.querySelector(`[data-${name}]`);
      this.part("name").textContent = file.name;
      this.part("bar").setAttribute("aria-label", file.name);
      for (const [name, act] of [["pause", "pause"], ["go-on", "goOn"], ["cancel", "cancel"]]) {
        const button = this.part(name);
        button.setAttribute("aria-label", `${button.textContent.trim()}: ${file.name}`);
        button.addEventListener("click", () => this[act]());
      }
      zone.list.append(this.line);
      this.show("waiting", 0);
    }

    // words: a name of the zone's words, or a sentence of the server
    show(words, sent = this.sent) {
      this.sent = sent;
      const { size } = this.file;
      this.part("bar").value = size ? sent / size : 1;
      this.part("told").textContent = this.zone.words[words] ?? words;
      this.part("figures").textContent = fill(this.zone.words.figures, {
        done: asSize(sent),
        size: asSize(size),
      });
      this.line.dataset.state = this.state;
      this.part("pause").hidden = this.state !== "running";
      this.part("go-on").hidden = !["paused", "halted"].includes(this.state);
      this.part("cancel").hidden = this.state === "done";
    }

    async start() {
      this.state = "running";
      this.samples = [];
      this.show("starting");
      const begun = await this.askWhatBegan();
      if (begun === null || this.state !== "running") return;
      this.zone.token = begun.token;
      const known = begun.uploads.find(
        (upload) =>
          upload.purpose === this.zone.purpose &&
          upload.filename === this.file.name &&
          upload.size === this.file.size &&
          [null, this.file.lastModified].includes(upload.modified),
      );
      if (known) document.querySelector(`[data-unfinished="${known.address}"]`)?.remove();
      this.show("sending", known?.offset ?? 0);
      this.upload = this.prepare(known);
      this.upload.start();
    }

    prepare(known) {
      const metadata = {
        filename: this.file.name,
        purpose: this.zone.purpose,
        modified: String(this.file.lastModified),
      };
      const kind = this.zone.form.elements.kind?.value;
      if (kind) metadata.kind = kind;
      const upload = new tus.Upload(this.file, {
        endpoint: known ? null : this.zone.address,
        uploadUrl: known ? new URL(known.address, window.location.href).href : null,
        chunkSize: PIECE,
        retryDelays: PATIENCE,
        storeFingerprintForResuming: false, // the server itself lists what was begun
        metadata,
        onBeforeRequest: (request) => request.setHeader("X-CSRFToken", this.zone.token),
        // whatever happens from here on, never begin at the first byte by oneself
        onUploadUrlAvailable: () => (upload.options.endpoint = null),
        onProgress: (sent) => this.told(sent),
        onShouldRetry: (error) => this.goesOnAfter(error),
        onError: (error) => this.halt(error),
        onSuccess: ({ lastResponse }) => this.finish(lastResponse.getHeader("Regulars-Next")),
      });
      return upload;
    }

    async askWhatBegan() {
      for (const pause of PATIENCE) {
        try {
          const answer = await fetch(this.zone.address, { headers: { Accept: "application/json" } });
          if (answer.ok) return await answer.json();
          if (answer.status === 401) {
            this.stop("halted", "signedOut");
            return null;
          }
        } catch {
          // no line: told below, and tried again
        }
        if (this.state !== "running") return null;
        this.show("lost");
        await wait(Math.max(pause, 500));
        if (this.state !== "running") return null;
      }
      this.stop("halted", "lostForLong");
      return null;
    }

    told(sent) {
      if (this.state !== "running") return;
      const now = performance.now() / 1000;
      this.samples.push([now, sent]);
      while (this.samples.length > 2 && this.samples[0][0] < now - WINDOW) this.samples.shift();
      this.show(sent >= this.file.size ? "arrived" : "sending", sent);
      const [[then, before]] = this.samples;
      const speed = (sent - before) / (now - then);
      if (now - then > 1 && speed > 0 && sent < this.file.size) {
        this.part("figures").textContent = fill(this.zone.words.pace, {
          done: asSize(sent),
          size: asSize(this.file.size),
          speed: `${asSize(speed)}/s`,
          time: asTime((this.file.size - sent) / speed),
        });
      }
    }

    goesOnAfter(error) {
      const status = statusOf(error);
      if (this.state !== "running") return false;
      if (status === 507 || (status >= 400 && status < 500 && ![409, 423, 460].includes(status))) {
        return false;
      }
      this.samples = [];
      this.show("lost");
      // a file that was changed or taken away on this machine looks like a lost line
      this.file.slice(0, 1).arrayBuffer().catch(() => {
        this.upload.abort();
        this.stop("halted", "changed");
      });
      return true;
    }

    halt(error) {
      if (this.state !== "running") return;
      const status = statusOf(error);
      if (status === 404 && this.upload?.options.endpoint === null) {
        this.start(); // it expired or was cancelled elsewhere: from the beginning
        return;
      }
      if (status === 401 || status === 403) this.stop("halted", "signedOut");
      else this.stop("halted", (status && problemOf(error)) || "lostForLong");
    }

    stop(state, words) {
      this.state = state;
      this.show(words);
      this.zone.pump();
    }

    pause() {
      this.upload?.abort();
      this.stop("paused", "paused");
      this.part("go-on").focus();
    }

    goOn() {
      this.state = "waiting";
      this.show("waiting");
      this.zone.pump();
      if (!this.part("pause").hidden) this.part("pause").focus();
    }

    async cancel() {
      this.state = "gone";
      await this.upload?.abort();
      const address = this.upload?.url;
      this.line.remove();
      this.zone.tidy();
      this.zone.input.focus();
      if (address) {
        const headers = { "Tus-Resumable": "1.0.0", "X-CSRFToken": this.zone.token };
        // without a line it stays among the unfinished ones, which go away by themselves
        await fetch(address, { method: "DELETE", headers }).catch(() => null);
      }
      this.zone.pump();
    }

    finish(next) {
      this.state = "done";
      this.show("done", this.file.size);
      const link = this.part("next");
      link.hidden = !next;
      if (next) link.href = next;
      if (next && this.zone.brought === 1) {
        window.location.assign(next);
        return;
      }
      this.zone.listAnew();
      this.zone.pump();
    }
  }

  // a form that takes files
  class Zone {
    constructor(form) {
      this.form = form;
      this.input = form.querySelector("input[type=file]");
      this.list = form.querySelector("[data-upload-list]");
      this.words = form.querySelector("template[data-upload-line]").dataset;
      this.address = new URL(form.dataset.pieces, window.location.href).href;
      this.purpose = form.dataset.purpose;
      this.items = [];
      this.brought = 0;
      this.input.multiple = true;
      this.takeDrops();
      form.addEventListener("submit", (event) => {
        if (!this.input.files.length) return;
        event.preventDefault();
        this.take([...this.input.files]);
        this.input.value = "";
      });
      window.addEventListener("online", () => {
        for (const item of this.items) {
          if (item.state === "halted" && item.part("told").textContent === this.words.lostForLong) {
            item.goOn();
          }
        }
      });
    }

    takeDrops() {
      for (const name of ["dragenter", "dragover"]) {
        this.form.addEventListener(name, (event) => {
          event.preventDefault();
          this.form.classList.add("over");
        });
      }
      for (const name of ["dragleave", "drop"]) {
        this.form.addEventListener(name, () => this.form.classList.remove("over"));
      }
      this.form.addEventListener("drop", (event) => {
        event.preventDefault();
        if (event.dataTransfer.files.length) this.input.files = event.dataTransfer.files;
      });
    }

    take(files) {
      this.brought += files.length;
      for (const file of files) this.items.push(new Item(this, file));
      this.tidy();
      this.pump();
    }

    tidy() {
      this.items = this.items.filter((item) => item.state !== "gone");
      this.list.hidden = this.items.length === 0;
      if (!this.items.length) this.brought = 0;
    }

    // the table of files below, which has just become longer
    async listAnew() {
      const here = document.getElementById("files-so-far");
      const answer = await fetch(window.location.href).catch(() => null);
      if (!here || !answer?.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const there = page.getElementById("files-so-far");
      if (there) here.replaceWith(document.adoptNode(there));
    }

    // one after the other: together they would only be slower
    pump() {
      if (this.items.some((item) => item.state === "running")) return;
      this.items.find((item) => item.state === "waiting")?.start();
    }
  }

  if (!window.tus?.isSupported) return;
  for (const form of document.querySelectorAll("form[data-pieces]")) new Zone(form);
})();
