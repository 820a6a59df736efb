// `npm run ring -- ding front-door`: what happens at the simulated cameras, from the command line.
import { findControlUrl } from "./control/announcement.ts";
import { parseCommandLine } from "./control/command-line.ts";
import { isObject } from "./json.ts";

try {
  const request = parseCommandLine(process.argv.slice(2));
  const init = request.method === "POST" ? { method: "POST", body: JSON.stringify(request.body) } : {};
  const response = await fetch(findControlUrl() + request.path, init);
  const reply: unknown = await response.json();
  if (!response.ok) throw new Error(isObject(reply) ? String(reply["error"]) : `status ${response.status}`);
  show(reply);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

/** Lists one item per line, so that the journal can be searched by line. */
function show(reply: unknown): void {
  const list = isObject(reply) ? Object.values(reply).find(Array.isArray) : undefined;
  if (list && isObject(reply) && Object.keys(reply).length === 1)
    for (const item of list) console.log(JSON.stringify(item));
  else console.log(JSON.stringify(reply, null, 2));
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message === "fetch failed") return `the simulated Ring cloud does not answer: ${String(error.cause)}`;
  return error.message;
}
