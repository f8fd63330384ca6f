// Opens one page in a headless Chromium and says, as JSON, what is wrong with it. Every check returns a list of
// sentences: an empty list is a pass.
//
//   node visit.mjs CHROMIUM PAGE.html CHECK [ARGUMENT]
//
// The modules come from node_modules in the current folder, into which the suite has installed them.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "package.json"));
const puppeteer = require("puppeteer-core");
const WIDTHS = [400, 900, 1600];
const SCHEMES = ["light", "dark"];

const [, , chromium, file, check, argument] = process.argv;
const figures = {};
const address = pathToFileURL(path.resolve(file)).href;
const browser = await puppeteer.launch({
  executablePath: chromium, headless: true, args: ["--no-sandbox", "--force-color-profile=srgb", "--disable-lcd-text"],
});

// A page that was opened, with what it complained of and what it asked a network for.
async function open({ width = 1200, height = 1000, scheme = "light", script = true } = {}) {
  const page = await browser.newPage();
  page.wrong = [];
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) page.wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => page.wrong.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== address && !request.url().startsWith("data:")) page.wrong.push(`asks for ${request.url()}`);
  });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setViewport({ width, height });
  await page.setJavaScriptEnabled(script);
  const began = performance.now();
  await page.goto(address, { waitUntil: "load" });
  // Without a script nothing tells when the page is drawn.
  if (script) await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  page.opened = Math.round(performance.now() - began);
  return page;
}

async function eachView(visit) {
  const wrong = [];
  for (const scheme of SCHEMES) {
    for (const width of WIDTHS) {
      const page = await open({ width, scheme });
      const found = await visit(page, width, scheme);
      wrong.push(...[...page.wrong, ...found].map((sentence) => `${width} px, ${scheme}: ${sentence}`));
      await page.close();
    }
  }
  return wrong;
}

// Unfolds everything that a reader can unfold, except long lists.
const unfold = (page) => page.evaluate(() => {
  for (const details of document.querySelectorAll("details:not(.list)")) details.open = true;
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
});

