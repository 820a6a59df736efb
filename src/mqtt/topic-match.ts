// MQTT topic names and filters: which are valid, and which filter matches which topic. Pure.

const longestTopicBytes = 65_535;

/** A filter with `+` and `#` against a topic; topics that start with `$` are matched by no leading wildcard. */
export function matchesTopic(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const given = topic.split("/");
  if (topic.startsWith("$") && (wanted[0] === "+" || wanted[0] === "#")) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= given.length) return false;
    if (level !== "+" && level !== given[index]) return false;
  }
  return wanted.length === given.length;
}

/** What is wrong with a topic that shall be published to, or undefined. */
export function topicProblem(topic: string): string | undefined {
  if (/[+#]/.test(topic)) return "it has a wildcard (+ or #)";
  return commonProblem(topic);
}

/** What is wrong with a subscription filter, or undefined. */
export function filterProblem(filter: string): string | undefined {
  const levels = filter.split("/");
  if (levels.some((level) => level.length > 1 && /[+#]/.test(level))) return "a wildcard does not fill its level";
  if (levels.slice(0, -1).includes("#")) return "# is not its last level";
  return commonProblem(filter);
}

function commonProblem(text: string): string | undefined {
  if (text === "") return "it is empty";
  if (Buffer.byteLength(text) > longestTopicBytes) return `it is longer than ${longestTopicBytes} bytes`;
  if (!text.isWellFormed()) return "it is not valid Unicode";
  return hasControlCharacter(text) ? "it has a control character" : undefined;
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
  });
}
