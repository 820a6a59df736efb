// Websocket upgrades: those for the signalling host become live-view sockets, all others are closed.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { LiveService } from "../contracts.ts";
import { hosts } from "../hosts.ts";
import type { Journal } from "../journal.ts";
import { hostOf, parseTarget } from "./cloud-server.ts";

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export function signallingUpgrade(journal: Journal, live: LiveService): Upgrade {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  return (request, socket, head) => {
    const { pathname, searchParams: query } = parseTarget(request);
    const details = { host: hostOf(request), path: pathname, clientUserAgent: request.headers["user-agent"] };
    const isKnown = details.host === hosts.signalling && pathname === "/ws";
    if (!isKnown || details.clientUserAgent === undefined) {
      journal.violation(isKnown ? "a websocket without user-agent" : "unknown websocket", details);
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      journal.record("socket.opened", details);
      live.accept(accepted, { query, headers: request.headers });
    });
  };
}
