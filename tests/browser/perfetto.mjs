// Opens a trace in Perfetto, served on loopback to a headless Chromium, and says what its importer complained of and
// what its tracks show.
//
//   node perfetto.mjs CHROMIUM UI TRACE, in the folder with the modules; UI is the folder with Perfetto's index.html
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:http";
import path from "node:path";

const puppeteer = createRequire(path.join(process.cwd(), "package.json"))("puppeteer-core");
const [, , chromium, ui, trace] = process.argv;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css" };

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const file = pathname === "/trace" ? trace : path.join(ui, pathname === "/" ? "index.html" : path.normalize(pathname));
  const content = await readFile(file).catch(() => null);
  response.writeHead(content ? 200 : 404, { "content-type": TYPES[path.extname(file)] ?? "application/octet-stream" });
  response.end(content);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await puppeteer.launch({ executablePath: chromium, headless: true, args: ["--no-sandbox"] });

// Everything that Perfetto asks another server for is refused: whether it is a trace processor on this machine or one
// of its own services must change nothing.
async function open() {
  const page = await browser.newPage();
  await page.setViewport({ width: 1600, height: 1200 });
  await page.setRequestInterception(true);
  const own = (url) => [origin, "data:", "blob:"].some((start) => url.startsWith(start));
  page.on("request", (request) => (own(request.url()) ? request.continue() : request.abort()));
  await page.goto(`${origin}/#!/?url=${origin}/trace`, { waitUntil: "load" });
  await page.waitForFunction(() => window.app?.trace || document.querySelector(".pf-modal-dialog"));
  return page;
}

// What the importer left out or did not understand, and what the tracks hold.
async function imported(page) {
  return page.evaluate(async () => {
    await window.waitForPerfettoIdle();
    const rows = async (text) => {
      const result = await app.trace.engine.query(text);
      const found = [];
      for (const row = result.iter({}); row.valid(); row.next()) found.push(result.columns().map((name) => row.get(name)));
      return found;
    };
    const lost = await rows("select name, value from stats where value > 0 and severity in ('error', 'data_loss')");
    const wrong = [...lost.map(([name, value]) => `${name}: ${value}`), ...app.trace.loadingErrors.map(String)];
    const count = async (table) => Number((await rows(`select count(*) as number from ${table}`))[0][0]);
    const slices = await rows("select ifnull(category, '') as category, count(*) as number from slice group by 1");
    const threads = await rows("select thread.name as name from thread_track join thread using (utid) where " +
      "thread_track.id in (select track_id from slice) and thread.name is not null");
    return {
      wrong,
      figures: {
        slices: Object.fromEntries(slices.map(([category, number]) => [category, Number(number)])),
        arrows: await count("flow"),
        threads: [...new Set(threads.flat())].sort(),
        tracks: [...new Set(app.trace.workspace.flatTracks.map(({ name }) => name))].sort(),
      },
    };
  });
}

try {
  const page = await open();
  const refused = await page.evaluate(() => document.querySelector(".pf-modal-dialog")?.innerText);
  const said = refused ? { wrong: [refused.slice(0, 400)], figures: {} } : await imported(page);
  if (!refused) await page.screenshot({ path: `${trace}.png` });
  process.stdout.write(`${JSON.stringify(said)}\n`);
} finally {
  await browser.close();
  server.close();
}
