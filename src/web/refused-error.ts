// An answer that says no: HTTP status, stable code, one sentence for the person at the page.
import { PermanentError } from "../foundation/errors.ts";

export class RefusedError extends PermanentError {
  /** Read by fastify. */
  readonly statusCode: number;
  /** Unix ms before which trying again is useless. */
  readonly retryAt: number | undefined;

  constructor(code: string, message: string, statusCode: number, options: { retryAt?: number } = {}) {
    super(code, message);
    this.statusCode = statusCode;
    this.retryAt = options.retryAt;
  }
}
