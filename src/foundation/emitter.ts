// A list of listeners for one kind of thing that happens.

export type Listener<T> = (value: T) => void;

/** The side that others see. */
export interface Subscribable<T> {
  /** Dispose the result to stop listening. */
  subscribe(listener: Listener<T>): Disposable;
}

export class Emitter<T> implements Subscribable<T> {
  readonly #listeners = new Set<Listener<T>>();
  readonly #onListenerError: (error: unknown) => void;

  /** `onListenerError` hears of listeners that throw; the other listeners are served all the same. */
  constructor(onListenerError: (error: unknown) => void = rethrowLater) {
    this.#onListenerError = onListenerError;
  }

  subscribe(listener: Listener<T>): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  emit(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }
}

function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
