// A file that may still be on its way here, as those who read it see it.

export interface ServedFile {
  readonly size: Promise<number>;
  /** Bytes from `offset` on, as soon as some have come; none at the end. Rejects where they will never come. */
  read(offset: number, mostBytes: number, signal: AbortSignal): Promise<Buffer>;
}

/** Exactly these bytes; fewer only at the end of the file. */
export async function readFully(file: ServedFile, offset: number, bytes: number, signal: AbortSignal): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let got = 0; got < bytes; ) {
    const piece = await file.read(offset + got, bytes - got, signal);
    if (piece.length === 0) break;
    pieces.push(piece);
    got += piece.length;
  }
  return Buffer.concat(pieces);
}
