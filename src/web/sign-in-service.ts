// What the page needs to sign in to Ring; the app supplies it.

export type SignInStep =
  | { readonly kind: "signed-in" }
  /** `attempt` goes back with the code; `channel` is where Ring sent it. */
  | {
      readonly kind: "code-needed";
      readonly attempt: string;
      readonly channel: "sms" | "email" | "totp" | "unknown";
      readonly prompt: string;
    }
  /** `text` is a sentence for people; `retryAt` (Unix ms) is when Ring listens again. */
  | { readonly kind: "failed"; readonly code: string; readonly text: string; readonly retryAt?: number };

export interface SignInService {
  /** Asks Ring. An attempt before it that waits for its code is forgotten. */
  start(email: string, password: string): Promise<SignInStep>;
  confirm(attempt: string, code: string): Promise<SignInStep>;
  /** Forgets the token; cameras go quiet at once. */
  signOut(): Promise<void>;
}
