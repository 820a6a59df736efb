// The RTSP listener for our own children: loopback, any free port, nothing to read. FFmpeg publishes here.
import { secretPath } from "../../../foundation/secret-path.ts";
import type { MediaSource } from "../../hub/media-source.ts";
import { PublishedSources } from "../../hub/published-source.ts";
import { RtspServer, type RtspServerDependencies } from "./rtsp-server.ts";

export interface InternalListenerOptions {
  readonly serverName: string;
}

/** A place that one publisher may fill. */
export interface OpenPublication {
  /** Opened once: waits for the publisher. */
  readonly source: MediaSource;
  /**
   * Where to publish. The path is the credential, for this place alone: it may stand in FFmpeg's arguments, which every user of
   * the machine can read, because it is good for nothing from the publisher's ANNOUNCE on.
   */
  readonly url: string;
}

export class InternalListener implements AsyncDisposable {
  readonly #server: RtspServer;
  readonly #published: PublishedSources;

  private constructor(server: RtspServer, published: PublishedSources) {
    this.#server = server;
    this.#published = published;
  }

  /** Rejects as `RtspServer.listen` does. */
  static async open(options: InternalListenerOptions, dependencies: RtspServerDependencies): Promise<InternalListener> {
    const publishers = new PublishedSources();
    const streams = { find: () => undefined };
    const where = { host: "127.0.0.1", port: 0, udp: false };
    const server = await RtspServer.listen({ ...options, ...where, streams, publishers }, dependencies);
    return new InternalListener(server, publishers);
  }

  /** A new place, at a path that nobody can guess. */
  openPublication(): OpenPublication {
    const path = secretPath("publish");
    return { source: this.#published.source(path), url: `rtsp://127.0.0.1:${this.#server.port}/${path}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}
