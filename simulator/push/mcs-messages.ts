// The messages of Google's push connection (MCS), cut to the fields that clients send and read.
import * as v from "valibot";
import { defineWireTypes, WireMessage } from "./wire-message.ts";

/** The byte before each message that says which it is. */
export const tags = {
  heartbeatPing: 0,
  heartbeatAck: 1,
  loginRequest: 2,
  loginResponse: 3,
  close: 4,
  iqStanza: 7,
  dataMessageStanza: 8,
} as const;

const heartbeatFields = { streamId: ["int32", 1], lastStreamIdReceived: ["int32", 2], status: ["int64", 3] } as const;

const type = defineWireTypes({
  HeartbeatPing: heartbeatFields,
  HeartbeatAck: heartbeatFields,
  Close: {},
  ErrorInfo: { code: ["int32", 1, "required"], message: ["string", 2], type: ["string", 3] },
  Setting: { name: ["string", 1, "required"], value: ["string", 2, "required"] },
  HeartbeatStat: {
    ip: ["string", 1, "required"],
    timeout: ["bool", 2, "required"],
    intervalMs: ["int32", 3, "required"],
  },
  LoginRequest: {
    id: ["string", 1, "required"],
    domain: ["string", 2, "required"],
    user: ["string", 3, "required"],
    resource: ["string", 4, "required"],
    authToken: ["string", 5, "required"],
    deviceId: ["string", 6],
    setting: ["Setting", 8, "repeated"],
    receivedPersistentId: ["string", 10, "repeated"],
    adaptiveHeartbeat: ["bool", 12],
    heartbeatStat: ["HeartbeatStat", 13],
    useRmq2: ["bool", 14],
    authService: ["int32", 16],
    networkType: ["int32", 17],
  },
  LoginResponse: {
    id: ["string", 1, "required"],
    jid: ["string", 2],
    error: ["ErrorInfo", 3],
    streamId: ["int32", 5],
    lastStreamIdReceived: ["int32", 6],
    serverTimestamp: ["int64", 8],
  },
  Extension: { id: ["int32", 1, "required"], data: ["bytes", 2, "required"] },
  IqStanza: {
    type: ["int32", 2, "required"],
    id: ["string", 3, "required"],
    extension: ["Extension", 7],
    persistentId: ["string", 8],
    streamId: ["int32", 9],
    lastStreamIdReceived: ["int32", 10],
  },
  SelectiveAck: { id: ["string", 1, "repeated"] },
  AppData: { key: ["string", 1, "required"], value: ["string", 2, "required"] },
  DataMessageStanza: {
    id: ["string", 2],
    from: ["string", 3, "required"],
    category: ["string", 5, "required"],
    appData: ["AppData", 7, "repeated"],
    persistentId: ["string", 9],
    streamId: ["int32", 10],
    lastStreamIdReceived: ["int32", 11],
    ttl: ["int32", 17],
    sent: ["int64", 18],
    rawData: ["bytes", 21],
  },
});

const heartbeat = v.object({ lastStreamIdReceived: v.optional(v.number()) });
const androidIdService = 2;

export const heartbeatPing = new WireMessage(type("HeartbeatPing"), heartbeat);
export const heartbeatAck = new WireMessage(type("HeartbeatAck"), heartbeat);
export const closeMessage = new WireMessage(type("Close"), v.object({}));

export const loginRequest = new WireMessage(
  type("LoginRequest"),
  v.object({
    id: v.pipe(v.string(), v.regex(/^(chrome-)?\d+(\.\d+){3}$/)),
    domain: v.literal("mcs.android.com"),
    user: v.pipe(v.string(), v.regex(/^\d{1,20}$/)),
    resource: v.string(),
    authToken: v.string(),
    deviceId: v.string(),
    authService: v.literal(androidIdService),
    useRmq2: v.literal(true),
    setting: v.pipe(
      v.array(v.object({ name: v.string(), value: v.string() })),
      v.check(
        (settings) => settings.some(({ name, value }) => name === "new_vc" && value === "1"),
        "new_vc=1 is missing",
      ),
    ),
    receivedPersistentId: v.array(v.string()),
    heartbeatStat: v.optional(v.object({ intervalMs: v.pipe(v.number(), v.minValue(1)) })),
  }),
);
export type LoginRequest = ReturnType<typeof loginRequest.decode>;

export const loginResponse = new WireMessage(
  type("LoginResponse"),
  v.object({
    id: v.string(),
    error: v.optional(v.object({ code: v.number(), message: v.string() })),
    lastStreamIdReceived: v.optional(v.number()),
  }),
);

/** Kinds of IqStanza extension. */
export const extensions = { selectiveAck: 12, streamAck: 13 } as const;
const iqSet = 1;

export const iqStanza = new WireMessage(
  type("IqStanza"),
  v.object({
    type: v.literal(iqSet),
    extension: v.object({ id: v.picklist(Object.values(extensions)), data: v.instance(Buffer) }),
    lastStreamIdReceived: v.optional(v.number()),
  }),
);

export const selectiveAck = new WireMessage(type("SelectiveAck"), v.object({ id: v.array(v.string()) }));

export const dataMessageStanza = new WireMessage(
  type("DataMessageStanza"),
  v.object({
    from: v.string(),
    category: v.string(),
    appData: v.array(v.object({ key: v.string(), value: v.string() })),
    persistentId: v.string(),
    rawData: v.instance(Buffer),
  }),
);
