// A raw RTSP client for tests: sends what it is told, byte by byte if need be, and collects answers and frames.
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly answers: Answer[] = [];
  readonly frames: { channel: number; payload: Buffer }[] = [];
  /** `answer` and `frame` in the order of arrival. */
  readonly order: ("answer" | "frame")[] = [];
  readonly closed: Promise<void>;
  #buffer = Buffer.alloc(0);
  #waiters: (() => void)[] = [];
  #isClosed = false;
  #sequence = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) =>
      socket.once("close", () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      }),
    );
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      while (this.#takeOne());
      this.#wake();
    });
  }

  static async connect(port: number, address = "127.0.0.1"): Promise<RawClient> {
    const socket = connect(port, address);
    await once(socket, "connect");
    return new RawClient(socket);
  }

  /** Sends a request and waits for the next answer. */
  async request(method: string, url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    this.#sequence++;
    const lines = Object.entries({ CSeq: String(this.#sequence), ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    return await this.raw(`${[`${method} ${url} RTSP/1.0`, ...lines].join("\r\n")}\r\n\r\n`);
  }

  async raw(bytes: string | Buffer): Promise<Answer> {
    const before = this.answers.length;
    this.socket.write(bytes);
    await this.until(() => this.answers.length > before);
    const answer = this.answers[before];
    if (!answer) throw new Error("no answer");
    return answer;
  }

  /** Waits for bytes until the condition holds; throws where the connection closes before. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#isClosed) throw new Error("the server closed the connection");
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  #takeOne(): boolean {
    if (this.#buffer[0] === 0x24) return this.#takeFrame();
    const end = this.#buffer.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const [first = "", ...lines] = this.#buffer.toString("latin1", 0, end).split("\r\n");
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    const length = Number(headers.find(([name]) => name === "content-length")?.[1] ?? 0);
    if (this.#buffer.length < end + 4 + length) return false;
    const body = this.#buffer.toString("utf8", end + 4, end + 4 + length);
    this.#buffer = this.#buffer.subarray(end + 4 + length);
    this.answers.push({ status: Number(/^RTSP\/1\.0 (\d+)/.exec(first)?.[1]), headers, body });
    this.order.push("answer");
    return true;
  }

  #takeFrame(): boolean {
    if (this.#buffer.length < 4) return false;
    const length = this.#buffer.readUInt16BE(2);
    if (this.#buffer.length < 4 + length) return false;
    this.frames.push({ channel: this.#buffer[1] ?? 0, payload: this.#buffer.subarray(4, 4 + length) });
    this.#buffer = this.#buffer.subarray(4 + length);
    this.order.push("frame");
    return true;
  }
}

/** The value of a header, or undefined. */
export function header(answer: Answer, name: string): string | undefined {
  return answer.headers.find(([key]) => key === name.toLowerCase())?.[1];
}

/** Session id of an answer to SETUP. */
export function sessionOf(answer: Answer): string {
  return (header(answer, "session") ?? "").split(";")[0] ?? "";
}
