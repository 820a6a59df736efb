// Automations in a running Home Assistant, saved as its own editor saves them: it checks them, keeps them in automations.yaml
// and runs them.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { HomeAssistantClient } from "./home-assistant-client.ts";
import { listProcesses } from "./process-list.ts";

const included = "automation: !include automations.yaml";

/** Home Assistant's directory of settings as this machine sees it; Home Assistant may live in a root of its own. */
export async function configurationDirectory(assistant: HomeAssistantClient): Promise<string> {
  const { config_dir: directory } = (await assistant.rest("GET", "config")) as { config_dir: string };
  const isIt = ({ command }: { command: string }): boolean => /\bhass\b/.test(command) && command.includes(directory);
  const process = (await listProcesses()).find(isIt);
  const path = join(process ? `/proc/${process.pid}/root` : "/", directory);
  if (existsSync(join(path, "configuration.yaml"))) return path;
  throw new Error(`Home Assistant's directory ${directory} is not on this machine, or not ours to read`);
}

export class HomeAssistantAutomations implements AsyncDisposable {
  readonly #assistant: HomeAssistantClient;
  readonly #stack = new AsyncDisposableStack();

  private constructor(assistant: HomeAssistantClient) {
    this.#assistant = assistant;
  }

  /** Makes Home Assistant read automations.yaml, as it does in every real installation, and undoes that at the end. */
  static async open(assistant: HomeAssistantClient): Promise<HomeAssistantAutomations> {
    const automations = new HomeAssistantAutomations(assistant);
    const directory = await configurationDirectory(assistant);
    const file = join(directory, "configuration.yaml");
    const before = readFileSync(file, "utf8");
    if (!before.includes(included)) {
      if (!existsSync(join(directory, "automations.yaml"))) writeFileSync(join(directory, "automations.yaml"), "[]\n");
      writeFileSync(file, before.replace(/^automation:.*$/m, included));
      automations.#stack.defer(() => writeFileSync(file, before));
    }
    return automations;
  }

  /** Rejects with Home Assistant's words where it does not take the automation. Its entity is `automation.<id>`. */
  async add(id: string, text: string): Promise<void> {
    const path = `config/automation/config/${id}`;
    await this.#assistant.rest("POST", path, { alias: id, ...Object(parse(text)) });
    this.#stack.defer(async () => void (await this.#assistant.rest("DELETE", path)));
    await this.#assistant.waitFor("start", `automation.${id}`, (state) => state?.state === "on");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
