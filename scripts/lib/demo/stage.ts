// Everything that runs in the demo: simulated cloud, broker and Belfry, on the usual ports or on free ones.
import { loadAccount } from "../../../simulator/account.ts";
import { announce } from "../../../simulator/control/announcement.ts";
import type { BelfryProcess } from "../../../test/support/belfry-process.ts";
import { freePort, freePortFrom } from "../../../test/support/free-port.ts";
import { SimulatedHome } from "../../../test/support/simulated-home.ts";
import { type DemoBroker, startBroker } from "./broker.ts";

export interface Stage extends AsyncDisposable {
  readonly home: SimulatedHome;
  readonly broker: DemoBroker;
  readonly belfry: BelfryProcess;
  readonly engine: string;
  /** One sentence for each usual port that was taken. */
  readonly remarks: readonly string[];
}

export interface StageOptions {
  readonly accountPath: string;
  /** The setting stream_engine. */
  readonly engine: string;
  readonly mark: string;
  /** Ports that people know, where they are free; else any. */
  readonly usesUsualPorts: boolean;
  readonly onLine?: (line: string) => void;
}

const usualPorts = { broker: 1883, rtsp: 8554 };
const stopLimitMs = 2_000;

export async function startStage(options: StageOptions): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const account = loadAccount(options.accountPath);
  const ports = options.usesUsualPorts ? await nearUsualPorts() : await freePorts();
  const broker = stack.use(await startBroker(ports.broker, options.mark));
  const home = stack.use(await SimulatedHome.start({ accounts: [account], broker }));
  if (options.usesUsualPorts) stack.use(announce(home.cloud.controlUrl));
  const belfry = await home.startBelfry({
    settings: { rtsp_port: ports.rtsp, stream_host: "127.0.0.1", stream_engine: options.engine },
    ...(options.onLine && { onLine: options.onLine }),
  });
  stack.defer(() => belfry.stop({ limitMs: stopLimitMs }).then(() => undefined));
  const running = stack.move();
  return {
    home,
    broker,
    belfry,
    engine: options.engine,
    remarks: options.usesUsualPorts ? remarksOn(ports) : [],
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

type Ports = typeof usualPorts;

async function nearUsualPorts(): Promise<Ports> {
  return { broker: await freePortFrom(usualPorts.broker), rtsp: await freePortFrom(usualPorts.rtsp) };
}

async function freePorts(): Promise<Ports> {
  return { broker: await freePort(), rtsp: await freePort() };
}

function remarksOn(ports: Ports): string[] {
  const names = { broker: "the broker", rtsp: "video" };
  return (["broker", "rtsp"] as const)
    .filter((key) => ports[key] !== usualPorts[key])
    .map((key) => `Port ${usualPorts[key]} is taken: ${names[key]} is on ${ports[key]}.`);
}
