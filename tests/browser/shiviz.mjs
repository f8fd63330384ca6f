// Reads a log as ShiViz does: by the expression in its first line, which is JavaScript's, and checks the vector clocks
// as ShiViz does before it draws.
//
//   node shiviz.mjs LOG
import { readFileSync } from "node:fs";

const text = readFileSync(process.argv[2], "utf8");
const [expression, log] = [text.slice(0, text.indexOf("\n")), text.slice(text.indexOf("\n\n") + 2)];
const wrong = [];
const events = [...log.matchAll(new RegExp(expression, "gm"))];
const rest = events.reduce((left, [event]) => left.replace(event, ""), log).trim();
if (rest) wrong.push(`the expression leaves out ${JSON.stringify(rest.slice(0, 80))}`);
const local = new Map();
const clocks = events.map(({ groups }) => ({ host: groups.host, clock: JSON.parse(groups.clock) }));
const ends = new Map();
for (const { host, clock } of clocks) ends.set(host, Math.max(ends.get(host) || 0, clock[host] || 0));
for (const { host, clock } of clocks) {
  const before = local.get(host) || {};
  if (clock[host] !== (before[host] || 0) + 1) wrong.push(`${host} goes from ${before[host]} to ${clock[host]}`);
  for (const [other, time] of Object.entries(clock)) {
    if (time > (ends.get(other) || 0)) wrong.push(`${host} knows event ${time} of ${other}, which has fewer`);
    if (time < (before[other] || 0)) wrong.push(`${host} forgets event ${before[other]} of ${other}`);
  }
  local.set(host, clock);
}
const met = clocks.filter(({ clock }) => Object.keys(clock).length > 1).length;
process.stdout.write(`${JSON.stringify({ wrong, figures: { events: events.length, hosts: local.size, met } })}\n`);
