// The simulated Ring cloud: puts its parts together, starts them on loopback and stops them in reverse.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { AccountData } from "./account.ts";
import { makeCertificates } from "./certificates.ts";
import { ClientEnvironment } from "./client-environment.ts";
import type { LiveService } from "./contracts.ts";
import { ControlServer } from "./control/control-server.ts";
import { allHosts, type BoundPorts, realPorts as fixedPorts } from "./hosts.ts";
import { chimeRoutes } from "./http/chime-routes.ts";
import { CloudServer } from "./http/cloud-server.ts";
import type { CloudServices } from "./http/cloud-services.ts";
import { deviceRoutes } from "./http/device-routes.ts";
import { historyRoutes } from "./http/history-routes.ts";
import { locationRoutes } from "./http/location-routes.ts";
import { oauthRoutes } from "./http/oauth-routes.ts";
import { onlineCheckRoutes } from "./http/online-check-routes.ts";
import { recordingRoutes } from "./http/recording-routes.ts";
import { Router } from "./http/router.ts";
import { sessionRoutes } from "./http/session-routes.ts";
import { settingsRoutes } from "./http/settings-routes.ts";
import { signallingUpgrade } from "./http/signalling-upgrade.ts";
import { snapshotRoutes } from "./http/snapshot-routes.ts";
import { Journal } from "./journal.ts";
import { createLiveService } from "./live/service.ts";
import { defaultCacheDirectory } from "./media/cached-file.ts";
import { Notifier } from "./notifier.ts";
import { type Happening, Operations } from "./operations.ts";
import { createPushService } from "./push/service.ts";
import { Recordings } from "./recordings.ts";
import { RequestFaults } from "./request-faults.ts";
import { Sessions } from "./sessions.ts";
import { Snapshots } from "./snapshots.ts";
import { StateFile } from "./state-file.ts";
import { StunResponder } from "./stun.ts";
import { type RetireOldTokens, Tokens } from "./tokens.ts";
import { World } from "./world.ts";

export interface SimulatedRingCloudOptions {
  readonly accounts: readonly AccountData[];
  /** Keeps the CA, tokens, sessions and push receivers over a restart. */
  readonly stateDirectory?: string;
  /** Ring's own ports (443, 80, 5228, UDP 443 and 19302) instead of free ones. */
  readonly realPorts?: boolean;
  readonly host?: "127.0.0.1";
  readonly controlPort?: number;
  /** When an old refresh token dies after a grant; `at-once`, but `never` with real ports. */
  readonly retireOldTokens?: RetireOldTokens;
  /** Where generated films are kept. */
  readonly mediaCacheDirectory?: string;
}

interface Parts {
  readonly services: CloudServices;
  readonly operations: Operations;
  readonly environment: ClientEnvironment;
  readonly control: ControlServer;
  readonly caPem: string;
  readonly ports: BoundPorts;
  readonly live: LiveService;
}

export class SimulatedRingCloud implements AsyncDisposable {
  readonly journal: Journal;
  readonly world: World;
  readonly operations: Operations;
  readonly controlUrl: string;
  readonly caPem: string;
  readonly ports: BoundPorts;
  readonly hosts = allHosts;
  readonly live: LiveService;
  readonly #environment: ClientEnvironment;
  readonly #stack: AsyncDisposableStack;

  private constructor(parts: Parts, stack: AsyncDisposableStack) {
    this.journal = parts.services.journal;
    this.world = parts.services.world;
    this.operations = parts.operations;
    this.controlUrl = parts.control.url;
    this.caPem = parts.caPem;
    this.ports = parts.ports;
    this.live = parts.live;
    this.#environment = parts.environment;
    this.#stack = stack;
  }

  /** All or nothing: what was started before a failure is stopped again. */
  static async start(options: SimulatedRingCloudOptions): Promise<SimulatedRingCloud> {
    await using stack = new AsyncDisposableStack();
    if (options.stateDirectory !== undefined) mkdirSync(options.stateDirectory, { recursive: true });
    const parts = await startParts(options, stack);
    return new SimulatedRingCloud(parts, stack.move());
  }

