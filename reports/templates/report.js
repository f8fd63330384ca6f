"use strict";
for (const box of document.querySelectorAll(".replay")) {
  const button = box.querySelector("button");
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.onclick = () => navigator.clipboard.writeText(box.querySelector("code").textContent)
    .then(() => { button.textContent = "Copied"; });
}

// The last entry of a sorted list of changes that is not after a step.
function latest(changes, step, at) {
  let low = 0, high = changes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(changes[middle]) <= step) low = middle + 1; else high = middle;
  }
  return changes[low - 1];
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// The versions of a run, put together from their differences as they are asked for.
class Versions {
  constructor(run) {
    this.all = [...run.querySelectorAll(".versions li")].map((item) => ({
      lane: Number(item.dataset.lane), step: Number(item.dataset.step) - 1,
      name: item.querySelector("b").textContent, text: item.querySelector("pre").textContent,
    }));
    for (const version of this.all) version.gone = !/^[+=…]/m.test(version.text);
    this.lanes = new Map();
    this.all.forEach((version, index) => {
      const versions = this.lanes.get(version.lane) || [];
      this.lanes.set(version.lane, versions);
      Object.assign(version, { index, number: versions.length, before: versions.at(-1) });
      versions.push(version);
    });
  }

  // Lines of a version, each with `+`, `=` or, for one that is gone, `-`.
  lines(version) {
    if (version.lines) return version.lines;
    const missing = [];
    for (let one = version; one && !one.lines; one = one.before) missing.push(one);
    for (const one of missing.reverse()) one.lines = apply(one.before ? one.before.lines : [], one.text);
    return version.lines;
  }
}

function apply(before, difference) {
  const old = before.filter(([sign]) => sign !== "-").map(([, line]) => line);
  const lines = [];
  let at = 0;
  for (const line of difference.split("\n").slice(0, -1)) {
    const sign = line[0], rest = line.slice(2);
    if (sign === "…") {
      for (let end = at + Number(rest); at < end; at++) lines.push(["=", old[at]]);
    } else {
      lines.push([sign, rest]);
      if (sign !== "+") at++;
    }
  }
  return lines;
}

class Player {
  constructor(run) {
    this.run = run;
    this.box = run.querySelector(".player");
    this.rows = run.querySelector(".steps tbody").rows;
    this.data = JSON.parse(run.querySelector("script").textContent);
    this.versions = new Versions(run);
    this.slider = this.box.querySelector("input");
    this.drawn = new Map();
    for (const table of document.querySelectorAll(`table.lanes[data-of="${run.id}"]`)) {
      for (const row of table.querySelectorAll("tr[data-step]")) this.drawn.set(Number(row.dataset.step), row);
      table.addEventListener("click", (event) => {
        const row = event.target.closest("tr[data-step]");
        if (row) this.open().show(Number(row.dataset.step));
      });
    }
    this.slider.addEventListener("input", () => this.show(this.slider.value - 1));
    for (const button of this.box.querySelectorAll("[data-go]")) {
      button.addEventListener("click", () => this.go(button.dataset.go));
    }
    this.box.addEventListener("focusin", () => { Player.current = this; });
    run.addEventListener("toggle", () => { if (run.open && !this.shown) this.open(); });
    if (run.open) this.open();
  }

  open() {
    this.run.open = true;
    this.box.hidden = false;
    Player.current = this;
    if (!this.shown) {
      this.shown = true;
      this.show(Number(this.box.dataset.start));
    }
    return this;
  }

  go(where) {
    if (where === "mark") {
      const marked = (row) => row.className !== "";
      const after = [...this.rows].findIndex((row, index) => index > this.step && marked(row));
      const first = [...this.rows].findIndex(marked);
      if (first >= 0) this.show(after >= 0 ? after : first);
    } else {
      this.show(this.step + Number(where));
    }
  }

