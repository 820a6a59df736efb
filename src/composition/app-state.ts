// What survives a restart, by owner: the installation's ids, Ring's token, what Home Assistant was told, remembered streams.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { CameraMemory } from "../bridge/camera-memory.ts";
import type { Logger } from "../foundation/logger.ts";
import type { Redactor } from "../foundation/redact.ts";
import type { RememberedStream, StreamMemory } from "../media/hub/stream-memory.ts";
import type { PushMemory } from "../ring/push-link.ts";
import type { TokenStore } from "../ring/token-store.ts";
import { StateFile, type StateSection } from "../storage/state-file.ts";

export interface AppState {
  /** Marks our child processes. */
  readonly instanceId: string;
  readonly token: TokenStore & { forget(): void };
  readonly streams: StreamMemory;
  readonly camera: (deviceId: string) => CameraMemory;
  readonly push: PushMemory;
  /** The file itself, for rooms that bring their own reader. */
  readonly file: StateFile;
}

type Fields = Readonly<Record<string, unknown>>;

/** Throws PermanentError where the directory cannot be used. */
export function openState(dataDirectory: string, logger: Logger, redactor: Redactor): AppState {
  const file = StateFile.open(join(dataDirectory, "state.json"), logger);
  const { instanceId, systemId } = installation(file);
  return {
    instanceId,
    token: tokenStore(file, systemId, redactor),
    streams: streamMemory(file),
    camera: cameraMemories(file, logger),
    push: pushMemory(file, logger),
    file,
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

function cameraMemories(file: StateFile, logger: Logger): AppState["camera"] {
  const section: StateSection<Readonly<Record<string, Fields>>> = file.section("cameras", (raw) =>
    Object.fromEntries(Object.entries(fieldsOf(raw)).map(([id, fields]) => [id, fieldsOf(fields)])),
  );
  return (id) => ({
    read: (key) => section.read()[id]?.[key],
    write(key, value) {
      try {
        section.update((all) => ({ ...all, [id]: { ...all[id], [key]: value } }));
      } catch (error) {
        logger.warn(`the ${key} of a camera could not be saved`, error);
      }
    },
  });
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
