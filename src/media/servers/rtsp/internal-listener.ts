// The RTSP listener for our own children: loopback, any free port, a credential made for this run. FFmpeg publishes here.
import { randomBytes } from "node:crypto";
import type { MediaSource } from "../../hub/media-source.ts";
import { PublishedSources } from "../../hub/published-source.ts";
import type { StreamDirectory } from "../../hub/stream.ts";
import type { RtspLogin } from "./rtsp-credentials.ts";
import { RtspServer, type RtspServerDependencies } from "./rtsp-server.ts";

export interface InternalListenerOptions {
  /** What may be read here too. */
  readonly streams: StreamDirectory;
  readonly serverName: string;
}

/** A place that one publisher may fill. */
export interface OpenPublication {
  /** Opened once: waits for the publisher. */
  readonly source: MediaSource;
  /** Where to publish, with the credential. */
  readonly url: string;
}

export class InternalListener implements AsyncDisposable {
  readonly #server: RtspServer;
  readonly #published: PublishedSources;
  readonly #login: RtspLogin;

  private constructor(server: RtspServer, published: PublishedSources, login: RtspLogin) {
    this.#server = server;
    this.#published = published;
    this.#login = login;
  }

  /** Rejects as `RtspServer.listen` does. */
  static async open(options: InternalListenerOptions, dependencies: RtspServerDependencies): Promise<InternalListener> {
    const publishers = new PublishedSources();
    const credentials = { username: "belfry", password: randomBytes(24).toString("hex") };
    const where = { host: "127.0.0.1", port: 0, udp: false };
    const server = await RtspServer.listen({ ...options, ...where, publishers, credentials }, dependencies);
    return new InternalListener(server, publishers, credentials);
  }

  /** A new place, at a path that nobody can guess. */
  openPublication(): OpenPublication {
    const path = `publish-${randomBytes(12).toString("hex")}`;
    return { source: this.#published.source(path), url: this.url(path) };
  }

  /** Of a stream or a publication; with the credential, so not for logs. */
  url(path: string): string {
    const { username, password } = this.#login;
    return `rtsp://${username}:${password}@127.0.0.1:${this.#server.port}/${path}`;
  }

  /** For the redaction of logs. */
  get password(): string {
    return this.#login.password;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}
