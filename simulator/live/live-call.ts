// One live view: from the offer to its end, in the order of frames and with the limits of Ring's cloud.
import { randomBytes, randomInt } from "node:crypto";
import type { LiveKnobs, LiveWorld, RawDevice } from "../contracts.ts";
import { CallMedia } from "./call-media.ts";
import { HoldBack } from "./hold-back.ts";
import type { LiveMedia } from "./live-media.ts";
import { makeSessionInfo } from "./session-info.ts";
import { makeSessionToken } from "./session-token.ts";
import type { ClientMessage, ServerFrame } from "./signalling-frame.ts";

export interface LiveCallOptions {
  readonly world: LiveWorld;
  readonly liveMedia: LiveMedia;
  readonly accountId: string;
  readonly device: RawDevice;
  readonly dialogId: string;
  send(frame: ServerFrame): void;
  /** Once; `closeSocket` if the cloud is the one that ends. */
  onEnded(closeSocket: boolean): void;
}

export interface CloseReason {
  readonly code: number;
  readonly text: string;
}

/** An answer is never given for a camera that is away; what the real cloud says then is not known. */
const offlineLimitMs = 15_000;

/** Everything of the call hangs on the signal of this class: aborting it is the end of all its parts. */
export class LiveCall {
  readonly doorbotId: number;
  readonly startedAt = Date.now();
  readonly sessionId: string;
  readonly #options: LiveCallOptions;
  readonly #dingId = String(randomInt(2 ** 40, 2 ** 47));
  readonly #riid = randomBytes(16).toString("hex");
  readonly #ending = new AbortController();
  readonly #details: { readonly doorbotId: number; readonly sessionId: string };
  readonly #holds: HoldBack;
  #media: CallMedia | undefined;
  readonly #clientCandidates: { readonly candidate: string; readonly mlineindex: number }[] = [];
  #answered = false;
  #cameraConnected = false;
  #transportsConnected = false;
  #stopPingTimer: () => void = () => undefined;
  #stopActivationTimer: () => void = () => undefined;

