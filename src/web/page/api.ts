// Talks to Belfry: relative addresses, the mark of our own page on every order, errors as things with words.

export class ApiError extends Error {
  readonly code: string;
  readonly text: string;
  readonly status: number;
  readonly retryAt: number | undefined;

  constructor(status: number, code: string, text: string, retryAt?: number) {
    super(text);
    this.status = status;
    this.code = code;
    this.text = text;
    this.retryAt = retryAt;
  }
}

/** A question is answered at once or never; an order may wait for Ring. */
const answerMs = 10_000;

/** POST where there is a body, or where an order has none (`null`); else GET. Rejects with ApiError. */
export async function call<T = void>(path: string, body?: object | null): Promise<T> {
  const isOrder = body !== undefined;
  const response = await fetch(path, {
    method: isOrder ? "POST" : "GET",
    headers: {
      accept: "application/json",
      ...(isOrder ? { "x-belfry-request": "1" } : {}),
      ...(body ? { "content-type": "application/json" } : {}),
    },
    credentials: "same-origin",
    ...(isOrder ? {} : { signal: AbortSignal.timeout(answerMs) }),
    ...(body ? { body: JSON.stringify(body) } : {}),
  }).catch(() => {
    throw new ApiError(0, "page.no-answer", "Belfry does not answer");
  });
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer as T;
  throw readError(response.status, answer);
}

function readError(status: number, answer: unknown): ApiError {
  const fields: Readonly<Record<string, unknown>> = typeof answer === "object" && answer !== null ? { ...answer } : {};
  const { code, text, retryAt } = fields as { code?: unknown; text?: unknown; retryAt?: unknown };
  if (typeof code !== "string" || typeof text !== "string") {
    return new ApiError(status, "page.no-answer", `something between this page and Belfry answered ${status}`);
  }
  return new ApiError(status, code, text, typeof retryAt === "number" ? retryAt : undefined);
}
