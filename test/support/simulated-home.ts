// A whole home on loopback: the simulated Ring cloud, a broker, and Belfry, signed in as its owner would do it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccountData, loadAccount } from "../../simulator/account.ts";
import { demoAccountPath } from "../../simulator/account-builders.ts";
import { SimulatedRingCloud } from "../../simulator/cloud.ts";
import type { Device } from "../../simulator/device.ts";
import { type BelfryOptions, BelfryProcess, signIn } from "./belfry-process.ts";
import { Mosquitto } from "./mosquitto.ts";
import { MqttObserver } from "./mqtt-observer.ts";
import { engineSettings } from "./stream-engines.ts";

/** Any broker that is running; it is stopped by whoever started it. */
export interface RunningBroker {
  readonly url: string;
}

export interface HomeOptions {
  /** The first one signs in; the demo account unless given. */
  readonly accounts?: readonly AccountData[];
  /** A Mosquitto of its own unless given. */
  readonly broker?: RunningBroker;
  /** Left out: it is signed in. */
  readonly isSignedIn?: boolean;
}

export interface StartOptions extends Pick<BelfryOptions, "settings" | "path" | "onLine" | "mainFile"> {
  /** Added to what points Belfry at the simulated cloud. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The cameras of an account, as the simulator knows them. */
export const camerasOf = (cloud: SimulatedRingCloud): Device[] =>
  (cloud.world.accounts[0]?.devices ?? []).filter((device) => device.isCamera);

export class SimulatedHome implements AsyncDisposable {
  readonly cloud: SimulatedRingCloud;
  readonly account: AccountData;
  readonly brokerUrl: string;
  readonly dataDirectory: string;
  /** Every message on the broker since the start. */
  readonly observer: MqttObserver;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: Pick<SimulatedHome, "cloud" | "account" | "brokerUrl" | "dataDirectory" | "observer">,
    stack: AsyncDisposableStack,
  ) {
    this.cloud = parts.cloud;
    this.account = parts.account;
    this.brokerUrl = parts.brokerUrl;
    this.dataDirectory = parts.dataDirectory;
    this.observer = parts.observer;
    this.#stack = stack;
  }

  /** Everything but Belfry itself; see `startBelfry`. */
  static async start(options: HomeOptions = {}): Promise<SimulatedHome> {
    await using stack = new AsyncDisposableStack();
    const accounts = options.accounts ?? [loadAccount(demoAccountPath)];
    const [account] = accounts;
    if (!account) throw new Error("a home needs an account");
    const dataDirectory = await mkdtemp(join(tmpdir(), "belfry-home-"));
    stack.defer(() => rm(dataDirectory, { recursive: true, force: true }));
    const [cloud, broker] = await Promise.all([
      SimulatedRingCloud.start({ accounts }).then((item) => stack.use(item)),
      options.broker ?? Mosquitto.start().then((item) => stack.use(item)),
    ]);
    const observer = stack.use(await MqttObserver.connect(broker.url));
    const home = new SimulatedHome({ cloud, account, brokerUrl: broker.url, dataDirectory, observer }, stack.move());
    if (options.isSignedIn ?? true) await home.#signInOrStop();
    return home;
  }

  get cameras(): Device[] {
    return camerasOf(this.cloud);
  }

  /** A camera of the demo account by its slug, e.g. `front-door`. */
  camera(slug: string): Device {
    const found = this.cameras.find((camera) => camera.slug === slug);
    if (!found)
      throw new Error(`no camera is called ${slug}; there are ${this.cameras.map((one) => one.slug).join(", ")}`);
    return found;
  }

  /** The topic of an entity: `topic(camera, "motion", "state")`. */
  topic(camera: Device, key: string, what: string): string {
    return `${this.deviceTopic(camera)}/${key}/${what}`;
  }

  /** `ring/<location>/camera/<device>`; availability is on `/status` below it. */
  deviceTopic({ record }: Device): string {
    return `ring/${record.location_id}/camera/${record.device_id}`;
  }

  /** Runs the login command with the account's e-mail, password and code. */
  async signIn(): Promise<void> {
    const { email, password, two_factor, two_factor_code } = this.account.credentials;
    const run = await signIn({
      dataDirectory: this.dataDirectory,
      environment: this.cloud.clientEnvironment(),
      credentials: { email, password, ...(two_factor === "none" ? {} : { code: two_factor_code }) },
    });
    if (run.code === 0) return;
    throw new Error(
      `the login command ended with ${run.code ?? run.signal}: ${run.stderr.trim() || run.stdout.toString().trim()}`,
    );
  }

  /** Starts Belfry on this home; the home stops it at its end if nobody did before. */
  async startBelfry(options: StartOptions = {}): Promise<BelfryProcess> {
    const { dataDirectory, brokerUrl } = this;
    const settings = { mqtt_url: brokerUrl, ...engineSettings, ...options.settings };
    const environment = { ...this.cloud.clientEnvironment(), ...options.environment };
    return this.#stack.use(await BelfryProcess.start({ ...options, environment, dataDirectory, settings }));
  }

  /** Resolves when every camera is announced and says on the broker that it is there, from message number `from` on. */
  async allAvailable({ from = 0, timeoutMs = 20_000 } = {}): Promise<void> {
    const online = this.cameras.filter((camera) => !camera.isOffline);
    const announced = online.map(({ slug, record }) =>
      this.observer.waitFor(`discovery of ${slug}`, `homeassistant/device/${record.device_id}/config`, {
        payload: /./,
        from,
        timeoutMs,
      }),
    );
    await Promise.all([
      ...announced,
      this.observer.waitFor("the bridge being online", "ring/bridge/status", { payload: "online", from, timeoutMs }),
      ...online.map((camera) =>
        this.observer.waitFor(`${camera.slug} being online`, `${this.deviceTopic(camera)}/status`, {
          payload: "online",
          from,
          timeoutMs,
        }),
      ),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #signInOrStop(): Promise<void> {
    try {
      await this.signIn();
    } catch (error) {
      await this.#stack.disposeAsync();
      throw error;
    }
  }
}
