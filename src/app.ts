// The composition root: builds the rooms in order, connects them, and takes them down in reverse.
import { Bridge, livePath, type StreamPaths } from "./bridge/bridge.ts";
import { loadLastEvents } from "./bridge/camera-events-memory.ts";
import { aacTranscoder } from "./composition/aac-transcoder.ts";
import { type AppState, openState } from "./composition/app-state.ts";
import { brokerOptions } from "./composition/broker-options.ts";
import { cameraUrls } from "./composition/camera-urls.ts";
import { HomeAssistantAddress } from "./composition/home-assistant-address.ts";
import { openPage } from "./composition/open-page.ts";
import { recordedStream, recordingPlayer } from "./composition/recorded-streams.ts";
import { snapshotTools } from "./composition/snapshot-tools.ts";
import { startStreamEngine } from "./composition/start-stream-engine.ts";
import { EngineSlot, type StreamEngine } from "./composition/stream-engine.ts";
import { StreamHost } from "./composition/stream-host.ts";
import { supervisorBroker } from "./composition/supervisor-broker.ts";
import { version } from "./composition/version.ts";
import type { Settings } from "./config/schema.ts";
import { aborted } from "./foundation/abort.ts";
import { endLeftovers } from "./foundation/child-process.ts";
import type { Clock } from "./foundation/clock.ts";
import type { Logger } from "./foundation/logger.ts";
import type { Redactor } from "./foundation/redact.ts";
import { Teardown } from "./foundation/teardown.ts";
import { parseAnnounced } from "./home-assistant/announced-devices.ts";
import { bridgeWill, echoTopics, HomeAssistant } from "./home-assistant/home-assistant.ts";
import type { Supervisor } from "./home-assistant/supervisor.ts";
import { Topics } from "./home-assistant/topics.ts";
import { StreamGovernor } from "./media/hub/governor.ts";
import { StreamHub } from "./media/hub/stream-hub.ts";
import { StreamPath } from "./media/hub/stream-path.ts";
import { type ViewingLimits, viewingBudgets } from "./media/hub/viewing-limits.ts";
import { InternalListener } from "./media/servers/rtsp/internal-listener.ts";
import { BrokerConnection } from "./mqtt/broker-connection.ts";
import { RingAccount } from "./ring/account.ts";
import { DirectoryClaim } from "./storage/directory-claim.ts";

/** Everything must be over this long after the signal. */
const stopBudgetMs = 4_500;
const bridgeId = "belfry_bridge";
/** In the memory of a camera: what Ring's settings page said last. */
const settingsKey = "ringSettings";
const liveTimeKey = "live_spans";

export interface AppOptions {
  readonly settings: Settings;
  readonly dataDirectory: string;
  readonly logger: Logger;
  readonly redactor: Redactor;
  /** Home Assistant's, where it runs us as an app. */
  readonly supervisor: Supervisor | undefined;
  readonly clock: Clock;
  /** Its abort stops the app. */
  readonly signal: AbortSignal;
  /** Stops the app, so that whatever started the process starts it again. */
  readonly restart: () => void;
}

export class App {
  /** Resolves when all is over. */
  readonly finished: Promise<void>;

  private constructor(finished: Promise<void>) {
    this.finished = finished;
  }

  /**
   * All or nothing: what was started is ended again where a later step fails, or where the app is stopped meanwhile (then
   * it is finished). Rejects with an AppError in plain words.
   */
  static async start(options: AppOptions): Promise<App> {
    const { logger, clock, signal } = options;
    const teardown = new Teardown();
    const end = (): Promise<void> => teardown.run(logger, clock, stopBudgetMs);
    try {
      await startRooms(options, teardown);
    } catch (error) {
      await end();
      if (!signal.aborted) throw error;
      return new App(Promise.resolve());
    }
    return new App(aborted(signal).then(end));
  }
}

/** What every step below works with: the options, the state, and a signal that aborts when all else is over. */
interface Start extends AppOptions {
  readonly state: AppState;
  readonly teardown: Teardown;
  readonly life: AbortSignal;
}

