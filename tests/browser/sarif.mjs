// Reads a log as a program in TypeScript would, with the published types of SARIF: a property that they do not have, or
// of another type, is wrong. What types cannot say, the specification does: results name rules, and steps are numbered.
//
//   node sarif.mjs LOG, in the folder with the modules
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const ts = createRequire(join(process.cwd(), "package.json"))("typescript");
const text = readFileSync(process.argv[2], "utf8");
const source = join(process.cwd(), "log.ts");
writeFileSync(source, `import type { Log } from "sarif";\nexport const log: Log = ${text};\n`);
const program = ts.createProgram([source], { strict: true, noEmit: true, types: ["sarif"], skipLibCheck: true });
const wrong = ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));

const { runs } = JSON.parse(text);
const figures = { results: 0, rules: 0, flows: 0, steps: 0 };
for (const { tool, results } of runs) {
  const rules = tool.driver.rules.map(({ id }) => id);
  figures.rules += rules.length;
  figures.results += results.length;
  const causes = results.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints));
  if (new Set(causes).size !== causes.length) wrong.push("two results have one fingerprint");
  for (const { ruleId, codeFlows } of results) {
    if (!rules.includes(ruleId)) wrong.push(`${ruleId} is not a rule`);
    for (const { threadFlows } of codeFlows ?? []) {
      figures.flows += threadFlows.length;
      const order = threadFlows.flatMap(({ locations }) => locations.map(({ executionOrder }) => executionOrder));
      figures.steps += order.length;
      if (new Set(order).size !== order.length) wrong.push("two steps have one number");
    }
  }
}
process.stdout.write(`${JSON.stringify({ wrong, figures })}\n`);
