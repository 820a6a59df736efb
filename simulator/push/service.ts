// The push chain of the simulated cloud: Google's registration steps, the push server and the way to a receiver.
import type { PushService } from "../contracts.ts";
import type { Journal } from "../journal.ts";
import { createCheckinRoutes } from "./checkin-routes.ts";
import { Credentials } from "./credentials.ts";
import { encryptNotification } from "./encrypt-notification.ts";
import { createFirebaseRoutes } from "./firebase-routes.ts";
import { McsServer, type PushKnobs } from "./mcs-server.ts";
import { MessageStore } from "./message-store.ts";
import { loadTokenSeal } from "./token-seal.ts";

const tokenTailLength = 12;

export interface PushServiceOptions {
  readonly journal: Journal;
  /** Where the key is kept that makes issued tokens valid across restarts; without it they last as long as the service. */
  readonly stateDirectory?: string;
  readonly loginTimeoutMs?: number;
  readonly maximumConnections?: number;
}

export interface SimulatedPush extends PushService {
  readonly knobs: PushKnobs;
  /** Sends a heartbeat ping to every client, as Google does now and then; returns how many. */
  ping(): number;
}

export function createPushService({ journal, stateDirectory, ...limits }: PushServiceOptions): SimulatedPush {
  const credentials = new Credentials(loadTokenSeal(stateDirectory));
  const store = new MessageStore();
  const knobs: PushKnobs = { answerHeartbeats: true };
  const server = new McsServer({
    journal,
    store,
    knobs,
    isDevice: (device) => credentials.isDevice(device),
    ...limits,
  });

  async function deliver(fcmToken: string, data: Record<string, string>, options?: { persistentId?: string }) {
    const receiver = credentials.readFcmToken(fcmToken);
    if (!receiver) throw new Error(`The FCM token ${fcmToken.slice(0, 30)}… was not issued here; register first.`);
    const notification = encryptNotification(data, receiver, options?.persistentId);
    const tokenTail = fcmToken.slice(-tokenTailLength);
    const message = store.add(receiver.androidId, notification, tokenTail);
    if (server.send(receiver.androidId, message)) return "sent";
    journal.record("push.queued", { fcmToken: tokenTail, persistentId: notification.persistentId });
    return "queued";
  }

  return {
    routes: [...createCheckinRoutes({ journal, credentials }), ...createFirebaseRoutes({ journal, credentials })],
    knobs,
    listen: (options) => server.listen(options),
    isKnownToken: (fcmToken) => credentials.readFcmToken(fcmToken) !== undefined,
    deliver,
    disturb: (how) => server.disturb(how),
    ping: () => server.ping(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