  show(step) {
    const last = this.step;
    this.step = Math.max(0, Math.min(this.rows.length - 1, step));
    const [, at, where, what, by] = [...this.rows[this.step].cells].map((cell) => cell.textContent.trim());
    const words = `${where}: ${what}${by ? ", by " + by : ""}`;
    this.slider.value = this.step + 1;
    this.slider.setAttribute("aria-valuetext", `step ${this.step + 1}: ${words}`);
    const status = this.box.querySelector(".at");
    status.replaceChildren(element("b", `Step ${this.step + 1} of ${this.rows.length}`), ` ${at} s · ${words}`);
    for (const [index, set] of [[last, false], [this.step, true]]) {
      const row = this.drawn.get(index);
      if (!row) continue;
      if (set) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current");
    }
    this.box.querySelector(".replicas").replaceChildren(...this.replicas());
    this.box.querySelector(".objects").replaceChildren(...this.objects());
    for (const pre of this.box.querySelectorAll(".objects pre")) {
      const changed = pre.querySelector("ins, del");
      if (changed) pre.scrollTop = changed.offsetTop - pre.offsetTop - 40;
    }
  }

  // What each replica does, believes and has seen, and how far copies of the store are behind.
  replicas() {
    const list = element("dl");
    this.data.lanes.forEach(([name, kind], lane) => {
      if (kind !== "replica") return;
      const state = latest(this.data.replicas.filter(([of]) => of === lane), this.step, ([, from]) => from);
      list.append(element("dt", name), element("dd", (state && state[2]) || "idle"));
      for (const view of this.seen(lane)) list.append(view);
    });
    for (const [name, behind] of this.data.copies) {
      const now = latest(behind, this.step, ([from]) => from);
      const writes = now ? now[1] : 0;
      const words = writes ? `behind by ${writes} write${writes === 1 ? "" : "s"}` : "up to date";
      list.append(element("dt", name), element("dd", words, writes ? "behind" : ""));
    }
    return [element("h3", "Replicas and caches"), list];
  }

  seen(lane) {
    const objects = new Map();
    for (const [of, from, object, version] of this.data.views) {
      if (of === lane && from <= this.step) objects.set(object, version);
    }
    const views = [];
    for (const [object, index] of objects) {
      const versions = this.versions.lanes.get(object) || [];
      const now = latest(versions, this.step, (version) => version.step);
      const name = (version) => version ? `version ${version.number + 1}` : "nothing";
      const [knows, truth] = [index === null ? null : this.versions.all[index], now && !now.gone ? now : null];
      const stale = knows !== truth;
      const words = `its watch has ${name(knows)} of ${this.data.lanes[object][0]}`;
      views.push(element("dd", stale ? `${words}, the store ${name(truth)}` : words, stale ? "behind" : ""));
    }
    return views;
  }

  // Each object that exists at this step or is deleted by it, with its difference from the step before.
  objects() {
    const cards = [];
    for (const versions of this.versions.lanes.values()) {
      const version = latest(versions, this.step, (one) => one.step);
      if (!version) continue;
      const now = version.step === this.step;
      const lines = this.versions.lines(version);
      if (version.gone && !now) continue;
      const card = element("article", "", now ? "card now" : "card");
      const change = version.gone ? "deleted here" : version.number === 0 ? "created here" : "changed here";
      const since = now ? change : `unchanged since step ${version.step + 1}`;
      card.append(element("h3", version.name), element("p", `version ${version.number + 1}, ${since}`));
      const pre = element("pre");
      pre.tabIndex = 0;
      pre.setAttribute("role", "group");
      pre.setAttribute("aria-label", `${version.name} as YAML`);
      for (const [sign, line] of lines) {
        if (sign === "-" && !now) continue;
        const name = now && sign === "+" ? "ins" : sign === "-" ? "del" : "span";
        pre.append(element(name, `${now ? (sign === "=" ? " " : sign) + " " : ""}${line}\n`));
      }
      card.append(pre);
      cards.push(card);
    }
    const title = element("h3", cards.length ? "Objects" : "No objects yet");
    return [title, ...cards];
  }
}

for (const run of document.querySelectorAll("details.run")) {
  const player = new Player(run);
  Player.first = Player.first || player;
}
Player.current = Player.first;
document.addEventListener("keydown", (event) => {
  const player = Player.current;
  if (!player || event.ctrlKey || event.metaKey || event.altKey) return;
  const range = event.target.matches("input[type=range]");
  if (event.target.matches("input, select, textarea") && !range) return;
  const scrolls = event.target.matches(".scroll, pre") || range;
  const keys = { j: "1", k: "-1", n: "mark" };
  if (!scrolls) Object.assign(keys, { ArrowRight: "1", ArrowLeft: "-1" });
  const where = keys[event.key];
  if (!where) return;
  event.preventDefault();
  player.open().go(where);
});
