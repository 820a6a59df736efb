import { expect, test } from "vitest";
import { loadSettings } from "../config/load.ts";
import { Redactor } from "../foundation/redact.ts";
import { brokerOptions } from "./broker-options.ts";

test.each(["mqtt://user:pa55word@broker", "user:pa55word@192.168.1.10:1883", " tcp://user:pa55word@broker "])(
  "the password in %j is never shown, however the address is written",
  (url) => {
    const { settings } = loadSettings({ environment: { BELFRY_MQTT_URL: url }, dataDirectory: "/nowhere" });
    const redactor = new Redactor();
    const will = { topic: "ring/bridge/status", payload: "offline", retain: true, qos: 1 } as const;
    expect(brokerOptions(settings, will, "belfry", redactor).url).toBe(url);
    expect(redactor.redact("the password is pa55word")).toBe("the password is ***");
  },
);
