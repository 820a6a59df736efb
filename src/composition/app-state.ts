// What survives a restart, by owner: the installation's ids, Ring's token, what Home Assistant was told, remembered streams.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { CameraMemory } from "../bridge/camera-memory.ts";
import type { Clock } from "../foundation/clock.ts";
import type { Logger } from "../foundation/logger.ts";
import type { Redactor } from "../foundation/redact.ts";
import type { RememberedStream, StreamMemory } from "../media/hub/stream-memory.ts";
import type { PushMemory } from "../ring/push-link.ts";
import type { TokenStore } from "../ring/token-store.ts";
import { StateFile, type StateSection } from "../storage/state-file.ts";
import { FlushSoon } from "./flush-soon.ts";

/** Ends by writing what is only kept. */
export interface AppState extends Disposable {
  /** Marks our child processes. */
  readonly instanceId: string;
  readonly token: TokenStore & { forget(): void };
  readonly streams: StreamMemory;
  readonly camera: (deviceId: string) => CameraMemory;
  readonly push: PushMemory;
  /** The file itself, for rooms that bring their own reader. */
  readonly file: StateFile;
}

export interface AppStateDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly redactor: Redactor;
}

type Fields = Readonly<Record<string, unknown>>;
/** By device id. */
type Cameras = Readonly<Record<string, Fields>>;

/** Throws PermanentError where the directory cannot be used. */
export function openState(dataDirectory: string, { clock, logger, redactor }: AppStateDeps): AppState {
  const file = StateFile.open(join(dataDirectory, "state.json"), logger);
  const { instanceId, systemId } = installation(file);
  const flushing = new FlushSoon(file, clock, logger);
  return {
    instanceId,
    token: tokenStore(file, systemId, redactor),
    streams: streamMemory(file),
    camera: cameraMemories(file, flushing, logger),
    push: pushMemory(file, logger),
    file,
    [Symbol.dispose]: () => flushing[Symbol.dispose](),
  };
}

function installation(file: StateFile): { instanceId: string; systemId: string } {
  const section = file.section("installation", (raw) => ({
    instanceId: textField(raw, "instanceId"),
    systemId: textField(raw, "systemId"),
  }));
  const { instanceId, systemId } = section.read();
  if (instanceId && systemId) return { instanceId, systemId };
  const made = { instanceId: instanceId ?? randomUUID(), systemId: systemId ?? randomUUID() };
  section.write(made);
  return made;
}

function tokenStore(file: StateFile, systemId: string, redactor: Redactor): AppState["token"] {
  const section = file.section("ring", (raw) => ({ refreshToken: textField(raw, "refreshToken") }));
  return {
    systemId,
    load() {
      const { refreshToken } = section.read();
      redactor.addToken(refreshToken);
      return refreshToken === undefined ? undefined : { refreshToken };
    },
    save(refreshToken) {
      redactor.addToken(refreshToken);
      section.write({ refreshToken });
    },
    forget: () => section.write({ refreshToken: undefined }),
  };
}

function streamMemory(file: StateFile): StreamMemory {
  const section: StateSection<Readonly<Record<string, RememberedStream>>> = file.section("streams", (raw) =>
    Object.fromEntries(
      Object.entries(fieldsOf(raw)).filter((entry): entry is [string, RememberedStream] => isRemembered(entry[1])),
    ),
  );
  return {
    load: (path) => section.read()[path],
    save: (path, remembered) => section.write({ ...section.read(), [path]: remembered }),
  };
}

function cameraMemories(file: StateFile, flushing: FlushSoon, logger: Logger): AppState["camera"] {
  const section: StateSection<Cameras> = file.section("cameras", (raw) =>
    Object.fromEntries(Object.entries(fieldsOf(raw)).map(([id, fields]) => [id, fieldsOf(fields)])),
  );
  return (id) => ({
    read: (key) => section.read()[id]?.[key],
    keep(key, value) {
      section.keep(withValue(section.read(), id, key, value));
      flushing.request();
    },
    write(key, value) {
      try {
        section.update((all) => withValue(all, id, key, value));
      } catch (error) {
        logger.warn(`the ${key} of a camera could not be saved`, error);
      }
    },
  });
}

function withValue(all: Cameras, id: string, key: string, value: unknown): Cameras {
  return { ...all, [id]: { ...all[id], [key]: value } };
}

function pushMemory(file: StateFile, logger: Logger): PushMemory {
  const section = file.section("push", (raw) => raw);
  return {
    load: () => section.read(),
    save(ids) {
      try {
        section.write(ids);
      } catch (error) {
        logger.warn("the messages of Ring that were received could not be saved", error);
      }
    },
  };
}

function isRemembered(value: unknown): value is RememberedStream {
  const fields = fieldsOf(value);
  return (
    ["profileLevelId", "sps", "pps"].every((name) => typeof fields[name] === "string") &&
    ["opus", "pcmu", "none"].includes(String(fields["audioCodec"]))
  );
}

function textField(raw: unknown, name: string): string | undefined {
  const value = fieldsOf(raw)[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function fieldsOf(raw: unknown): Fields {
  return typeof raw === "object" && raw !== null ? { ...raw } : {};
}
