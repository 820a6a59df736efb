// A row as Home Assistant is told of it.
import type { EntityDescription } from "../home-assistant/entity-description.ts";
import type { EntityRow } from "./entities/entity-row.ts";

export function describeEntity<View, Actions>(row: EntityRow<View, Actions>, view: View): EntityDescription {
  return {
    key: row.key,
    platform: row.platform,
    topics: row.topics,
    options: typeof row.options === "function" ? row.options(view) : row.options,
    ...(row.readsFrom === undefined ? {} : { readsFrom: row.readsFrom }),
    ...(row.attributesFromState === undefined ? {} : { attributesFromState: row.attributesFromState }),
    ...(row.showsAvailability === undefined ? {} : { showsAvailability: row.showsAvailability }),
  };
}
