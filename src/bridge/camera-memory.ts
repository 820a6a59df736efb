// What is kept of one camera over restarts: the owner's choices made by MQTT, and counters. The app stores it.

export interface CameraMemory {
  /** The value as JSON gave it back; whoever reads it checks it. Undefined where there is none. */
  read(key: string): unknown;
  /** Durable when it returns; a failure is logged and the value lives on in memory. */
  write(key: string, value: unknown): void;
  /** On the disk within a minute, and at the end: for what changes all the time. */
  keep(key: string, value: unknown): void;
}
