import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseBrokerAddress } from "../src/mqtt/broker-address.ts";
import { composeText, readCompose } from "./support/compose-file.ts";
import { repositoryRoot } from "./support/source-files.ts";

test("the compose file of docs/docker.md is valid, and fits the image", () => {
  const { services } = readCompose(composeText());
  const dockerfile = readFileSync(join(repositoryRoot, "Dockerfile"), "utf8");
  const { build, environment, ports = [], volumes = [] } = services["belfry"] ?? {};
  expect(existsSync(join(repositoryRoot, build ?? "", "Dockerfile"))).toBe(true);
  const exposed = /^EXPOSE (.*)$/m.exec(dockerfile)?.[1]?.split(" ");
  expect(ports.length).toBeGreaterThan(1);
  for (const port of ports) expect(exposed).toContain(`${port.split(":")[1]}/tcp`);
  expect(volumes.map((volume) => volume.split(":")[1])).toEqual([/^VOLUME (\S+)/m.exec(dockerfile)?.[1]]);
  const { host, port } = parseBrokerAddress(environment?.["BELFRY_MQTT_URL"] ?? "");
  expect(services[host]?.ports).toContain(`${port}:${port}`);
});

test.each([
  ["restart: unless-stopped", "restart: sometimes"],
  ['- "8099:8099"', "- 8099:8099:8099:x"],
  ['- "8099:8099"', "- 8099"],
  ["  belfry: {}", "  other: {}"],
  ["- mosquitto\n", "- mosquito\n"],
  ["    build: .\n", ""],
  ["depends_on", "depend_on"],
  ["    restart: unless-stopped\n", "    restart: always\n    restart: always\n"],
])("a mistake in it is found: %j", (right, wrong) => {
  expect(composeText()).toContain(right);
  expect(() => readCompose(composeText().replace(right, wrong))).toThrow();
});
