// Files and environment variables that point a Node process at the simulated cloud and keep it from everything else.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BoundPorts, portMap } from "./hosts.ts";
import { isObject, type JsonObject } from "./json.ts";

export class ClientEnvironment implements Disposable {
  /** Put these over the environment of a child process; an existing NODE_OPTIONS must be kept by whoever has one. */
  readonly variables: Readonly<Record<string, string>>;
  readonly caPath: string;
  readonly #directory: string;
  readonly #refusalsPath: string;

  constructor(caPem: string, ports: BoundPorts) {
    this.#directory = mkdtempSync(join(tmpdir(), "simulated-ring-"));
    this.caPath = join(this.#directory, "ca.pem");
    this.#refusalsPath = join(this.#directory, "refusals.jsonl");
    writeFileSync(this.caPath, caPem);
    writeFileSync(this.#refusalsPath, "");
    this.variables = {
      NODE_EXTRA_CA_CERTS: this.caPath,
      NODE_OPTIONS: `--require "${fileURLToPath(new URL("./hook.cjs", import.meta.url))}"`,
      BELFRY_SIMULATOR_PORTS: JSON.stringify(portMap(ports)),
      BELFRY_SIMULATOR_REFUSALS: this.#refusalsPath,
    };
  }

  /** What the hook refused in any process: look-ups, connections and datagrams that would have left this machine. */
  get refusals(): JsonObject[] {
    const lines = readFileSync(this.#refusalsPath, "utf8").split("\n");
    return lines
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as unknown)
      .filter(isObject);
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