  /** Environment variables for a Node process that shall see this cloud as Ring, and nothing else beyond loopback. */
  clientEnvironment(): Record<string, string> {
    return { ...this.#environment.variables };
  }

  /** Path of the CA certificate. */
  get caPath(): string {
    return this.#environment.caPath;
  }

  /** What the hook refused in the clients. */
  get refusals(): readonly Record<string, unknown>[] {
    return this.#environment.refusals;
  }

  pressDoorbell(name: string): Promise<Happening> {
    return this.operations.pressDoorbell(name);
  }

  causeMotion(name: string, detection?: string): Promise<Happening> {
    return this.operations.causeMotion(name, detection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function startParts(options: SimulatedRingCloudOptions, stack: AsyncDisposableStack): Promise<Parts> {
  const { host = "127.0.0.1", realPorts = false, stateDirectory } = options;
  const journal = new Journal();
  const world = new World(journal, options.accounts);
  const certificates = await makeCertificates(stateDirectory);
  const [stun, ...moreStun] = await startStun(host, realPorts, stack);
  const cacheDirectory = options.mediaCacheDirectory ?? defaultCacheDirectory;
  const live = stack.use(await createLiveService({ world, stunPort: stun.port, mediaCacheDirectory: cacheDirectory }));
  const push = stack.use(createPushService({ journal, ...(stateDirectory === undefined ? {} : { stateDirectory }) }));
  const stopped = new AbortController();
  stack.defer(() => stopped.abort());
  const file = (name: string): StateFile => new StateFile(stateDirectory && join(stateDirectory, name));
  const sessions = new Sessions(file("sessions.json"));
  const services: CloudServices = {
    journal,
    world,
    sessions,
    push,
    tokens: new Tokens(file("tokens.json"), options.retireOldTokens ?? (realPorts ? "never" : "at-once")),
    snapshots: new Snapshots(world, (id) => live.calls.some((call) => call.doorbotId === id)),
    recordings: new Recordings({ world, cacheDirectory }),
    notifier: new Notifier({ journal, sessions, push, signal: stopped.signal }),
  };
  const faults = new RequestFaults();
  const router = new Router([...push.routes, ...cloudRoutes(services)]);
  const server = stack.use(new CloudServer({ journal, faults, router, upgrade: signallingUpgrade(journal, live) }));
  const at = (port: number): { host: string; port: number } => ({ host, port: realPorts ? port : 0 });
  const ports: BoundPorts = {
    https: await server.listen({ ...at(fixedPorts.https), ...certificates }),
    http: await server.listen(at(fixedPorts.http)),
    pushDelivery: await push.listen({ ...at(fixedPorts.pushDelivery), ...certificates }),
    stun: stun.port,
  };
  const environment = stack.use(new ClientEnvironment(certificates.caPem, ports));
  const operations = new Operations({ services, live, faults, stun: [stun, ...moreStun] });
  const control = stack.use(
    await ControlServer.listen({
      port: options.controlPort ?? 0,
      journal,
      operations,
      facts: {
        environment: environment.variables,
        caPem: certificates.caPem,
        ports,
        refusals: () => environment.refusals,
      },
    }),
  );
  return { services, operations, environment, control, caPem: certificates.caPem, ports, live };
}

/** One responder, and with real ports a second one for the clients that ask Google. */
async function startStun(
  host: string,
  realPorts: boolean,
  stack: AsyncDisposableStack,
): Promise<[StunResponder, ...StunResponder[]]> {
  const first = stack.use(await StunResponder.listen({ host, port: realPorts ? fixedPorts.stun : 0 }));
  if (!realPorts) return [first];
  return [first, stack.use(await StunResponder.listen({ host, port: fixedPorts.googleStun }))];
}

function cloudRoutes(services: CloudServices): ReturnType<typeof oauthRoutes> {
  return [
    ...oauthRoutes(services),
    ...sessionRoutes(services),
    ...deviceRoutes(services),
    ...settingsRoutes(services),
    ...chimeRoutes(services),
    ...snapshotRoutes(services),
    ...historyRoutes(services),
    ...recordingRoutes(services),
    ...locationRoutes(services),
    ...onlineCheckRoutes(),
  ];
}
