// The page, put together: its server with sign-in, status and, outside of Home Assistant, its own password.
import { fileURLToPath } from "node:url";
import { loadLastEvent } from "../bridge/camera-events-memory.ts";
import type { CameraMemory } from "../bridge/camera-memory.ts";
import type { Settings } from "../config/schema.ts";
import { findExecutable } from "../foundation/child-process.ts";
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import type { Teardown } from "../foundation/teardown.ts";
import type { RingAccount } from "../ring/account.ts";
import type { CameraEvent } from "../ring/camera-state.ts";
import { SignIn } from "../ring/sign-in.ts";
import { ingressProxies } from "../web/access.ts";
import type { EngineStatus } from "../web/house-status.ts";
import { WebServer } from "../web/web-server.ts";
import type { AppState } from "./app-state.ts";
import { writeHealthAddress } from "./health-address.ts";
import { type HouseStatusOptions, HouseStatusSource } from "./house-status-source.ts";
import { listenOnNextFreePort } from "./next-free-port.ts";
import { ownAddress } from "./own-address.ts";
import { pageSecrets } from "./page-secrets.ts";
import { RingSignIn } from "./ring-sign-in.ts";
import type { EngineSlot } from "./stream-engine.ts";
import { version } from "./version.ts";

export interface PageOptions {
  readonly settings: Settings;
  readonly dataDirectory: string;
  /** Home Assistant guards the page and is the only one that is answered. */
  readonly isHomeAssistantApp: boolean;
  readonly state: AppState;
  readonly account: RingAccount;
  readonly broker: HouseStatusOptions["broker"];
  readonly streams: Pick<HouseStatusOptions, "stream" | "streamsChanged">;
  readonly engine: EngineSlot;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Beside the sources and beside the compiled code alike. */
const pageDirectory = fileURLToPath(new URL("../../dist/page", import.meta.url));

/** Listens; how to end it is added to the teardown. */
export async function openPage(options: PageOptions, teardown: Teardown): Promise<void> {
  const { settings, dataDirectory, isHomeAssistantApp, state, account, clock, logger, signal } = options;
  const blockedUntil = state.file.section("signInBlockedUntil", (raw) => (typeof raw === "number" ? raw : 0));
  const signIn = new RingSignIn({
    createSignIn: () => new SignIn({ systemId: state.token.systemId, clock }),
    token: state.token,
    account,
    blockedUntil,
    clock,
    signal,
  });
  teardown.add("the sign-in", () => signIn[Symbol.dispose]());
  const status = statusSource(options);
  teardown.add("the status", () => status[Symbol.dispose]());
  const host = isHomeAssistantApp ? "0.0.0.0" : settings.web_bind;
  const server = await listen(options, host, signIn, status);
  teardown.add("the page", () => server[Symbol.asyncDispose]());
  const healthAddress = writeHealthAddress(dataDirectory, { host, port: server.port }, logger);
  teardown.add("the health address", () => healthAddress[Symbol.dispose]());
  announce(options, server);
}

function statusSource({ state, account, broker, streams, engine, clock, logger }: PageOptions): HouseStatusSource {
  const hasSound = findExecutable("ffmpeg") !== undefined;
  return new HouseStatusSource({
    version,
    account,
    broker,
    engine: () => engineStatus(engine, hasSound),
    engineChanged: engine.changed,
    ...streams,
    lastEvent: (deviceId) => newestEvent(state.camera(deviceId)),
    clock,
    logger,
  });
}

function engineStatus({ engine }: EngineSlot, hasSound: boolean): EngineStatus | undefined {
  if (!engine) return undefined;
  const { name, state, unmet } = engine;
  return { name, isHealthy: state.isHealthy, reason: state.reason, rtspPort: state.rtspPort, hasSound, unmet };
}

function newestEvent(memory: CameraMemory): CameraEvent | undefined {
  const [ding, motion] = [loadLastEvent(memory, "ding"), loadLastEvent(memory, "motion")];
  return ding && (!motion || ding.happenedAt > motion.happenedAt) ? ding : motion;
}

function listen(options: PageOptions, host: string, signIn: RingSignIn, status: HouseStatusSource): Promise<WebServer> {
  const { settings, isHomeAssistantApp, state, account, clock } = options;
  const logger = options.logger.child("page");
  const page = {
    host,
    access: isHomeAssistantApp
      ? ({ kind: "ingress", proxies: ingressProxies } as const)
      : ({ kind: "standalone" } as const),
    pageDirectory,
    version,
    signIn,
    status,
    health: {
      get isWell() {
        return account.isRunning;
      },
    },
    lockMemory: pageSecrets(state.file),
  };
  const wanted = {
    port: settings.web_port,
    takenCode: "web.port-taken",
    name: "page port",
    whatIs: "the page is",
    setting: "web_port",
  };
  const open = (port: number): Promise<WebServer> => WebServer.listen({ ...page, port }, { clock, logger });
  // Home Assistant looks for the page at this port alone.
  return isHomeAssistantApp ? open(settings.web_port) : listenOnNextFreePort(wanted, logger, open);
}

/** Where the page is, and what opens it the first time. */
function announce({ settings, isHomeAssistantApp, logger }: PageOptions, { port, setUpCode }: WebServer): void {
  if (isHomeAssistantApp) return;
  const isEverywhere = settings.web_bind === "0.0.0.0" || settings.web_bind === "::";
  const url = `http://${isEverywhere ? ownAddress() : settings.web_bind}:${port}/`;
  if (setUpCode === undefined) logger.info(`Belfry's page: ${url}`);
  else logger.warn(`the page has no password yet: open ${url} and enter the set-up code ${setUpCode}`);
}
