// The broker connection, from the settings.
import { readFileSync } from "node:fs";
import type { Settings } from "../config/schema.ts";
import { PermanentError } from "../foundation/errors.ts";
import type { Redactor } from "../foundation/redact.ts";
import type { BrokerLocation, BrokerOptions } from "../mqtt/broker-connection.ts";
import { usualAppBroker } from "./supervisor-broker.ts";

const usualBroker = "mqtt://localhost:1883";

/** Throws PermanentError `config.unreadable` for a certificate file that cannot be read. */
export function brokerOptions(
  settings: Settings,
  will: BrokerOptions["will"],
  clientId: string,
  redactor: Redactor,
  /** As an app; only in force where the owner names no broker. */
  locate?: BrokerOptions["locate"],
): BrokerOptions {
  const url = settings.mqtt_url || (locate ? usualAppBroker : usualBroker);
  // As it is written, also without mqtt:// in front.
  redactor.addSecret(/^\s*(?:[a-z]+:\/\/)?[^/:@]*:([^/]*)@/i.exec(url)?.[1]);
  redactor.addSecret(settings.mqtt_password);
  const credentials = ownCredentials(settings);
  return {
    url,
    ...credentials,
    ...(settings.mqtt_url === "" && locate
      ? { locate: async (signal) => ({ ...(await locate(signal)), ...credentials }) }
      : {}),
    ca: pem("mqtt_ca", settings.mqtt_ca),
    cert: pem("mqtt_cert", settings.mqtt_cert),
    key: pem("mqtt_key", settings.mqtt_key),
    rejectUnauthorized: settings.mqtt_verify,
    clientId,
    will,
  };
}

/** A user of one's own never goes with a password that was meant for another. */
function ownCredentials({ mqtt_user, mqtt_password }: Settings): Pick<BrokerLocation, "username" | "password"> {
  const password = mqtt_password || undefined;
  if (mqtt_user) return { username: mqtt_user, password };
  return password === undefined ? {} : { password };
}

function pem(key: string, path: string): string | undefined {
  if (path === "") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new PermanentError("config.unreadable", `The file ${path} of the setting ${key} cannot be read`, { cause });
  }
}
