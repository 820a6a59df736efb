// What Home Assistant must show of an entity, from what it was announced as and what stands on its topics.
import type { EntityState } from "../../support/home-assistant-client.ts";

export interface Component {
  readonly platform: string;
  readonly unique_id: string;
  readonly default_entity_id: string;
  readonly name: string;
  readonly entity_category?: string;
  readonly enabled_by_default?: boolean;
  readonly state_topic?: string;
  readonly command_topic?: string;
  readonly json_attributes_topic?: string;
  readonly topic?: string;
  readonly image_topic?: string;
  readonly [option: string]: unknown;
}

type Told = (topic: string | undefined) => string | undefined;

/** What is wrong with a state, one sentence each; `told` is the last word on a topic. */
export function faultsOf(component: Component, state: EntityState | undefined, told: Told): string[] {
  const id = component.default_entity_id;
  if (!state) return [`${id} has no state`];
  const faults = optionFaults(component, state).concat(attributeFaults(component, state, told));
  const expected = expectedState(component, told(component.state_topic));
  if (expected && !expected(state.state)) faults.push(`shows ${state.state}, told ${told(component.state_topic)}`);
  return faults.map((fault) => `${id} ${fault}`);
}

/** undefined: the state is not what was told, but when. */
function expectedState(
  { platform, device_class, value_template, unit_of_measurement, payload_on }: Component,
  told: string | undefined,
): ((state: string) => boolean) | undefined {
  if (platform === "camera") return (state) => state === "idle";
  if (platform === "event" || platform === "image" || platform === "button")
    return (state) => state === "unknown" || !Number.isNaN(Date.parse(state));
  const value = typeof value_template === "string" ? render(value_template, told) : told;
  if (value === undefined || value === "None") return (state) => state === "unknown";
  if (payload_on !== undefined) return (state) => state === (value === payload_on ? "on" : "off");
  if (["binary_sensor", "switch", "light", "siren"].includes(platform)) return (state) => state === value.toLowerCase();
  // Whole seconds.
  if (device_class === "timestamp")
    return (state) => Math.floor(Date.parse(state) / 1_000) === Math.floor(Date.parse(value) / 1_000);
  if (platform === "number" || unit_of_measurement !== undefined) return (state) => Number(state) === Number(value);
  return (state) => state === value;
}

function render(template: string, json: string | undefined): string | undefined {
  const [, key = "", other] = /^\{\{ value_json\["(\w+)"\] \| default\("(\w*)"\) \}\}$/.exec(template) ?? [];
  if (other === undefined) throw new Error(`this template is not known here: ${template}`);
  if (json === undefined) return undefined;
  const values = JSON.parse(json) as Record<string, unknown>;
  return Object.hasOwn(values, key) ? String(values[key] ?? "None") : other;
}

/** Options that Home Assistant shows again; what it does not know it drops without a word. */
function optionFaults(component: Component, { attributes }: EntityState): string[] {
  const shown = { ...attributes, friendly_name: undefined };
  const same = [
    "device_class",
    "unit_of_measurement",
    "min",
    "max",
    "step",
    "mode",
    "options",
    "event_types",
    "icon",
    "state_class",
  ];
  return same
    .filter((option) => component[option] !== undefined)
    .filter((option) => JSON.stringify(Reflect.get(shown, option)) !== JSON.stringify(component[option]))
    .map(
      (option) =>
        `has ${option} ${JSON.stringify(Reflect.get(shown, option))}, not ${JSON.stringify(component[option])}`,
    );
}

function attributeFaults({ json_attributes_topic }: Component, { attributes }: EntityState, told: Told): string[] {
  const text = told(json_attributes_topic);
  if (text === undefined || text === "") return [];
  return Object.entries(JSON.parse(text) as Record<string, unknown>)
    .filter(([name, value]) => JSON.stringify(attributes[name]) !== JSON.stringify(value))
    .map(([name, value]) => `has attribute ${name} ${JSON.stringify(attributes[name])}, told ${JSON.stringify(value)}`);
}
