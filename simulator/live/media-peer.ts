// One WebRTC transport of the simulated media server, by node-datachannel: carries the packets of one or more sections.
import { networkInterfaces } from "node:os";
import nodeDataChannel, { type PeerConnection, type Track } from "node-datachannel";
import type { AcceptedMedia, Negotiation } from "./negotiation.ts";
import type { Candidate, TransportDescription } from "./sdp-answer.ts";

const { Audio, Video } = nodeDataChannel;

export interface MediaPeerOptions {
  readonly negotiation: Negotiation;
  /** The sections that share this transport. */
  readonly media: readonly AcceptedMedia[];
  readonly cname: string;
  /** Takes the passive role in DTLS, whatever the client offered. */
  readonly waitsForHandshake: boolean;
  onConnected(): void;
  /** RTP and RTCP that arrived for a section. */
  onPacket(media: AcceptedMedia, packet: Buffer): void;
}

const loopback = "127.0.0.1";
const libraryDirections = {
  sendrecv: "SendRecv",
  sendonly: "SendOnly",
  recvonly: "RecvOnly",
  inactive: "Inactive",
} as const;

export class MediaPeer implements Disposable {
  readonly #connection: PeerConnection;
  readonly #tracks = new Map<AcceptedMedia, Track>();
  /** Asking the library before each packet would cost as much as half the sending. */
  readonly #open = new Set<Track>();
  readonly #options: MediaPeerOptions;
  #isConnected = false;
  #isTold = false;
  #closed = false;

  constructor(options: MediaPeerOptions) {
    this.#options = options;
    this.#connection = new nodeDataChannel.PeerConnection(options.cname, {
      // All our addresses are known without STUN, and asking would only take time.
      iceServers: [],
      ...(hasOutsideAddress() ? {} : { bindAddress: loopback }),
    });
    for (const media of options.media) this.#addTrack(media);
    this.#connection.onStateChange((state) => {
      this.#isConnected = state === "connected";
      this.#tellWhenReady();
    });
  }

  /**
   * Takes the offer. The client's candidates are kept from the library: like a server with a public address this peer
   * waits for the client's checks, unless it is told to probe.
   */
  async answer(): Promise<TransportDescription> {
    const gathered = new Promise<void>((resolve) => {
      this.#connection.onGatheringStateChange((state) => {
        if (state === "complete") resolve();
      });
    });
    this.#connection.setRemoteDescription(offerFor(this.#options), "offer");
    await gathered;
    return readDescription(this.#connection.localDescription()?.sdp ?? "");
  }

  /** An address of the client that is to be tried from here. */
  probe(candidate: string): void {
    const [first] = this.#options.media;
    if (first && !this.#closed) this.#connection.addRemoteCandidate(candidate, first.offered.mid);
  }

  /** False if the transport is not connected, or not any more. */
  send(media: AcceptedMedia, packet: Buffer): boolean {
    const track = this.#tracks.get(media);
    if (track === undefined || this.#closed || !this.#open.has(track)) return false;
    try {
      return track.sendMessageBinary(packet);
    } catch {
      // The other side has just closed it; the library tells that later.
      this.#open.delete(track);
      return false;
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    // An open track of the library keeps the process alive, also when its connection is closed.
    for (const track of this.#tracks.values()) track.close();
    this.#connection.close();
  }

  /** DTLS is done and every track can send. */
  #tellWhenReady(): void {
    if (this.#closed || this.#isTold || !this.#isConnected || this.#open.size < this.#tracks.size) return;
    this.#isTold = true;
    this.#options.onConnected();
  }

  #addTrack(media: AcceptedMedia): void {
    const { kind, offered, codec, direction, ssrc, repetition } = media;
    const description =
      kind === "audio"
        ? new Audio(offered.mid, libraryDirections[direction])
        : new Video(offered.mid, libraryDirections[direction]);
    if (description instanceof Audio) description.addAudioCodec(codec.payloadType, codec.name);
    else description.addVideoCodec(codec.payloadType, codec.name);
    // With one transport for all, the library finds the track of an RTCP packet by these.
    for (const source of [ssrc, ...(repetition ? [repetition.ssrc] : [])]) {
      description.addSSRC(source, this.#options.cname);
    }
    const track = this.#connection.addTrack(description);
    track.onOpen(() => {
      this.#open.add(track);
      this.#tellWhenReady();
    });
    track.onClosed(() => this.#open.delete(track));
    track.onMessage((packet) => {
      if (!this.#closed) this.#options.onPacket(media, packet);
    });
    this.#tracks.set(media, track);
  }
}

/** The offer, reduced to the sections of this transport. The client's own streams and candidates are left out. */
function offerFor({ negotiation, media, waitsForHandshake }: MediaPeerOptions): string {
  const session = negotiation.offer.sessionLines.filter((line) => !line.startsWith("a=group:"));
  const mids = media.map(({ offered }) => offered.mid);
  const group = mids.length > 1 ? [`a=group:BUNDLE ${mids.join(" ")}`] : [];
  const unwanted = /^a=(candidate|end-of-candidates|ssrc|ssrc-group|msid|remote-candidates)\b/;
  const sections = media.flatMap(({ offered }) => offered.lines.filter((line) => !unwanted.test(line)));
  const lines = [...session, ...group, ...sections, ""];
  // To a client that is active the library answers as the passive side.
  const told = waitsForHandshake ? lines.map((line) => line.replace(/^a=setup:.*/, "a=setup:active")) : lines;
  return told.join("\r\n");
}

function readDescription(sdp: string): TransportDescription {
  const lines = sdp.split(/\r?\n/);
  const value = (name: string): string => {
    const line = lines.find((one) => one.startsWith(`a=${name}:`));
    if (!line) throw new Error(`node-datachannel described its side without ${name}`);
    return line.slice(name.length + 3);
  };
  return {
    iceUfrag: value("ice-ufrag"),
    icePwd: value("ice-pwd"),
    fingerprint: value("fingerprint"),
    setup: value("setup"),
    candidates: withLoopback(lines.map(readCandidate).filter((candidate) => candidate !== undefined)),
  };
}

function readCandidate(line: string): Candidate | undefined {
  const match = /^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host/i.exec(line);
  return match?.[1] && match[2] ? { address: match[1], port: Number(match[2]) } : undefined;
}

/** The library binds to all addresses but tells only those of the outside. */
function withLoopback(candidates: readonly Candidate[]): readonly Candidate[] {
  const port = candidates.find(({ address }) => !address.includes(":"))?.port;
  if (port === undefined || candidates.some(({ address }) => address === loopback)) return candidates;
  return [...candidates, { address: loopback, port }];
}

function hasOutsideAddress(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ internal }) => !internal));
}