// What ends last is started first; ends need time, so nothing that runs hangs on the signal that asks for the end. A step that
// is not done yet does.
async function startRooms(options: AppOptions, teardown: Teardown): Promise<void> {
  const { settings, dataDirectory, logger, redactor, signal } = options;
  signal.throwIfAborted();
  redactor.addSecret(settings.livestream_pass);
  const claim = await DirectoryClaim.take(dataDirectory, logger);
  teardown.add("the claim on the data directory", () => claim[Symbol.asyncDispose]());
  const state = openState(dataDirectory, { clock: options.clock, logger, redactor });
  teardown.add("the state file", () => state[Symbol.dispose]());
  const left = await endLeftovers(state.instanceId);
  if (left.length > 0) logger.info(`ended ${left.length} processes that an earlier Belfry had left behind`);
  signal.throwIfAborted();
  const life = new AbortController();
  teardown.add("the rest", () => life.abort());
  const start: Start = { ...options, state, teardown, life: life.signal };
  const links = openLinks(start);
  const hub = new StreamHub();
  const engine = new EngineSlot((error) => logger.error("the state of the stream engine could not be shown", error));
  // Before the media: a sign-in need not wait for them, and no stream may take the page's port.
  await openThePage(start, links, hub, engine);
  signal.throwIfAborted();
  const media = await startMedia(start, hub);
  signal.throwIfAborted();
  engine.fill(media.engine);
  const bridge = openBridge(start, links, media);
  for (const changed of [media.engine.changed, media.host.changed]) changed.subscribe(() => bridge.refresh());
}

interface Links {
  readonly broker: BrokerConnection;
  readonly devices: HomeAssistant;
  readonly account: RingAccount;
}

/** To the outside: broker, Home Assistant behind it, Ring. All of them connect in the background. */
function openLinks(start: Start): Links {
  const { settings, supervisor, logger, redactor, clock, state, teardown, life: signal } = start;
  const topics = new Topics({
    base: settings.ring_topic,
    discoveryPrefix: settings.discovery_prefix,
    birthTopic: settings.birth_topic,
  });
  const log = logger.child("mqtt");
  const locate = supervisor && supervisorBroker(supervisor, log, redactor);
  const broker = BrokerConnection.open(
    {
      ...brokerOptions(settings, bridgeWill(topics), `belfry_${state.instanceId}`, redactor, locate),
      echoTopics: echoTopics(topics),
    },
    { clock, logger: log, signal },
  );
  teardown.add("the broker connection", () => broker.close());
  const devices = openHomeAssistant(start, state, broker, topics);
  teardown.add("Home Assistant", () => devices[Symbol.asyncDispose]());
  const account = openAccount(start, state, signal);
  teardown.add("the Ring account", () => account[Symbol.asyncDispose]());
  return { broker, devices, account };
}

function openThePage(start: Start, { account, broker }: Links, hub: StreamHub, engine: EngineSlot): Promise<void> {
  const streams = {
    stream: (deviceId: string) => hub.find(livePath(deviceId)),
    streamsChanged: hub.streamsChanged,
  };
  const isHomeAssistantApp = start.supervisor !== undefined;
  return openPage(
    { ...start, isHomeAssistantApp, account, broker, streams, engine, signal: start.life },
    start.teardown,
  );
}

interface Media {
  readonly hub: StreamHub;
  readonly listener: InternalListener;
  readonly engine: StreamEngine;
  /** As players reach us. */
  readonly host: StreamHost;
}

async function startMedia(start: Start, hub: StreamHub): Promise<Media> {
  const { settings, supervisor, dataDirectory, logger, redactor, clock, state, teardown, life: signal } = start;
  const starting = start.signal;
  const listener = await listenInternally(start, signal);
  teardown.add("the internal RTSP listener", () => listener[Symbol.asyncDispose]());
  teardown.add("the streams", () => hub[Symbol.asyncDispose]());
  const host = await StreamHost.find({ supervisor, clock, logger, starting, signal });
  const instance = state.instanceId;
  const served = { settings, streams: hub, host, dataDirectory, instance, redactor };
  const engine = await startStreamEngine(
    { ...served, clock, logger: logger.child("rtsp"), starting, signal },
    teardown,
  );
  return { hub, listener, engine, host };
}

