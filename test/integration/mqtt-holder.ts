// A process of its own that holds a connection with announced devices, for tests that kill it. Arguments: broker URL.
import { systemClock } from "../../src/foundation/clock.ts";
import { silentLogger } from "../../src/foundation/logger.fake.ts";
import { bridgeDevice, problemEntity, testOrigin } from "../../src/home-assistant/discovery.fixtures.ts";
import { bridgeWill, HomeAssistant } from "../../src/home-assistant/home-assistant.ts";
import { Topics } from "../../src/home-assistant/topics.ts";
import { BrokerConnection } from "../../src/mqtt/broker-connection.ts";

const topics = new Topics();
const deps = { clock: systemClock, logger: silentLogger };
const broker = BrokerConnection.open(
  { url: process.argv[2] ?? "", clientId: "belfry-holder", will: bridgeWill(topics) },
  { ...deps, signal: new AbortController().signal },
);
const homeAssistant = HomeAssistant.open({
  ...deps,
  broker,
  topics,
  origin: testOrigin,
  announced: { read: () => [], write: () => undefined },
});
homeAssistant.link(bridgeDevice).describe(bridgeDevice, [problemEntity]);
process.on("SIGTERM", async () => {
  await homeAssistant.close();
  await broker.close();
});
