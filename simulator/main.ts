// `npm run simulator`: the simulated Ring cloud as a process of its own.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadAccount } from "./account.ts";
import { demoAccountPath } from "./account-builders.ts";
import { SimulatedRingCloud } from "./cloud.ts";
import { announce } from "./control/announcement.ts";
import { allHosts } from "./hosts.ts";

const usage = `usage: npm run simulator -- [--account FILE]… [--real-ports] [--print-hosts] [--ca-out FILE] [--state DIR] [--control-port N]`;

const options = {
  account: { type: "string", multiple: true },
  "real-ports": { type: "boolean", default: false },
  "print-hosts": { type: "boolean", default: false },
  "ca-out": { type: "string" },
  state: { type: "string" },
  "control-port": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(usage);
    return;
  }
  const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await using cloud = await SimulatedRingCloud.start({
    accounts: (values.account ?? [demoAccountPath]).map(loadAccount),
    realPorts: values["real-ports"],
    ...(values.state === undefined ? {} : { stateDirectory: values.state }),
    ...(values["control-port"] === undefined ? {} : { controlPort: Number(values["control-port"]) }),
  });
  using _announcement = announce(cloud.controlUrl);
  if (values["ca-out"] !== undefined) writeFileSync(values["ca-out"], cloud.caPem);
  if (values["print-hosts"]) for (const host of allHosts) console.log(`127.0.0.1 ${host}`);
  describe(cloud, values["real-ports"]);
  await stopped;
}

function describe(cloud: SimulatedRingCloud, hasRealPorts: boolean): void {
  const { https, pushDelivery, stun } = cloud.ports;
  console.error(
    `simulated Ring cloud: HTTPS ${https}, push ${pushDelivery}, STUN ${stun}, control ${cloud.controlUrl}`,
  );
  for (const { data, devices } of cloud.world.accounts) {
    const { email, password, two_factor, two_factor_code } = data.credentials;
    const code = two_factor === "none" ? "no code" : `${two_factor} code ${two_factor_code}`;
    console.error(`  account ${email}, password "${password}", ${code}: ${devices.map(({ slug }) => slug).join(", ")}`);
  }
  if (hasRealPorts) return;
  console.error("  environment for Node clients:");
  for (const [name, value] of Object.entries(cloud.clientEnvironment())) console.error(`    ${name}='${value}'`);
}

try {
  await main();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return `${error.message}: another program has the port; stop it or leave out --real-ports`;
  if (code === "EACCES") return `${error.message}: run as root, or leave out --real-ports`;
  return code?.toString().startsWith("ERR_PARSE_ARGS") ? `${error.message}\n${usage}` : error.message;
}
