// Whether the value of a discovery option looks as Home Assistant wants it.
import { filterProblem, topicProblem } from "../mqtt/topic-match.ts";
import type { Kind } from "./discovery-tables.ts";

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Problems of those options that are there. */
export function optionProblems(
  where: string,
  options: Record<string, unknown>,
  kinds: Readonly<Record<string, Kind>>,
): string[] {
  const problems: string[] = [];
  for (const [key, kind] of Object.entries(kinds)) {
    const value = options[key];
    const problem = value === undefined ? undefined : valueProblem(kind, value);
    if (problem) problems.push(`${where ? `${where}.` : ""}${key} ${JSON.stringify(value)} ${problem}`);
  }
  return problems;
}

type Rule = readonly [isRight: (value: unknown) => boolean, problem: string];

const isText = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;

const rules: Readonly<Record<Exclude<Kind, "publishTopic" | "subscribeTopic">, Rule>> = {
  boolean: [(value) => typeof value === "boolean", "is not true or false"],
  count: [isCount, "is not a whole number from 0"],
  icon: [(value) => isText(value) && /^[^:\s]+:\S+$/.test(value), 'is not "prefix:name"'],
  nullableText: [(value) => value === null || isText(value), "is neither a text nor null"],
  number: [(value) => Number.isFinite(value), "is not a number"],
  qos: [(value) => isCount(value) && Number(value) <= 2, "is not 0, 1 or 2"],
  text: [isText, "is not a text"],
  texts: [(value) => Array.isArray(value) && value.every(isText), "is not a list of texts"],
  url: [isUrl, "is not an http, https or homeassistant URL"],
};

/** What is wrong with the value, as the end of a sentence. */
function valueProblem(kind: Kind, value: unknown): string | undefined {
  if (kind === "publishTopic" || kind === "subscribeTopic") {
    if (!isText(value)) return "is not a text";
    const problem = kind === "publishTopic" ? topicProblem(value) : filterProblem(value);
    return problem && `is not a usable topic: ${problem}`;
  }
  const [isRight, problem] = rules[kind];
  return isRight(value) ? undefined : problem;
}

function isUrl(value: unknown): boolean {
  return isText(value) && URL.canParse(value) && /^(https?|homeassistant):\/\/[^/]/.test(value);
}