function openBridge(start: Start, { account, devices }: Links, { hub, listener, engine, host }: Media): Bridge {
  const { settings, supervisor, logger, clock, state, teardown, life: signal, restart } = start;
  const child = (scope: string) => ({ instance: state.instanceId, clock, logger: logger.child(scope), signal });
  const home = HomeAssistantAddress.find({ settings, supervisor, file: state.file, clock, logger, signal });
  const bridge = new Bridge({
    account,
    devices,
    streams: streamPaths(start, state, hub, signal),
    recordingPlayer: recordingPlayer(listener, child("recordings")),
    snapshots: snapshotTools(settings, child("snapshots")),
    urls: cameraUrls({ settings, host, engine, home, devices }),
    bridgeId,
    memory: state.camera,
    version,
    problem: () => engine.unmet?.text,
    restart,
    clock,
    logger: logger.child("bridge"),
    signal,
  });
  teardown.add("the bridge", () => bridge[Symbol.dispose]());
  home.changed.subscribe(() => bridge.refresh());
  return bridge;
}

function openHomeAssistant(
  options: AppOptions,
  state: AppState,
  broker: BrokerConnection,
  topics: Topics,
): HomeAssistant {
  const { clock, logger } = options;
  return HomeAssistant.open({
    broker,
    topics,
    origin: { name: "Belfry", softwareVersion: version },
    clock,
    logger: logger.child("home-assistant"),
    announced: state.file.section("announced", parseAnnounced),
    takesOverFromRingMqtt: true,
  });
}

function openAccount({ settings, clock, logger }: AppOptions, state: AppState, signal: AbortSignal): RingAccount {
  return RingAccount.open(
    {
      token: state.token,
      systemName: "Belfry",
      ...(settings.location_ids.length > 0 ? { locationIds: settings.location_ids } : {}),
      excludedDeviceIds: settings.excluded_devices,
      settings: {
        load: (deviceId) => state.camera(deviceId).read(settingsKey),
        save: (deviceId, page) => state.camera(deviceId).write(settingsKey, page),
      },
      pushMemory: state.push,
      lastEvents: (deviceId) => loadLastEvents(state.camera(deviceId)),
      pollSeconds: 20,
    },
    { clock, logger: logger.child("ring"), signal },
  );
}

/** FFmpeg publishes here what it plays. */
function listenInternally({ clock, logger }: AppOptions, signal: AbortSignal): Promise<InternalListener> {
  return InternalListener.open({ serverName: "Belfry" }, { clock, logger: logger.child("rtsp"), signal });
}

function streamPaths(options: AppOptions, state: AppState, hub: StreamHub, signal: AbortSignal): StreamPaths {
  const { settings, clock, logger } = options;
  const log = logger.child("streams");
  const transcoder = aacTranscoder({ instance: state.instanceId, clock, logger: log });
  return {
    add(path, source, camera, memory) {
      const limits = (): ViewingLimits => viewingLimits(settings, camera().isOnBattery);
      const budgets = viewingBudgets(limits, clock, {
        load: () => memory.read(liveTimeKey),
        save: (spans) => memory.write(liveTimeKey, spans),
        keep: (spans) => memory.keep(liveTimeKey, spans),
      });
      const governor = new StreamGovernor({ clock, camera: () => camera().reach, budgets });
      const stream = new StreamPath({
        path,
        source,
        transcoder,
        memory: state.streams,
        governor,
        clock,
        logger: log,
        signal,
      });
      hub.add(stream);
      return stream;
    },
    addRecorded(path, source) {
      const stream = recordedStream({ path, source, transcoder, clock, logger: log, signal });
      hub.add(stream);
      return stream;
    },
    remove: (path) => hub.remove(path),
  };
}

function viewingLimits(settings: Settings, isOnBattery: boolean): ViewingLimits {
  return isOnBattery
    ? { maxLiveMinutes: settings.max_live_minutes_battery, pauseAfterLimitSeconds: settings.pause_after_limit_battery }
    : { maxLiveMinutes: settings.max_live_minutes_wired, pauseAfterLimitSeconds: settings.pause_after_limit_wired };
}
