// Reading and changing loosely typed JSON: device records are data of Ring's shape, not of ours.

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at a dotted path, or undefined where the path ends early. */
export function valueAt(value: unknown, path: string): unknown {
  let here = value;
  for (const key of path.split(".")) {
    if (!isObject(here)) return undefined;
    here = here[key];
  }
  return here;
}

export function objectAt(value: unknown, path: string): JsonObject {
  const found = valueAt(value, path);
  return isObject(found) ? found : {};
}

/** Sets the value at a dotted path; objects on the way are made where they are missing. */
export function setAt(target: JsonObject, path: string, value: unknown): void {
  const keys = path.split(".");
  if (keys.includes("__proto__")) return;
  const last = keys.pop() ?? path;
  let here = target;
  for (const key of keys) {
    const next = here[key];
    const child = isObject(next) ? next : {};
    if (child !== next) here[key] = child;
    here = child;
  }
  here[last] = value;
}

/** Deep partial change: objects are merged, everything else (arrays too) is replaced. */
export function mergeInto(target: JsonObject, patch: JsonObject): void {
  for (const [key, value] of Object.entries(patch)) {
    if (key === "__proto__") continue;
    const present = target[key];
    if (isObject(value) && isObject(present)) mergeInto(present, value);
    else target[key] = isObject(value) ? structuredClone(value) : value;
  }
}

/** The object that a request body holds, or undefined when it is not JSON or not an object. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
