// For tests: a live-view client with a werift peer that offers what the library offers, and keeps the packets it gets.
import {
  type BundlePolicy,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RTCRtpTransceiver,
  type RtpPacket,
} from "werift";
import type { SignallingClient } from "./live-rig.fixtures.ts";

/** Where a viewer connects to. */
export interface ViewedCloud {
  readonly stunPort: number;
  connect(): Promise<SignallingClient>;
}

export interface ViewerOptions {
  readonly bundlePolicy?: BundlePolicy;
  /** Without repetitions in a stream of their own. */
  readonly withoutRtx?: boolean;
  /** Offers H.265 before H.264. */
  readonly withH265?: boolean;
}

export interface Received {
  readonly atMs: number;
  readonly packet: RtpPacket;
}

export type Kind = "audio" | "video";

const rtcpFeedback = [
  { type: "transport-cc" },
  { type: "ccm", parameter: "fir" },
  { type: "nack" },
  { type: "nack", parameter: "pli" },
  { type: "goog-remb" },
];

function codecs({ withoutRtx = false, withH265 = false }: ViewerOptions): {
  audio: RTCRtpCodecParameters[];
  video: RTCRtpCodecParameters[];
} {
  const h264 = "packetization-mode=1;profile-level-id=640029;level-asymmetry-allowed=1";
  return {
    audio: [
      new RTCRtpCodecParameters({ mimeType: "audio/opus", clockRate: 48_000, channels: 2 }),
      new RTCRtpCodecParameters({ mimeType: "audio/PCMU", clockRate: 8000, channels: 1, payloadType: 0 }),
    ],
    video: [
      ...(withH265 ? [new RTCRtpCodecParameters({ mimeType: "video/H265", clockRate: 90_000, rtcpFeedback })] : []),
      new RTCRtpCodecParameters({
        ...{ mimeType: "video/H264", clockRate: 90_000, rtcpFeedback, parameters: h264 },
      }),
      ...(withoutRtx ? [] : [new RTCRtpCodecParameters({ mimeType: "video/rtx", clockRate: 90_000 })]),
    ],
  };
}

export class LiveViewer implements AsyncDisposable {
  readonly signalling: SignallingClient;
  readonly received: Record<Kind, Received[]> = { audio: [], video: [] };
  /** When `live_view` was sent. */
  requestedAtMs = 0;
  answer = "";
  readonly #peer: RTCPeerConnection;
  readonly #transceivers: Record<Kind, RTCRtpTransceiver>;
  readonly #listeners = new Set<() => void>();

  private constructor(cloud: ViewedCloud, signalling: SignallingClient, options: ViewerOptions) {
    this.signalling = signalling;
    this.#peer = new RTCPeerConnection({
      iceServers: [{ urls: `stun:127.0.0.1:${cloud.stunPort}` }],
      bundlePolicy: options.bundlePolicy ?? "disable",
      codecs: codecs(options),
    });
    this.#transceivers = {
      audio: this.#peer.addTransceiver("audio", { direction: "sendrecv" }),
      video: this.#peer.addTransceiver("video", { direction: "recvonly" }),
    };
    for (const kind of ["audio", "video"] as const) this.#keepPackets(kind);
  }

  /** Asks for a live view; resolves when the answer is applied. */
  static async start(cloud: ViewedCloud, options: ViewerOptions = {}): Promise<LiveViewer> {
    const viewer = new LiveViewer(cloud, await cloud.connect(), options);
    await viewer.#peer.setLocalDescription(await viewer.#peer.createOffer());
    viewer.requestedAtMs = performance.now();
    viewer.signalling.requestLiveView(viewer.offer);
    const { body } = await viewer.signalling.frame("sdp");
    viewer.answer = String(body["sdp"]);
    await viewer.#peer.setRemoteDescription({ type: "answer", sdp: viewer.answer });
    const session = { session_id: body["session_id"] };
    viewer.signalling.send("activate_session", session);
    viewer.signalling.send("stream_options", { ...session, audio_enabled: true, video_enabled: true });
    return viewer;
  }

  get offer(): string {
    return this.#peer.localDescription?.sdp ?? "";
  }

  get connectionState(): string {
    return this.#peer.connectionState;
  }

  /** Resolves as soon as the packets of that kind are as wanted. */
  until(
    kind: Kind,
    wanted: (packets: readonly Received[]) => boolean,
    timeoutMs = 10_000,
  ): Promise<readonly Received[]> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!wanted(this.received[kind])) return;
        clearTimeout(timer);
        this.#listeners.delete(look);
        resolve([...this.received[kind]]);
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(look);
        reject(new Error(`the wanted ${kind} did not come; there are ${this.received[kind].length} packets`));
      }, timeoutMs);
      this.#listeners.add(look);
      look();
    });
  }

  async askForKeyFrame(): Promise<void> {
    const ssrc = this.received.video[0]?.packet.header.ssrc ?? 0;
    await this.#transceivers.video.receiver.sendRtcpPLI(ssrc);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signalling.close();
    await this.#peer.close();
  }

  #keepPackets(kind: Kind): void {
    this.#transceivers[kind].onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe((packet) => {
        this.received[kind].push({ atMs: performance.now(), packet });
        for (const look of [...this.#listeners]) look();
      });
    });
  }
}

const unitType = ({ packet }: Received): number => {
  const [indicator = 0, fragment = 0] = packet.payload;
  const type = indicator & 31;
  return type === 28 ? fragment & 31 : type;
};

/** The packet with which an IDR begins. */
export const startsKeyFrame = (received: Received): boolean =>
  unitType(received) === 5 &&
  ((received.packet.payload[0] ?? 0) & 31) === 28 &&
  ((received.packet.payload[1] ?? 0) & 0x80) !== 0;

/** NAL units out of packets that are in order and complete (single units and FU-A). */
export function nalUnitsOf(packets: readonly Received[]): Buffer[] {
  const units: Buffer[] = [];
  let parts: Buffer[] = [];
  for (const { packet } of packets) {
    const { payload } = packet;
    const [indicator = 0, fragment = 0] = payload;
    if ((indicator & 31) !== 28) {
      units.push(payload);
      continue;
    }
    if (fragment & 0x80) parts = [Buffer.from([(indicator & 0xe0) | (fragment & 31)])];
    parts.push(payload.subarray(2));
    if (fragment & 0x40) units.push(Buffer.concat(parts));
  }
  return units;
}

/** As sent: by sequence number, which may go over its end once. */
export function inOrder(packets: readonly Received[]): Received[] {
  const first = packets[0]?.packet.header.sequenceNumber ?? 0;
  // The first to arrive need not be the first sent.
  const position = ({ packet }: Received) => (packet.header.sequenceNumber - first + 1000) & 0xffff;
  const bySequence = new Map(packets.map((one) => [position(one), one]));
  return [...bySequence.entries()].sort(([a], [b]) => a - b).map(([, one]) => one);
}

export function missingSequences(packets: readonly Received[]): number {
  const sorted = inOrder(packets);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last) return 0;
  const span = (last.packet.header.sequenceNumber - first.packet.header.sequenceNumber) & 0xffff;
  return span + 1 - sorted.length;
}
