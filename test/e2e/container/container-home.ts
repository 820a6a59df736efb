// A house for a container: the simulated Ring cloud and Home Assistant's broker on this machine's loopback, and what the
// container must see of them.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Mosquitto } from "../../support/mosquitto.ts";
import { listProcesses } from "../../support/process-list.ts";
import { SimulatedHome } from "../../support/simulated-home.ts";
import { repositoryRoot } from "../../support/source-files.ts";
import { until } from "../../support/until.ts";
import { imageName } from "./image.ts";
import { Container } from "./podman.ts";

export const brokerUser = { username: "addons", password: "p4ss-of-the-broker" };

export interface RunOptions {
  readonly image?: string;
  /** Unsigned: the owner has yet to sign in. */
  readonly dataDirectory: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly hosts?: readonly string[];
}

export class ContainerHome implements AsyncDisposable {
  readonly home: SimulatedHome;
  readonly broker: Mosquitto;
  readonly #stack: AsyncDisposableStack;
  #started = 0;

  private constructor(home: SimulatedHome, broker: Mosquitto, stack: AsyncDisposableStack) {
    this.home = home;
    this.broker = broker;
    this.#stack = stack;
  }

  static async start(options: { readonly isSignedIn: boolean }): Promise<ContainerHome> {
    await using stack = new AsyncDisposableStack();
    const { username, password } = brokerUser;
    const broker = stack.use(await Mosquitto.start({ users: { [username]: password } }));
    const url = `mqtt://${username}:${password}@${broker.host}:${broker.port}`;
    const home = stack.use(await SimulatedHome.start({ broker: { url }, ...options }));
    // The user in the container is nobody here.
    const shared = dirname(home.cloud.caPath);
    chmodSync(shared, 0o755);
    for (const path of Object.values(home.cloud.clientEnvironment()).filter((value) => value.startsWith(`${shared}/`)))
      chmodSync(path, 0o666);
    return new ContainerHome(home, broker, stack.move());
  }

  /** A data directory as the Supervisor makes it: root's, with the options in it. */
  dataWith(options: Readonly<Record<string, unknown>>): string {
    const directory = mkdtempSync(join(tmpdir(), "belfry-data-"));
    this.#stack.defer(() => rmSync(directory, { recursive: true, force: true }));
    writeFileSync(join(directory, "options.json"), JSON.stringify(options), { mode: 0o600 });
    return directory;
  }

  /** Stopped and removed with the house at the latest. */
  async run({ image = imageName, dataDirectory, environment = {}, hosts = [] }: RunOptions): Promise<Container> {
    const cloud = this.home.cloud.clientEnvironment();
    const shared = dirname(this.home.cloud.caPath);
    const hook = join(repositoryRoot, "simulator/hook.cjs");
    this.#started += 1;
    const container = await Container.run({
      image,
      name: `belfry-check-${process.pid}-${this.#started}-${Date.now()}`,
      environment: { ...cloud, BELFRY_SIMULATOR_ALLOW: hosts.join(","), ...environment },
      volumes: [
        [dataDirectory, "/data", "rw"],
        [hook, hook, "ro"],
        [shared, shared, "rw"],
      ],
      hosts,
    });
    return this.#stack.use(container);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** The Node process of Belfry in a container, as this machine sees it. */
export async function belfryIn(container: Container, besides = 0): Promise<number> {
  const first = await container.pid();
  return await until("Belfry's process", async () => {
    const all = await listProcesses();
    const inside = new Set([first]);
    // Children are listed after their parents but for numbers that started anew.
    for (let known = 0; known < inside.size; ) {
      known = inside.size;
      for (const { pid, parent } of all) if (inside.has(parent)) inside.add(pid);
    }
    return all.find(
      ({ pid, command }) => inside.has(pid) && pid !== besides && /^node .*\/app\/dist\/main\.js/.test(command),
    )?.pid;
  });
}
