// Where an FFmpeg publishes one stream: on loopback, at a path that nobody can guess and that serves once. What comes goes on to MediaMTX.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { TransientError } from "../../../../foundation/errors.ts";
import { secretPath } from "../../../../foundation/secret-path.ts";
import type { RtspMessage, RtspRequest } from "../../../formats/rtsp-message.ts";
import { RtspParser } from "../../../formats/rtsp-parser.ts";
import { type PublisherOptions, RelayedPublisher } from "./relayed-publisher.ts";

/** A place where FFmpeg publishes. Dispose it to cut it off. */
export interface Publication extends Disposable {
  /** The path is the credential, for this place alone, and used up by the first request: it may stand in FFmpeg's arguments. */
  readonly url: string;
  /** FFmpeg has been sent the first picture: from now on it may come, and whoever comes earlier is somebody else. */
  expect(): void;
  /** Resolves when MediaMTX has the stream. */
  readonly published: Promise<void>;
  /** Resolves when FFmpeg is done, and all that it sent has gone on. */
  readonly done: Promise<void>;
  /** Resolves when MediaMTX hangs up although FFmpeg is not done. FFmpeg notices when it has something to send, not earlier. */
  readonly lost: Promise<void>;
  /** Somebody reads: what was held back until then may go. */
  release(): void;
}

export type PublicationOptions = Omit<PublisherOptions, "url">;

const loopback = "127.0.0.1";
/** One is FFmpeg's. */
const mostConnections = 8;

export class PublishRelay implements Publication {
  readonly url: string;
  readonly #server: Server;
  readonly #publisher: RelayedPublisher;
  readonly #sockets = new Set<Socket>();
  #isExpected = false;

  private constructor(server: Server, port: number, options: PublicationOptions) {
    this.url = `rtsp://${loopback}:${port}/${secretPath(options.path)}`;
    this.#server = server;
    this.#publisher = new RelayedPublisher({ ...options, url: this.url });
    server.on("connection", (socket) => this.#welcome(socket));
  }

  /** Rejects with TransientError `mediamtx.publish`. */
  static async open(options: PublicationOptions): Promise<PublishRelay> {
    // What FFmpeg has sent goes on when it has said good-bye already.
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    server.maxConnections = mostConnections;
    server.listen(0, loopback);
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string")
      throw new TransientError("mediamtx.publish", "A stream cannot be taken over from FFmpeg on loopback");
    return new PublishRelay(server, address.port, options);
  }

  get published(): Promise<void> {
    return this.#publisher.published;
  }

  get done(): Promise<void> {
    return this.#publisher.done;
  }

  get lost(): Promise<void> {
    return this.#publisher.lost;
  }

  expect(): void {
    this.#isExpected = true;
  }

  release(): void {
    this.#publisher.release();
  }

  [Symbol.dispose](): void {
    this.#close();
    this.#publisher[Symbol.dispose]();
  }

  #welcome(socket: Socket): void {
    if (!this.#isExpected) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    const parser = new RtspParser();
    socket.on("error", () => undefined);
    socket.once("close", () => this.#sockets.delete(socket));
    const listen = (chunk: Buffer): void => {
      const messages = parser.push(chunk);
      if (messages.length === 0) return;
      socket.off("data", listen);
      if (this.#isFor(messages[0])) this.#take(socket, parser, messages);
      else socket.end("RTSP/1.0 404 Not Found\r\n\r\n");
    };
    socket.on("data", listen);
  }

  #isFor(message: RtspMessage | undefined): boolean {
    return message?.kind === "request" && isWithin(this.url, message);
  }

  #take(socket: Socket, parser: RtspParser, messages: readonly RtspMessage[]): void {
    this.#sockets.delete(socket);
    this.#close();
    this.#publisher.take(socket, parser, messages);
  }

  /** From now on nobody comes in. */
  #close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

function isWithin(place: string, { url }: RtspRequest): boolean {
  return url === place || url.startsWith(`${place}/`);
}
