// JSON whose integers beyond 2^53 stay what they are, as text: Ring's event ids have 19 digits.

/** The parsed value, or undefined where the text is no JSON. */
export function parseLossless(text: string): unknown {
  try {
    return JSON.parse(text, keepBigIntegers);
  } catch {
    return undefined;
  }
}

function keepBigIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  const isLossy = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLossy && context?.source ? context.source : value;
}