  constructor(options: LiveCallOptions) {
    this.#options = options;
    this.doorbotId = options.device.id;
    this.sessionId = makeSessionToken(this.doorbotId, this.#dingId);
    this.#details = { doorbotId: this.doorbotId, sessionId: this.sessionId };
    this.#holds = new HoldBack(options.world.journal, this.#details, this.#ending.signal);
  }

  /** The offer arrived: goes through the steps of a call without waiting for them. */
  begin(sdp: string): void {
    this.#journal.record("live.requested", { ...this.#details, dialogId: this.#options.dialogId });
    this.#expectPing();
    this.#run(sdp).catch((cause: unknown) => this.#fail(cause));
  }

  /** A message of the client that is complete in itself; here it is judged whether it comes at the right time. */
  handle(message: ClientMessage): void {
    if (!this.#namesThisCall(message)) return;
    switch (message.method) {
      case "live_view":
        this.#violation("a second live_view on one socket");
        break;
      case "ice":
        this.#takeCandidate(message.body);
        break;
      case "ping":
        this.#answerPing();
        break;
      case "activate_session":
        this.#activate();
        break;
      case "stream_options":
        this.#chooseStreams(message.body);
        break;
      case "camera_options":
        this.#setStealth(message.body.stealth_mode);
        break;
      case "close":
        this.end("client", { code: message.body.reason?.code ?? 0, text: message.body.reason?.text ?? "" });
        break;
    }
  }

  /** Ended by the cloud: the client is told why, then its socket is closed. */
  close(cause: string, reason: CloseReason): void {
    if (this.#ending.signal.aborted) return;
    this.#send("close", { reason });
    this.end(cause, reason, true);
  }

  /** Stops everything, once. */
  end(cause: string, { code, text }: CloseReason = { code: 0, text: "" }, closeSocket = false): void {
    if (this.#ending.signal.aborted) return;
    this.#media?.[Symbol.dispose]();
    this.#ending.abort();
    const endedAt = Date.now();
    this.#journal.record("live.ended", {
      ...this.#details,
      ...{ reason: cause, code, text, durationMs: endedAt - this.startedAt, media: this.#media?.totals ?? {} },
    });
    const { accountId, world, onEnded } = this.#options;
    if (this.#answered) world.liveViewEnded({ accountId, ...this.#call(endedAt) });
    onEnded(closeSocket);
  }

  get #journal(): LiveWorld["journal"] {
    return this.#options.world.journal;
  }

  #knobs(): Readonly<LiveKnobs> {
    return this.#options.world.liveKnobs(this.doorbotId);
  }

  #call(endedAt: number): { doorbotId: number; startedAt: number; endedAt: number } {
    return { doorbotId: this.doorbotId, startedAt: this.startedAt, endedAt };
  }

  async #run(sdp: string): Promise<void> {
    if (!(await this.#holds.pause("session", this.#knobs().sessionCreatedDelayMs))) return;
    this.#send("session_created", { requested_at: this.startedAt });
    if (isOffline(this.#options.device)) {
      this.#neverAnswer();
      return;
    }
    const media = this.#openMedia(sdp);
    if (!media.isUsable) {
      this.#journal.violation("an offer without a usable video codec", this.#details);
      this.close("codecs", { code: 7, text: "Failed to negotiate codecs" });
      return;
    }
    const answer = await media.answer();
    this.#probeClient();
    if (!(await this.#holds.pause("answer", this.#knobs().answerDelayMs))) return;
    this.#answer(answer, media.transcoding);
    if (!(await this.#holds.pause("camera-connected", this.#knobs().cameraConnectedDelayMs))) return;
    this.#cameraConnected = true;
    this.#notify("camera_connected");
    this.#tellStarted();
  }

  #openMedia(sdp: string): CallMedia {
    const media = new CallMedia(
      {
        ...{ journal: this.#journal, details: this.#details, signal: this.#ending.signal, holds: this.#holds },
        ...{ liveMedia: this.#options.liveMedia, knobs: () => this.#knobs() },
        onConnected: () => {
          this.#transportsConnected = true;
          this.#notify("PeerConnectionState::kConnected");
          this.#tellStarted();
        },
        onFailure: (cause) => this.#fail(cause),
      },
      sdp,
    );
    this.#media = media;
    return media;
  }

  #answer(sdp: string, transcoding: boolean): void {
    this.#answered = true;
    const info = makeSessionInfo(this.#dingId, this.startedAt);
    this.#send("sdp", { sdp, type: "answer", session_info: info });
    this.#journal.record("live.answered", { ...this.#details, sdp });
    if (this.#knobs().deadIce) this.#holds.open("ice");
    if (this.#knobs().deadDtls) this.#holds.open("dtls");
    this.#notify("PeerConnectionState::kConnecting");
    if (transcoding) this.#send("stream_info", { transcoding: true, transcoding_reason: "codec_mismatch" });
    const { activationLimitMs, sessionLimitMs } = this.#knobs();
    this.#stopActivationTimer = this.#after(activationLimitMs, () =>
      this.close("activation-limit", { code: 10, text: "answered_timeout" }),
    );
    this.#after(sessionLimitMs, () => this.close("session-limit", { code: 10, text: "answered_timeout" }));
  }

  #neverAnswer(): void {
    this.#holds.open("answer", { offline: true });
    const limitMs = Math.min(offlineLimitMs, this.#knobs().activationLimitMs);
    this.#after(limitMs, () => this.close("offline", { code: 7, text: "Timeout waiting for camera" }));
  }

  #notify(text: string): void {
    this.#send("notification", { is_ok: true, text });
  }

  #tellStarted(): void {
    if (this.#cameraConnected && this.#transportsConnected) this.#send("camera_started", {});
  }

  #send(method: string, body: Readonly<Record<string, unknown>>): void {
    if (this.#ending.signal.aborted) return;
    this.#options.send({
      ...{ method, dialog_id: this.#options.dialogId, riid: this.#riid },
      body: { doorbot_id: this.doorbotId, session_id: this.sessionId, ...body },
    });
  }

  /** Runs `expired` after so long unless the call ends or the returned function is called. */
  #after(delayMs: number, expired: () => void): () => void {
    const timer = setTimeout(expired, delayMs);
    const stop = () => clearTimeout(timer);
    this.#ending.signal.addEventListener("abort", stop, { once: true });
    return () => {
      this.#ending.signal.removeEventListener("abort", stop);
      stop();
    };
  }

  #expectPing(): void {
    this.#stopPingTimer();
    this.#stopPingTimer = this.#after(this.#knobs().pingTimeoutMs, () =>
      this.close("ping-timeout", { code: 6, text: "Timeout waiting for ping" }),
    );
  }

  #answerPing(): void {
    this.#expectPing();
    this.#send("pong", {});
  }

  #activate(): void {
    if (!this.#answered) {
      this.#violation("activate_session before the answer");
      return;
    }
    this.#stopActivationTimer();
    this.#journal.record("live.activated", this.#details);
  }

  #chooseStreams(options: { audio_enabled: boolean; video_enabled: boolean }): void {
    if (!this.#answered) {
      this.#violation("stream_options before the answer");
      return;
    }
    this.#media?.setEnabled("audio", options.audio_enabled);
    this.#media?.setEnabled("video", options.video_enabled);
    this.#journal.record("live.stream-options", { ...this.#details, ...options });
  }

  #setStealth(stealthMode: boolean): void {
    if (!this.#cameraConnected) {
      this.#violation("camera_options before camera_connected");
      return;
    }
    this.#journal.record("live.camera-options", { ...this.#details, stealthMode });
  }

