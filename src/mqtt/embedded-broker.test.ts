import mqtt from "mqtt";
import { expect, test } from "vitest";
import { EmbeddedBroker } from "./embedded-broker.ts";

const credential = { username: "script", password: "for this run" };

test("what a client says is heard inside, and what is said inside is kept for clients", async () => {
  await using broker = await EmbeddedBroker.open({ credential });
  const heard = Promise.withResolvers<string>();
  using _listener = broker.subscribe("streams/+/command", (topic, payload) => heard.resolve(`${topic} ${payload}`));
  broker.publish("streams/a/attributes", "kept", { retain: true });
  const client = await mqtt.connectAsync(broker.url, credential);
  const kept = Promise.withResolvers<string>();
  client.on("message", (_topic, payload, { retain }) => kept.resolve(`${payload} ${retain}`));
  await client.subscribeAsync("streams/a/attributes");
  await client.publishAsync("streams/a/command", "ON", { qos: 1 });
  expect(await heard.promise).toBe("streams/a/command ON");
  expect(await kept.promise).toBe("kept true");
  await client.endAsync();
});

test("the last will of a client that is cut off is heard inside", async () => {
  await using broker = await EmbeddedBroker.open({ credential });
  const heard = Promise.withResolvers<string>();
  using _listener = broker.subscribe("streams/#", (_topic, payload) => heard.resolve(payload));
  const will = { topic: "streams/a/command", payload: Buffer.from("OFF"), qos: 1, retain: false } as const;
  const client = await mqtt.connectAsync(broker.url, { ...credential, will, reconnectPeriod: 0 });
  client.on("error", () => undefined);
  client.stream.destroy();
  expect(await heard.promise).toBe("OFF");
  await client.endAsync(true);
});

test("nobody comes in without the credential", async () => {
  await using broker = await EmbeddedBroker.open({ credential });
  const wrong = mqtt.connectAsync(broker.url, { ...credential, password: "wrong", reconnectPeriod: 0 });
  await expect(wrong).rejects.toThrow();
});
