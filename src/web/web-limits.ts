// How much one visitor may ask of the page.

interface Rate {
  readonly max: number;
  /** In ms; the name is the rate limiter's. */
  readonly timeWindow: number;
}

export interface WebLimits {
  /** Everything together. */
  readonly all: Rate;
  /** Tries to open the page: password or set-up code. */
  readonly lock: Rate;
  /** E-mail and password, or codes, that are passed on to Ring, which blocks those who ask too often. */
  readonly signIn: Rate;
  readonly bodyBytes: number;
  readonly eventStreams: number;
}

export const usualLimits: WebLimits = {
  all: { max: 300, timeWindow: 60_000 },
  lock: { max: 10, timeWindow: 300_000 },
  signIn: { max: 10, timeWindow: 300_000 },
  bodyBytes: 8_192,
  eventStreams: 32,
};
