// What the Ring room asks of whoever keeps the token.

export interface StoredToken {
  /** Ring's refresh token: raw, or wrapped with hardware id and push credentials. */
  readonly refreshToken: string;
}

export interface TokenStore {
  /** Random, made once per installation; the hardware id that Ring sees is made from it. */
  readonly systemId: string;
  load(): StoredToken | undefined;
  /** The token is on disk when this returns: the next thing that happens is that Ring forgets the one before. */
  save(token: string): void;
}
