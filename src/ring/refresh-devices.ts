// One look at Ring's device list, and at the locations where they may be out of date.
import { clientApi, deviceApi } from "ring-client-api/rest-client";
import type { Clock } from "../foundation/clock.ts";
import { TransientError } from "../foundation/errors.ts";
import type { Logger } from "../foundation/logger.ts";
import type { Inventory } from "./inventory.ts";
import type { RingClient } from "./ring-client.ts";
import { readDeviceList } from "./wire/device-list.ts";
import { readLocations } from "./wire/location-list.ts";

const locationsPeriodMs = 300_000;
/** A device of an unknown location is no reason to ask at every poll. */
const soonestLocationsMs = 60_000;

export function refreshDevices(
  client: RingClient,
  inventory: Inventory,
  clock: Clock,
  logger: Logger,
): (signal: AbortSignal) => Promise<void> {
  let locationsAt = Number.NEGATIVE_INFINITY;

  const refreshLocations = async (signal: AbortSignal): Promise<void> => {
    locationsAt = clock.monotonic();
    try {
      const reply = await client.request("list the locations", { url: deviceApi("locations") }, { signal });
      inventory.useLocations(readLocations(reply));
    } catch (error) {
      signal.throwIfAborted();
      // The devices name their locations too.
      logger.debug("the list of locations could not be read", error);
    }
  };

  return async (signal) => {
    const reply = await client.request("list the devices", { url: clientApi("ring_devices") }, { signal });
    const list = readDeviceList(reply);
    if (!list) throw new TransientError("ring.odd-reply", "Ring answered with something else than a list of devices");
    const age = clock.monotonic() - locationsAt;
    const isDue = age > locationsPeriodMs || (age > soonestLocationsMs && !inventory.knowsLocationsOf(list));
    if (isDue) await refreshLocations(signal);
    inventory.useDevices(list, client);
  };
}
