// A call's signalling, done by ring-client-api: ticket, socket, offer, answer, pings. Knows the library's insides so that nobody else does.
import type { RingCamera as LibraryCamera } from "ring-client-api";
import { type Observable, ReplaySubject } from "rxjs";
import { asRecord, numberOf, recordOf, textOf } from "../wire/record.ts";
import type { LocalCandidate } from "./call-peer.ts";

export interface SignallingHandlers {
  readonly offer: () => Promise<string>;
  readonly candidates: Observable<LocalCandidate>;
  readonly onOpen: () => void;
  readonly onAnswer: (sdp: string) => void;
  readonly onCandidate: (candidate: string, sdpMLineIndex: number) => Promise<void>;
  /** Ring said why it ends the call. */
  readonly onClose: (code: number | undefined, text: string) => void;
  /** The library has ended the call, for whatever reason; also after `hangUp`. */
  readonly onEnd: () => void;
}

type PeerFactory = NonNullable<NonNullable<Parameters<LibraryCamera["startLiveCall"]>[0]>["createPeerConnection"]>;

/** The socket of undici that the library holds. */
interface Socket {
  readonly readyState: number;
  close(): void;
  addEventListener(type: "close", listener: () => void): void;
}

const closedState = 3;

/** The library's connection, as far as we look into it. */
interface LibraryConnection {
  readonly ws: Socket;
  readonly onWsOpen: Observable<unknown>;
  readonly onMessage: Observable<unknown>;
  readonly onCallEnded: Observable<unknown>;
}

/** An open or opening signalling connection. */
export class CallSignalling {
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>;
  readonly #stop: () => void;
  readonly #socket: Socket;

  private constructor(stop: () => void, socket: Socket) {
    this.#stop = stop;
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      if (socket.readyState === closedState) resolve();
      else socket.addEventListener("close", () => resolve());
    });
  }

  /** Asks for the ticket and opens the socket. Rejects where there is no ticket. Cannot be hurried: abandon by `then(hangUp)`. */
  static async start(camera: LibraryCamera, handlers: SignallingHandlers): Promise<CallSignalling> {
    const session = await camera.startLiveCall({ createPeerConnection: () => libraryPeer(handlers) });
    // Private to the library, but the only way to hear why a call ends, and to end its socket before it is open.
    const connection: LibraryConnection = session["connection"];
    const signalling = new CallSignalling(() => session.stop(), connection.ws);
    connection.onWsOpen.subscribe(handlers.onOpen);
    connection.onMessage.subscribe((message) => readClose(message, handlers.onClose));
    connection.onCallEnded.subscribe(handlers.onEnd);
    return signalling;
  }

  /** Says goodbye to Ring and closes the socket, also one that is not open yet (the library alone would leave that open). */
  hangUp(): void {
    this.#stop();
    this.#socket.close();
  }
}

function readClose(message: unknown, onClose: SignallingHandlers["onClose"]): void {
  const frame = asRecord(message);
  if (textOf(frame, "method") !== "close") return;
  const reason = recordOf(recordOf(frame, "body"), "reason") ?? recordOf(frame, "reason");
  onClose(numberOf(reason, "code"), textOf(reason, "text") ?? "");
}

/** What the library takes for a peer connection. It never throws: an error in here would end in the library's log only. */
function libraryPeer(handlers: SignallingHandlers): ReturnType<PeerFactory> {
  const peer = {
    createOffer: async () => ({ sdp: await handlers.offer() }),
    acceptAnswer: async (answer: { sdp: string }) => handlers.onAnswer(answer.sdp),
    addIceCandidate: async (candidate: { candidate?: string; sdpMLineIndex?: number }) =>
      await handlers.onCandidate(candidate.candidate ?? "", candidate.sdpMLineIndex ?? 0),
    onIceCandidate: handlers.candidates,
    // The library would end the call by it; our own watch does, and says why.
    onConnectionState: new ReplaySubject<never>(0),
    close: () => undefined,
  };
  // The library's type wants werift's class for a candidate; it only reads these two fields.
  return peer as unknown as ReturnType<PeerFactory>;
}
