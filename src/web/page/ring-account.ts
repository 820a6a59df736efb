// The Ring account: who signs in does it here, in one or two steps; who is signed in can sign out.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { SignInStatus } from "../house-status.ts";
import type { SignInStep } from "../sign-in-service.ts";
import { ApiError, call } from "./api.ts";
import { formError, passwordField, readForm, submitButton, textField } from "./form-parts.ts";
import { LightElement } from "./light-element.ts";
import { stateLine } from "./status-parts.ts";
import { failureWords, signInWords } from "./words.ts";

type CodeStep = Extract<SignInStep, { kind: "code-needed" }>;

export class RingAccount extends LightElement {
  static override properties = {
    signIn: {},
    wantsForm: { state: true },
    codeStep: { state: true },
    error: { state: true },
    isBusy: { state: true },
  };
  declare signIn: SignInStatus | undefined;
  /** Somebody wants to sign in although nobody must. */
  declare wantsForm: boolean;
  declare codeStep: CodeStep | undefined;
  declare error: string | undefined;
  declare isBusy: boolean;
  #email = "";

  constructor() {
    super();
    this.wantsForm = false;
    this.isBusy = false;
    this.codeStep = undefined;
    this.error = undefined;
    this.signIn = undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("signIn")) return;
    // Signed in elsewhere, in another browser or a terminal: a form here would confuse.
    const wasNeeded = changed.get("signIn")?.state;
    if (this.signIn?.state === "signed-in" && (wasNeeded === "signed-out" || wasNeeded === "refused")) this.#close();
  }

  protected override render(): TemplateResult {
    const isNeeded = this.signIn?.state === "signed-out" || this.signIn?.state === "refused";
    return html`<section class="card" aria-labelledby="ring-heading">
      <h2 id="ring-heading" tabindex="-1">${isNeeded || this.wantsForm ? "Sign in to Ring" : "Ring account"}</h2>
      ${this.codeStep ? this.#codeForm(this.codeStep) : isNeeded || this.wantsForm ? this.#loginForm(isNeeded) : this.#account()}
    </section>`;
  }

  #account(): TemplateResult {
    return html`
      <div class="account">
        ${this.signIn ? stateLine(signInWords(this.signIn)) : nothing}
        <div class="buttons">
          <button type="button" @click=${() => this.#openForm()}>Sign in again</button>
          <button type="button" @click=${() => this.#dialog?.showModal()}>Sign out</button>
        </div>
      </div>
      <dialog aria-labelledby="sign-out-heading">
        <h3 id="sign-out-heading">Sign out of Ring?</h3>
        <p>Events, commands and live video stop until somebody signs in again. Entities in Home Assistant stay.</p>
        <p class="hint">To end it on Ring's side as well, remove “Belfry” in the Ring app under Control Center, Authorized
          Client Devices.</p>
        <div class="buttons">
          <button type="button" class="danger" @click=${() => this.#signOut()}>Sign out</button>
          <button type="button" @click=${() => this.#dialog?.close()}>Stay signed in</button>
        </div>
      </dialog>
      ${formError(this.error)}
    `;
  }

  #loginForm(isNeeded: boolean): TemplateResult {
    return html`<form @submit=${(event: SubmitEvent) => this.#start(event)}>
      ${this.#reason(isNeeded)}
      ${textField({ id: "ring-email", label: "E-mail address", type: "email", autocomplete: "username", value: this.#email })}
      ${passwordField({
        id: "ring-password",
        label: "Password",
        autocomplete: "current-password",
        hint: "It goes to Ring and is not stored.",
      })}
      ${formError(this.error)}
      <div class="buttons">
        ${submitButton("Sign in", "Asking Ring", this.isBusy)}
        ${isNeeded ? nothing : html`<button type="button" @click=${() => this.#cancel()}>Cancel</button>`}
      </div>
    </form>`;
  }

  #reason(isNeeded: boolean): TemplateResult | typeof nothing {
    if (!isNeeded) return nothing;
    const isRefused = this.signIn?.state === "refused";
    return isRefused
      ? html`<p>Ring no longer accepts the sign-in that Belfry has. Sign in again; cameras, entities and settings stay.</p>`
      : html`<p>Use the account that has the cameras, or a shared user of it.</p>`;
  }

  #codeForm({ prompt, channel }: CodeStep): TemplateResult {
    const isApp = channel === "totp";
    const hint = isApp
      ? "It changes every 30 seconds."
      : "It may take a minute. If none comes, start over once; Ring sends only a few codes in a row.";
    return html`<form @submit=${(event: SubmitEvent) => this.#confirm(event)}>
      <p>${prompt}.</p>
      ${textField({ id: "ring-code", label: "Code", autocomplete: "one-time-code", inputMode: "numeric", hint })}
      ${formError(this.error)}
      <div class="buttons">
        ${submitButton("Confirm", "Asking Ring", this.isBusy)}
        <button type="button" @click=${() => this.#startOver()}>Start over</button>
      </div>
    </form>`;
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  #openForm(): void {
    this.wantsForm = true;
    this.error = undefined;
    void this.focusOn("#ring-email");
  }

  #startOver(): void {
    this.codeStep = undefined;
    this.error = undefined;
    void this.focusOn("#ring-password");
  }

  #cancel(): void {
    this.#close();
    void this.focusOn("h2");
  }

  #close(): void {
    this.wantsForm = false;
    this.codeStep = undefined;
    this.error = undefined;
  }

  async #start(event: SubmitEvent): Promise<void> {
    const { "ring-email": email = "", "ring-password": password = "" } = readForm(event);
    this.#email = email;
    const step = await this.#ask("api/ring/sign-in", { email, password });
    if (step?.kind === "code-needed") {
      this.codeStep = step;
      void this.focusOn("#ring-code");
    } else if (step?.kind === "failed") void this.focusOn("#ring-password");
  }

  async #confirm(event: SubmitEvent): Promise<void> {
    const { "ring-code": code = "" } = readForm(event);
    const step = await this.#ask("api/ring/code", { attempt: this.codeStep?.attempt ?? "", code });
    if (step?.kind !== "failed") return;
    const isOver = step.code !== "sign-in.wrong-code";
    if (isOver) this.codeStep = undefined;
    void this.focusOn(isOver ? "#ring-password" : "#ring-code");
  }

  async #ask(path: string, body: object): Promise<SignInStep | undefined> {
    if (this.isBusy) return undefined;
    this.isBusy = true;
    this.error = undefined;
    try {
      const step = await call<SignInStep>(path, body);
      if (step.kind === "failed") this.error = failureWords(step, Date.now());
      else if (step.kind === "signed-in") this.#done();
      return step;
    } catch (error) {
      this.#failed(error);
      return undefined;
    } finally {
      this.isBusy = false;
    }
  }

  async #signOut(): Promise<void> {
    this.#dialog?.close();
    this.error = undefined;
    try {
      await call("api/ring/sign-out", null);
      void this.focusOn("h2");
    } catch (error) {
      this.#failed(error);
    }
  }

  #done(): void {
    this.#close();
    // Until Belfry's next word about it.
    this.signIn = { state: "signing-in" };
    void this.focusOn("h2");
  }

  #failed(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === "web.locked") this.dispatchEvent(new Event("page-locked", { bubbles: true }));
    this.error = failureWords(error, Date.now());
  }
}

customElements.define("ring-account", RingAccount);
