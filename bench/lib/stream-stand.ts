// Everything that a benchmark of streams needs, each a process of its own: simulated cloud, broker, Belfry, signed in.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BelfryProcess, signIn } from "../../test/support/belfry-process.ts";
import { Mosquitto } from "../../test/support/mosquitto.ts";
import { MqttObserver } from "../../test/support/mqtt-observer.ts";
import { MqttTap } from "./mqtt-tap.ts";
import { type BenchCamera, SimulatorProcess } from "./simulator-process.ts";

export interface StandOptions {
  readonly cameras: number;
  /** Cameras of the demo account that they are like; wired ones unless given. */
  readonly kinds?: readonly string[];
  /** Where Node is to write processor profiles of Belfry. */
  readonly cpuProfile?: string | undefined;
  /** Of Belfry, by the names of the options file. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Instead of the source: the compiled program. */
  readonly mainFile?: string;
  /** Added to the environment of Belfry. */
  readonly environment?: Readonly<Record<string, string>>;
  /** For Belfry's Node. */
  readonly nodeOptions?: string;
}

export class StreamStand implements AsyncDisposable {
  readonly simulator: SimulatorProcess;
  readonly belfry: BelfryProcess;
  /** Every message on the broker. */
  readonly observer: MqttObserver;
  /** What Belfry writes to the broker. */
  readonly tap: MqttTap;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: { simulator: SimulatorProcess; belfry: BelfryProcess; observer: MqttObserver; tap: MqttTap },
    stack: AsyncDisposableStack,
  ) {
    this.simulator = parts.simulator;
    this.belfry = parts.belfry;
    this.observer = parts.observer;
    this.tap = parts.tap;
    this.#stack = stack;
  }

  static async start(options: StandOptions): Promise<StreamStand> {
    const { cameras, kinds, cpuProfile, settings = {}, mainFile } = options;
    await using stack = new AsyncDisposableStack();
    const dataDirectory = await mkdtemp(join(tmpdir(), "belfry-bench-"));
    stack.defer(() => rm(dataDirectory, { recursive: true, force: true }));
    const simulator = stack.use(await SimulatorProcess.start(cameras, kinds));
    // As the others have it: a message does not wait for the acknowledgement of the one before it.
    const broker = stack.use(await Mosquitto.start({ config: ["set_tcp_nodelay true"] }));
    const tap = stack.use(await MqttTap.open(broker.url));
    const observer = stack.use(await MqttObserver.connect(broker.url));
    const environment = await simulator.environment();
    const { email, password } = simulator.account.credentials;
    const run = await signIn({ dataDirectory, environment, credentials: { email, password } });
    if (run.code !== 0) throw new Error(`the sign-in failed: ${run.stderr}`);
    const profiling = cpuProfile === undefined ? "" : `--cpu-prof --cpu-prof-dir=${cpuProfile}`;
    const nodeOptions = [environment["NODE_OPTIONS"], profiling, options.nodeOptions].join(" ");
    const belfry = stack.use(
      await BelfryProcess.start({
        dataDirectory,
        environment: { ...environment, ...options.environment, NODE_OPTIONS: nodeOptions },
        settings: { mqtt_url: tap.url, ...settings },
        ...(mainFile === undefined ? {} : { mainFile }),
      }),
    );
    const available = simulator.cameras.map((camera) =>
      observer.waitFor(camera.slug, `${topicOf(camera)}/status`, { payload: "online", timeoutMs: 60_000 }),
    );
    await Promise.all(available);
    return new StreamStand({ simulator, belfry, observer, tap }, stack.move());
  }

  url({ deviceId }: BenchCamera): string {
    return this.belfry.rtspUrl(deviceId);
  }

  /** Ends the stream now; resolves when the call is over at Ring. */
  async turnOff(camera: BenchCamera): Promise<void> {
    const after = await this.simulator.journalPosition();
    await this.observer.publish(`${topicOf(camera)}/stream/command`, "OFF");
    await this.simulator.journal(after, { kind: "live.ended", waitMs: 5_000 });
  }

  /** Resolves when no call is left. */
  async untilIdle(): Promise<void> {
    for (;;) {
      const entries = await this.simulator.journal(0, { kind: "live." });
      const count = (kind: string): number => entries.filter((entry) => entry.kind === kind).length;
      if (count("live.requested") === count("live.ended")) return;
      const after = entries.at(-1)?.sequence ?? 0;
      await this.simulator.journal(after, { kind: "live.ended", waitMs: 15_000 });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

const topicOf = ({ locationId, deviceId }: BenchCamera): string => `ring/${locationId}/camera/${deviceId}`;
