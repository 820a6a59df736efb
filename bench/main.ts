// `npm run --silent bench -- <what>`: the benchmarks by name.
import { runEngines } from "./lib/engines.ts";
import { runMqtt } from "./lib/mqtt.ts";
import { runStreams } from "./lib/streams.ts";
import { runRtspFuzz } from "./rtsp-fuzz.ts";

const usage = `usage: npm run --silent bench -- streams [--json] [--seconds N] [--cpu-profile DIR]
       npm run --silent bench -- engines [--json] [--seconds N]
       npm run --silent bench -- mqtt [--json]
       npm run --silent bench -- hub
       npm run --silent bench -- rtsp-fuzz [--inputs N] [--conversations N] [--seed N]

streams   cold start, joining, delay; cost of 1, 8 and 32 streams and of 1, 10 and 50 readers, with everything in place:
          simulated cloud, broker, Belfry and readers, each a process of its own. --json: one JSON object as the last line.
engines   the built-in server and MediaMTX, side by side.
mqtt      from a push to MQTT; discovery and memory of 100 cameras; messages of an idle hour.
hub       the hub alone, with nobody's network behind it.
rtsp-fuzz RTSP under random and mutated input: no crash, no growth.
`;

async function main([what, ...rest]: readonly string[]): Promise<void> {
  if (what === "streams") await runStreams(rest);
  else if (what === "engines") await runEngines(rest);
  else if (what === "mqtt") await runMqtt(rest);
  else if (what === "hub") await import("./hub.ts");
  else if (what === "rtsp-fuzz") await runRtspFuzz(rest);
  else {
    process.stderr.write(usage);
    process.exitCode = 2;
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
