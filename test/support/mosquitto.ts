// A real Mosquitto for tests: own config in an own directory, a port that no other program has, restart and kill.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectTcp, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import { findExecutable } from "../../src/foundation/child-process.ts";

// Debian installs it where not every user's PATH leads.
const executable = findExecutable("mosquitto") ?? findExecutable("/usr/sbin/mosquitto");

export const hasMosquitto = executable !== undefined;
if (!hasMosquitto) process.stderr.write("Mosquitto is not installed: the tests that need a real broker are skipped\n");

export interface MosquittoOptions {
  readonly users?: Readonly<Record<string, string>>;
  /** Lines of an access list; see mosquitto.conf(5), acl_file. */
  readonly acl?: readonly string[];
  /** Further lines of the configuration. */
  readonly config?: readonly string[];
  /** Listens with TLS: PEM files. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile?: string };
  readonly host?: string;
}

export class Mosquitto implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly #directory: string;
  #process: ChildProcess | undefined;

  private constructor(directory: string, host: string, port: number, scheme: string) {
    this.#directory = directory;
    this.host = host;
    this.port = port;
    this.url = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  }

  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const directory = await mkdtemp(join(tmpdir(), "belfry-mosquitto-"));
    const host = options.host ?? "127.0.0.1";
    for (let attempt = 1; ; attempt++) {
      const port = await freePort(host);
      const broker = new Mosquitto(directory, host, port, options.tls ? "mqtts" : "mqtt");
      await broker.#configure(options);
      try {
        await broker.run();
        return broker;
      } catch (error) {
        if (attempt === 5) throw error;
      }
    }
  }

  /** Starts it (again) on the same port; what was retained is forgotten, as with a broker without persistence. */
  async run(): Promise<void> {
    if (!executable) throw new Error("Mosquitto is not installed");
    const child = spawn(executable, ["-c", join(this.#directory, "mosquitto.conf")], { stdio: "pipe" });
    let output = "";
    child.stderr.on("data", (data: Buffer) => {
      output += data.toString();
    });
    this.#process = child;
    const exited = new Promise<never>((_, reject) =>
      child.once("exit", () => reject(new Error(`Mosquitto ended: ${output}`))),
    );
    exited.catch(() => undefined);
    await Promise.race([this.#listening(child), exited]);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  /** Its connections stay and nothing is answered any more; only `kill` ends it then. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #configure(options: MosquittoOptions): Promise<void> {
    const file = (name: string): string => join(this.#directory, name);
    const lines = [`listener ${this.port} ${this.host}`, "persistence false", "log_dest stderr", "user root"];
    if (options.users) {
      await writeFile(file("users"), "", { mode: 0o600 });
      for (const [user, password] of Object.entries(options.users))
        execFileSync("mosquitto_passwd", ["-b", file("users"), user, password], { stdio: "ignore" });
      lines.push("allow_anonymous false", `password_file ${file("users")}`);
    } else lines.push("allow_anonymous true");
    if (options.acl) {
      await writeFile(file("acl"), `${options.acl.join("\n")}\n`, { mode: 0o600 });
      lines.push(`acl_file ${file("acl")}`);
    }
    if (options.tls) {
      lines.push(`certfile ${options.tls.certFile}`, `keyfile ${options.tls.keyFile}`);
      if (options.tls.caFile) lines.push(`cafile ${options.tls.caFile}`, "require_certificate true");
    }
    await writeFile(file("mosquitto.conf"), `${[...lines, ...(options.config ?? [])].join("\n")}\n`);
  }

  /** Tries until it accepts; ends when the process does. */
  async #listening(child: ChildProcess): Promise<void> {
    while (child.exitCode === null) {
      if (await accepts(this.host, this.port)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Below the range from which the kernel hands out ports, so that no outgoing connection takes it. */
async function freePort(host: string): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_700);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, host, () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

export interface SeenMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly text: string;
  readonly isRetained: boolean;
}

/** Somebody else on the broker: sees all that matches its filter, and publishes. */
export class OutsideClient implements AsyncDisposable {
  readonly seen: SeenMessage[] = [];
  readonly #client: MqttClient;
  #waiting: (() => void)[] = [];

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("message", (topic, payload, packet: IPublishPacket) => {
      this.seen.push({ topic, payload, text: payload.toString(), isRetained: packet.retain });
      for (const look of this.#waiting.splice(0)) look();
    });
  }

  /** Subscribed when it resolves. It reconnects by itself. */
  static async open(
    url: string,
    filter = "#",
    login: { username?: string; password?: string } = {},
  ): Promise<OutsideClient> {
    const client = connect(url, { ...login, reconnectPeriod: 100, protocolVersion: 5 });
    const outside = new OutsideClient(client);
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("error", reject);
    });
    await outside.subscribe(filter);
    return outside;
  }

  async subscribe(filter: string): Promise<void> {
    await this.#client.subscribeAsync(filter, { qos: 1 });
  }

  async publish(topic: string, payload: string, options: { retain?: boolean } = {}): Promise<void> {
    await this.#client.publishAsync(topic, payload, { qos: 1, retain: options.retain ?? false });
  }

  /** The first message seen, before or after this call, for which `isIt` holds; fails after the limit. */
  async message(isIt: (message: SeenMessage) => boolean, limitMs = 10_000): Promise<SeenMessage> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not seen; ${this.#summary()}`)), limitMs);
    });
    try {
      for (;;) {
        const found = this.seen.find(isIt);
        if (found) return found;
        await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), late]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  texts(topic: string): string[] {
    return this.seen.filter((message) => message.topic === topic).map((message) => message.text);
  }

  clear(): void {
    this.seen.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.endAsync(true);
  }

  #summary(): string {
    const topics = this.seen.slice(-30).map((message) => `${message.topic}=${message.text.slice(0, 40)}`);
    return `seen ${this.seen.length}: ${topics.join(", ")}`;
  }
}

/** What the broker has retained under a filter, as a client that comes new sees it. */
export async function retainedUnder(
  url: string,
  filter = "#",
  login: { username?: string; password?: string } = {},
): Promise<Map<string, string>> {
  await using client = await OutsideClient.open(url, filter, login);
  // The broker answers in order: once the marker is here, all that is retained has come before it.
  const marker = `marker/${randomInt(1_000_000_000)}`;
  await client.subscribe(marker);
  await client.publish(marker, "");
  await client.message((message) => message.topic === marker);
  const retained = client.seen.filter((message) => message.isRetained);
  return new Map(retained.map((message) => [message.topic, message.text]));
}
