// Bounds of the RTSP server: what a client may take of us, and how long we wait for it.

export interface RtspLimits {
  readonly connections: number;
  /** Of one address that is not our own machine. */
  readonly connectionsPerAddress: number;
  readonly sessionsPerConnection: number;
  /** A client that asks on while it leaves more than this unread is cut. One that joins has less: a kept group, a picture, the backlog borne. */
  readonly unreadBytes: number;
  /** Also the session timeout that is announced. A connection without a request for so long, on which nothing plays, is closed. */
  readonly idleMs: number;
  /** How long a session that was set up may wait for PLAY: it holds the stream meanwhile, and with it the camera. */
  readonly unplayedMs: number;
  /** How long a session may be paused, for the same reason. */
  readonly pausedMs: number;
  /** From the first to the last byte of a message. */
  readonly messageMs: number;
  /** How long the last bytes may take to leave before the session, or the connection, is cut. */
  readonly flushMs: number;
  readonly failedLoginDelayMs: number;
  readonly failedLogins: number;
  /** Failed logins of one household; beyond it the delay is five times as long, and one more closes the connection. */
  readonly failedLoginRate: ConnectionRate;
  /** New connections of one household, as `networkOf` knows it. */
  readonly rate: ConnectionRate;
  readonly loopbackRate: ConnectionRate;
}

export interface ConnectionRate {
  readonly perSecond: number;
  readonly burst: number;
}

export const usualRtspLimits: RtspLimits = {
  connections: 128,
  connectionsPerAddress: 32,
  sessionsPerConnection: 8,
  unreadBytes: 16 * 1_024 * 1_024,
  idleMs: 60_000,
  unplayedMs: 30_000,
  pausedMs: 120_000,
  messageMs: 10_000,
  flushMs: 2_000,
  failedLoginDelayMs: 1_000,
  failedLogins: 3,
  failedLoginRate: { perSecond: 0.1, burst: 12 },
  rate: { perSecond: 10, burst: 40 },
  loopbackRate: { perSecond: 200, burst: 400 },
};
