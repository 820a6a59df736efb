// What the Supervisor makes of an option that its owner saves, by the word for its type in config.yaml.

const words = /^(?:(bool|str|password)|int\((-?\d+),(-?\d+)\)|list\((.+)\)|match\((.+)\))\??$/;

/** What it keeps; undefined where it refuses. */
export function keptBySupervisor(type: unknown, value: string | number | boolean): unknown {
  const [match, plain, min, max, list, pattern] = words.exec(String(type)) ?? [];
  if (match === undefined) throw new Error(`${String(type)} is a type that this test does not know`);
  const isTaken =
    plain === "bool"
      ? typeof value === "boolean"
      : plain
        ? typeof value === "string"
        : min
          ? Number.isInteger(value) && Number(value) >= Number(min) && Number(value) <= Number(max)
          : (list?.split("|").includes(String(value)) ?? new RegExp(pattern ?? "").test(String(value)));
  if (!isTaken) return undefined;
  return list || pattern ? String(value) : value;
}