  /** Mostly not used (see MediaPeer), but a client that sends rubbish is to know. An empty one says that there are no more. */
  #takeCandidate({ ice, mlineindex }: { ice: string; mlineindex: number }): void {
    if (ice === "") return;
    if (!/^(a=)?candidate:\S+ \d+ (udp|tcp) \d+ \S+ \d+ typ \w+/i.test(ice)) {
      this.#violation("an ice message without a candidate", { candidate: ice });
      return;
    }
    this.#clientCandidates.push({ candidate: ice.replace(/^a=/, ""), mlineindex });
    this.#probeClient();
  }

  /** As soon as there is something to probe from. */
  #probeClient(): void {
    if (!this.#media || !this.#knobs().probesClient) return;
    for (const { candidate, mlineindex } of this.#clientCandidates.splice(0)) this.#media.probe(candidate, mlineindex);
  }

  #namesThisCall({ body }: ClientMessage): boolean {
    if ("doorbot_id" in body && body.doorbot_id !== this.doorbotId) {
      this.#violation("a message for another camera on this socket", { named: body.doorbot_id });
      return false;
    }
    if ("session_id" in body && typeof body.session_id === "string" && body.session_id !== this.sessionId) {
      this.#violation("a message with another session_id", { named: body.session_id });
      return false;
    }
    return true;
  }

  #violation(what: string, details: Readonly<Record<string, unknown>> = {}): void {
    this.#journal.violation(what, { ...this.#details, ...details });
  }

  /** Our own fault (FFmpeg missing, say) or an offer that nobody can read: told in full, and the call ends. */
  #fail(cause: unknown): void {
    const error = cause instanceof Error ? cause.message : String(cause);
    this.#violation("a live call failed in the simulator", { error });
    this.close("failure", { code: 7, text: error });
  }
}

function isOffline({ alerts }: RawDevice): boolean {
  return typeof alerts === "object" && alerts !== null && "connection" in alerts && alerts.connection === "offline";
}
