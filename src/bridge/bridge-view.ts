// What the rows of the bridge device read.

export type SignInState = "signed-out" | "signing-in" | "signed-in" | "refused" | "unreachable";

export interface BridgeView {
  readonly version: string;
  readonly signIn: { readonly state: SignInState; readonly reason?: string | undefined };
  readonly cameraCount: number;
  /** Unix ms. */
  readonly lastPushAt: number | undefined;
}