// What does not fit: the page is wider than the window, or a text is cut by its own box or by the edge of the window.
function misfits() {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} px wide`);
  const name = (element) => `<${element.tagName.toLowerCase()} class="${element.className}"> ` +
    JSON.stringify(element.textContent.trim().slice(0, 60));
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest("svg, script") || !element.checkVisibility() || !element.textContent.trim()) continue;
    const box = element.getBoundingClientRect();
    const scrolls = element.parentElement.closest(".scroll, pre");
    if (!scrolls && box.right > innerWidth + 1) found.push(`it ends at ${Math.round(box.right)} px: ${name(element)}`);
    const style = getComputedStyle(element);
    const clips = style.overflowX !== "visible" && !element.matches(".scroll, pre");
    if (clips && element.scrollWidth > element.clientWidth + 1) found.push(`its text is cut: ${name(element)}`);
    if (style.textOverflow === "ellipsis") found.push(`its text may be cut: ${name(element)}`);
    if (element.matches(".scroll") && element.querySelector("table.lanes") &&
        element.scrollWidth > element.clientWidth + 1) found.push(`the drawing does not fit: ${name(element)}`);
  }
  return found.slice(0, 10);
}

const now = (page) => page.$eval("details.run[open] .at", (at) => at.textContent);
const step = async (page) => Number((await now(page)).match(/^Step (\d+) of/)[1]);

// Presses keys, and says which of them did not do what it should.
async function keys() {
  const page = await open();
  const wrong = [];
  const expect = async (what, wanted) => {
    const found = await step(page);
    if (found !== wanted) wrong.push(`${what}: step ${found} instead of ${wanted}`);
  };
  const began = await step(page);
  for (const [key, change] of [["j", 1], ["ArrowRight", 1], ["k", -1], ["ArrowLeft", -1], ["k", -1], ["j", 1]]) {
    const before = await step(page);
    await page.keyboard.press(key);
    await expect(key, before + change);
  }
  const slider = await page.$("details.run[open] input[type=range]");
  await slider.focus();
  await page.keyboard.press("Home");
  await expect("Home on the slider", 1);
  await page.keyboard.press("k");
  await expect("k at the beginning", 1);
  await page.keyboard.press("ArrowRight");
  await expect("ArrowRight on the slider", 2);
  const said = await slider.evaluate((input) => input.getAttribute("aria-valuetext"));
  if (!said.startsWith("step 2: ")) wrong.push(`the slider says ${said}`);
  await page.keyboard.press("n");
  const marked = await step(page);
  const row = await page.$$eval("details.run[open] .steps tbody tr", (rows, at) => rows[at - 1].className, marked);
  if (!["critical", "pair"].includes(row)) wrong.push(`n leads to step ${marked}, which is not marked`);
  const drawn = await page.$eval("tr[aria-current]", (drawn) => Number(drawn.dataset.step) + 1);
  if (drawn !== marked) wrong.push(`the drawing marks step ${drawn} instead of ${marked}`);
  await page.click("table.lanes tr[data-step]");
  await expect("a click on the first drawn row", 1);
  await page.keyboard.press("End");
  if (await step(page) !== 1) wrong.push("a key that is not one of the player's moves it");
  const walked = await walk(page);
  Object.assign(figures, walked.counts, { began });
  wrong.push(...walked.wrong);
  return [...page.wrong, ...wrong];
}

// Goes through a whole run and compares what the player shows with the lists, which need no script.
async function walk(page) {
  return page.evaluate(() => {
    const wrong = [];
    const run = document.querySelector("details.run[open]");
    const [rows, versions] = [run.querySelectorAll(".steps tbody tr"), [...run.querySelectorAll(".versions li")]];
    const slider = run.querySelector("input");
    let [diffs, stale, held] = [0, 0, 0];
    for (let at = 1; at <= rows.length; at++) {
      slider.value = at;
      slider.dispatchEvent(new Event("input"));
      const what = rows[at - 1].cells[3].textContent.trim();
      if (!run.querySelector(".at").textContent.includes(what)) wrong.push(`step ${at} does not say ${what}`);
      const here = versions.filter((version) => Number(version.dataset.step) === at);
      const cards = run.querySelectorAll(".objects .card.now");
      if (cards.length !== here.length) wrong.push(`step ${at} changes ${here.length}, and ${cards.length} are shown`);
      for (const card of cards) diffs += card.querySelectorAll("ins, del").length > 0;
      const live = new Map(versions.filter((version) => Number(version.dataset.step) <= at)
        .map((version) => [version.dataset.lane, version]));
      const exist = [...live.values()].filter((version) => / (created|changed) at/.test(version.textContent) ||
        Number(version.dataset.step) === at);
      const all = run.querySelectorAll(".objects .card");
      if (all.length !== exist.length) wrong.push(`${all.length} objects at step ${at} instead of ${exist.length}`);
      for (const pre of run.querySelectorAll(".objects pre")) {
        const kinds = pre.textContent.match(/^[-+ ]*kind: /gm) || [];
        if (kinds.length < 1 || /undefined/.test(pre.textContent)) wrong.push(`step ${at} shows a broken object`);
      }
      stale += run.querySelectorAll(".replicas .behind").length;
      held += run.querySelector(".replicas").textContent.includes("believes that it holds the lease");
    }
    if (versions.length && !diffs) wrong.push("no step shows a difference");
    return { wrong: wrong.slice(0, 10), counts: { steps: rows.length, versions: versions.length, stale, held } };
  });
}

// What a reader gets without a script.
async function withoutScript() {
  const page = await open({ script: false });
  return page.evaluate(() => {
    const wrong = [];
    if (document.querySelector(".player:not([hidden])")) wrong.push("a player that does nothing is shown");
    if (document.querySelector(".replay button:not([hidden])")) wrong.push("a button that does nothing is shown");
    const shown = (selector) => [...document.querySelectorAll(selector)].some((one) => one.checkVisibility());
    for (const needed of ["h1", ".replay code", "table.lanes", ".legend", "details.run[open] > .list > summary"]) {
      if (!shown(needed)) wrong.push(`${needed} is not shown`);
    }
    document.querySelectorAll("details.run[open] > .list").forEach((list) => { list.open = true; });
    for (const needed of [".steps td", ".versions pre"]) if (!shown(needed)) wrong.push(`${needed} cannot be unfolded`);
    return wrong;
  });
}

// What axe-core finds: roles, names, contrast, order of headings, all of WCAG 2 A and AA that a machine can check.
async function accessible() {
  return eachView(async (page) => {
    await unfold(page);
    await page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    return violations.flatMap(({ id, nodes }) => nodes.slice(0, 2).map(({ html }) => `${id}: ${html.slice(0, 160)}`));
  });
}

// Tab reaches everything that acts, in the order of the page, and what has the focus is seen.
async function focusOrder() {
  const page = await open();
  const reached = [];
  let places = 0;
  for (let presses = 0; presses < 400; presses++) {
    await page.keyboard.press("Tab");
    const place = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      const all = [...document.querySelectorAll("*")];
      const seen = getComputedStyle(one).outlineStyle !== "none";
      return { name: `${one.tagName} ${one.className}`, at: all.indexOf(one), seen };
    });
    if (!place || reached.some(({ at }) => at === place.at)) break;
    reached.push(place);
    places++;
  }
  const wrong = reached.filter(({ seen }) => !seen).map(({ name }) => `${name} has the focus, and it is not seen`);
  if (reached.some(({ at }, index) => index && at < reached[index - 1].at)) wrong.push("Tab goes back");
  const wanted = await page.evaluate(() => [...document.querySelectorAll("a[href], button, input, summary, [tabindex]")]
    .filter((one) => one.checkVisibility() && !one.hidden).length);
  if (places < wanted) wrong.push(`Tab reaches ${places} of ${wanted}`);
  return wrong;
}

// The page on paper: nothing that needs a script, and no page of it empty.
async function printed() {
  const page = await open({ width: 794 });
  await page.emulateMediaType("print");
  const wrong = await page.evaluate(() => [...document.querySelectorAll(".player, .replay button")]
    .filter((one) => one.checkVisibility()).map((one) => `${one.className || one.tagName} is printed`));
  const cut = await page.evaluate(misfits);
  const pdf = await page.pdf({ format: "A4", printBackground: true });
  if (pdf.length < 20_000) wrong.push(`${pdf.length} bytes of PDF`);
  return [...wrong, ...cut];
}

// Writes the first screen as it is seen at each width and scheme, for people.
async function screenshots() {
  for (const width of WIDTHS) {
    const page = await firstScreen({ width, height: Math.round(width < 600 ? width * 2.2 : width * 0.72) });
    await page.screenshot({ path: `${argument}-${width}.png` });
    await page.close();
  }
  const page = await firstScreen({ width: 1600, height: 1150, scheme: "dark" });
  await page.screenshot({ path: `${argument}-1600-dark.png` });
  return [];
}

// The first screen, for pictures: the command names no folder of this machine.
async function firstScreen(view) {
  const page = await open(view);
  await page.evaluate(() => {
    for (const code of document.querySelectorAll(".replay code")) {
      code.textContent = code.textContent.replace(/^.* (\S*[/\\])?/, "lockstep replay ");
    }
  });
  return page;
}

// Writes the picture that `compared` compares with.
async function picture() {
  const page = await firstScreen({ width: 1200, height: 1130 });
  await page.screenshot({ path: argument });
  return [];
}

// Compares a picture of the first screen with a kept one: the share of its blocks of 8 × 8 pixels that differ.
async function compared() {
  const [kept, limit] = argument.split(":");
  const page = await firstScreen({ width: 1200, height: 1130 });
  const image = await page.screenshot({ encoding: "base64" });
  await page.close();
  const blank = await browser.newPage();
  const pictures = [image, readFileSync(kept).toString("base64")].map((data) => `data:image/png;base64,${data}`);
  const share = await blank.evaluate(async (pictures) => {
    const drawn = await Promise.all(pictures.map(async (source) => {
      const picture = new Image();
      picture.src = source;
      await picture.decode();
      const canvas = new OffscreenCanvas(150, 142);
      const context = canvas.getContext("2d");
      context.drawImage(picture, 0, 0, 150, 142);
      return { data: context.getImageData(0, 0, 150, 142).data, size: [picture.width, picture.height].join() };
    }));
    if (drawn[0].size !== drawn[1].size) return 1;
    let other = 0;
    for (let at = 0; at < drawn[0].data.length; at += 4) {
      const off = [0, 1, 2].reduce((sum, of) => sum + Math.abs(drawn[0].data[at + of] - drawn[1].data[at + of]), 0);
      other += off > 48;
    }
    return other / (drawn[0].data.length / 4);
  }, pictures);
  figures.differs = Number(share.toFixed(4));
  return share > Number(limit) ? [`${(share * 100).toFixed(1)} % of the picture differ from ${kept}`] : [];
}

// Draws a sequence diagram: it has an element for each message and each participant.
async function mermaid() {
  const page = await browser.newPage();
  await page.goto("about:blank");
  await page.addScriptTag({ path: require.resolve("@mermaid-js/tiny/dist/mermaid.tiny.js") });
  const text = readFileSync(argument, "utf8");
  const drawn = await page.evaluate(async (text) => {
    mermaid.initialize({ startOnLoad: false });
    try {
      const { svg } = await mermaid.render("drawing", text);
      const image = new DOMParser().parseFromString(svg, "text/html");
      return { actors: image.querySelectorAll(".actor-top, .actor-man.actor-top, text.actor").length,
        messages: image.querySelectorAll(".messageText").length, notes: image.querySelectorAll(".noteText").length };
    } catch (error) {
      return { error: String(error) };
    }
  }, text);
  Object.assign(figures, drawn);
  return drawn.error ? [drawn.error] : [];
}

async function opens() {
  const times = [];
  const wrong = await eachView(async (page) => {
    times.push(page.opened);
    return [...await page.evaluate(misfits), ...(await unfold(page), await page.evaluate(misfits))];
  });
  figures.opened_ms = Math.max(...times);
  return wrong;
}

// How long a step takes at the worst, in a long run whose lists are unfolded.
async function smooth() {
  const page = await open();
  figures.opened_ms = page.opened;
  Object.assign(figures, await page.evaluate(async () => {
    const began = performance.now();
    document.querySelectorAll("details.run").forEach((run) => { run.open = true; });
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const unfolded = performance.now() - began;
    const longest = [...document.querySelectorAll("details.run input")].sort((a, b) => b.max - a.max)[0];
    let worst = 0;
    for (let at = 1; at <= 40; at++) {
      const before = performance.now();
      longest.value = Math.round(longest.max * at / 40);
      longest.dispatchEvent(new Event("input"));
      document.body.getBoundingClientRect();
      worst = Math.max(worst, performance.now() - before);
    }
    return { steps: Number(longest.max), unfolded_ms: Math.round(unfolded), step_ms: Math.round(worst) };
  }));
  return page.wrong;
}

const checks = {
  opens, keys, withoutScript, accessible, focusOrder, printed, screenshots, picture, compared, mermaid, smooth,
};
try {
  const wrong = await checks[check]();
  process.stdout.write(`${JSON.stringify({ wrong, figures })}\n`);
} finally {
  await browser.close();
}
