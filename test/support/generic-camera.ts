// A generic camera of Home Assistant: made by its own config flow, as its owner makes one, and played by its stream component.
import type { HomeAssistantClient } from "./home-assistant-client.ts";
import { until } from "./until.ts";

type Fields = Readonly<Record<string, unknown>>;

/** As Home Assistant describes it; a section holds fields of its own. */
interface FormField {
  readonly name: string;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly description?: { readonly suggested_value?: unknown };
  readonly schema?: readonly FormField[];
}

interface FlowStep {
  readonly type: string;
  readonly flow_id: string;
  readonly step_id?: string;
  readonly data_schema?: readonly FormField[];
  readonly errors?: Fields | null;
  readonly result?: { readonly entry_id: string };
}

const flows = "config/config_entries/flow";

export class GenericCamera implements AsyncDisposable {
  readonly entityId: string;
  readonly #assistant: HomeAssistantClient;
  readonly #entryId: string;
  #isRemoved = false;

  private constructor(assistant: HomeAssistantClient, entryId: string, entityId: string) {
    this.#assistant = assistant;
    this.#entryId = entryId;
    this.entityId = entityId;
  }

  /** Rejects with what Home Assistant says where it does not take the addresses: it opens both. */
  static async create(
    assistant: HomeAssistantClient,
    addresses: { readonly stream_source: string; readonly still_image_url: string },
  ): Promise<GenericCamera> {
    const post = async (path: string, body: Fields): Promise<FlowStep> =>
      (await assistant.rest("POST", path, body)) as FlowStep;
    let step = await post(flows, { handler: "generic" });
    for (const values of [addresses, { confirmed_ok: true }])
      step = await post(`${flows}/${step.flow_id}`, filledIn(step, values));
    const entryId = step.result?.entry_id;
    if (step.type !== "create_entry" || !entryId) throw new Error(`the set-up ended with ${JSON.stringify(step)}`);
    const entity = await until("the entity of the generic camera", async () =>
      (await assistant.entities()).find((entry) => entry.config_entry_id === entryId),
    );
    await assistant.waitFor("generic camera", entity.entity_id, (state) => state !== undefined);
    return new GenericCamera(assistant, entryId, entity.entity_id);
  }

  /** Where its stream component serves HLS from now on, as the frontend asks for it. */
  async playlistUrl(): Promise<string> {
    const { url } = (await this.#assistant.ask({ type: "camera/stream", entity_id: this.entityId })) as { url: string };
    return new URL(url, this.#assistant.url).href;
  }

  async remove(): Promise<void> {
    this.#isRemoved = true;
    await this.#assistant.rest("DELETE", `config/config_entries/entry/${this.#entryId}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isRemoved) await this.remove();
  }
}

/** What the form asks for: our values, and its own suggestions for the rest. */
function filledIn({ type, step_id, errors, data_schema = [] }: FlowStep, values: Fields): Fields {
  const complaints = JSON.stringify(errors ?? {});
  if (type !== "form" || complaints !== "{}") throw new Error(`step ${step_id} (${type}) says ${complaints}`);
  const unknown = Object.keys(values).filter((name) => !data_schema.some((field) => field.name === name));
  if (unknown.length > 0) throw new Error(`step ${step_id} does not ask for ${unknown.join(", ")}`);
  return fieldsOf(data_schema, values);
}

function fieldsOf(schema: readonly FormField[], values: Fields): Fields {
  const filled = schema.map((field) => {
    if (field.schema) return [field.name, fieldsOf(field.schema, {})] as const;
    const value = values[field.name] ?? field.description?.suggested_value ?? field.default;
    if (value === undefined && field.required) throw new Error(`the form suggests nothing for ${field.name}`);
    return [field.name, value] as const;
  });
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
}
