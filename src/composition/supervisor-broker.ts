// The broker of Home Assistant: asked for at each attempt to connect, so that one that is installed later is found.
import { errorCode, errorText } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { Redactor } from "../foundation/redact.ts";
import type { Supervisor } from "../home-assistant/supervisor.ts";
import type { BrokerLocation } from "../mqtt/broker-connection.ts";

/** Where the broker usually is; shown until the Supervisor has said it. */
export const usualAppBroker = "mqtt://core-mosquitto:1883";

export function supervisorBroker(
  supervisor: Pick<Supervisor, "mqttService">,
  logger: Logger,
  redactor: Redactor,
): (signal: AbortSignal) => Promise<BrokerLocation> {
  let known: BrokerLocation | undefined;
  return async (signal) => {
    try {
      const { host, port, username, password, isTls } = await supervisor.mqttService(signal);
      redactor.addSecret(password);
      known = { url: `${isTls ? "mqtts" : "mqtt"}://${host}:${port}`, username, password };
    } catch (error) {
      // The broker may well be there although the Supervisor restarts.
      if (!known || signal.aborted || errorCode(error) === "supervisor.no-broker") throw error;
      logger.debug(() => `the broker is looked for where it was: ${errorText(error)}`);
    }
    return known;
  };
}
