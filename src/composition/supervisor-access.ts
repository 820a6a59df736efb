// The Supervisor that has started us, by what it puts into the environment; undefined outside of Home Assistant's apps.
import { Supervisor } from "../home-assistant/supervisor.ts";

const usualUrl = "http://supervisor";
const timeoutMs = 5_000;

export function supervisorOf(environment: Readonly<Record<string, string | undefined>>): Supervisor | undefined {
  const token = environment["SUPERVISOR_TOKEN"];
  // The second name is the one that Home Assistant's own shell library knows.
  const url = (environment["SUPERVISOR_API"] || usualUrl).replace(/\/+$/, "");
  return token ? new Supervisor({ url, token, timeoutMs }) : undefined;
}
