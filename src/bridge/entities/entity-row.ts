// An entity as a row: what it is, when it exists, what it shows, what it does. Rows never publish, log or hold state.
import type { EntityTopic, Platform } from "../../home-assistant/entity-description.ts";

export type Attributes = Readonly<Record<string, unknown>>;

export interface EntityRow<View, Actions> {
  readonly key: string;
  readonly platform: Platform;
  readonly topics: readonly EntityTopic[];
  /** Key whose state it shows through a template. */
  readonly readsFrom?: string;
  /** Its state is JSON and serves as its attributes, too. */
  readonly attributesFromState?: boolean;
  /** It shows whether its device is available, and why not; it has no topics of its own. */
  readonly showsAvailability?: boolean;
  /** Discovery options; a function where they depend on the device. */
  readonly options: Attributes | ((view: View) => Attributes);
  exists(view: View): boolean;
  /** The state as it stands on MQTT; undefined while unknown (nothing is published then). */
  readonly state?: (view: View) => string | undefined;
  readonly attributes?: (view: View) => Attributes | undefined;
  /** Carries out a command. Throws BadCommandError for a payload it does not know. */
  readonly write?: (payload: string, actions: Actions, signal: AbortSignal) => Promise<void> | void;
}

export const onOff = (isOn: boolean): "ON" | "OFF" => (isOn ? "ON" : "OFF");

/** Unix ms as ISO 8601 with zone, as Home Assistant's timestamps want it. */
export const isoTime = (unixMs: number): string => new Date(unixMs).toISOString();
