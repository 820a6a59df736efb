// What other rooms need of a broker: publish, subscribe, and know whether it is there.
import type { Subscribable } from "../foundation/emitter.ts";

export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Buffer;
  /** Stored by the broker before we subscribed, not sent just now; see SubscribeOptions. */
  readonly isRetained: boolean;
}

export interface PublishOptions {
  readonly retain?: boolean;
  /** 1 where not given. */
  readonly qos?: 0 | 1;
  /** Not retained, and sent again for a minute while nobody subscribes to it, where the broker tells that (MQTT 5). */
  readonly untilHeard?: boolean;
}

export interface SubscribeOptions {
  /** `isRetained` also for what is sent just now to be stored. Brokers tell that by MQTT 5 only. */
  readonly retainAsPublished?: boolean;
}

export interface OutgoingMessage extends PublishOptions {
  readonly topic: string;
  readonly payload: string | Buffer;
}

export interface MessageBroker {
  readonly isConnected: boolean;
  /** True at each (re)connect, false at each loss. Listeners of true run before anything kept from offline times is sent. */
  readonly connected: Subscribable<boolean>;
  /**
   * Sends in the order of the calls. While the broker is away the last retained message of each topic is kept and sent when
   * it is back; so are messages that are not retained, for a minute. One whose receipt the broker had not confirmed when the
   * connection broke is sent again, and may come twice.
   */
  publish(topic: string, payload: string | Buffer, options?: PublishOptions): void;
  /**
   * Also after a reconnect, until disposed. Filters of one connection must not overlap (equal ones may): the broker is free
   * to send a message once for each. Of equal filters the options of the first one count.
   */
  subscribe(filter: string, listener: (message: BrokerMessage) => void, options?: SubscribeOptions): Disposable;
}
