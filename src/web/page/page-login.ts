// The login of the page itself, where Home Assistant does not guard it: the first password, then asking for it.
import { html, type TemplateResult } from "lit";
import type { SessionDocument } from "../house-status.ts";
import { ApiError, call } from "./api.ts";
import { formError, passwordField, readForm, submitButton, textField } from "./form-parts.ts";
import { LightElement } from "./light-element.ts";
import { failureWords } from "./words.ts";

export class PageLogin extends LightElement {
  static override properties = { page: {}, error: { state: true }, isBusy: { state: true } };
  declare page: SessionDocument["page"];
  declare error: string | undefined;
  declare isBusy: boolean;

  constructor() {
    super();
    this.page = "locked";
    this.error = undefined;
    this.isBusy = false;
  }

  protected override firstUpdated(): void {
    void this.focusOn("input");
  }

  protected override render(): TemplateResult {
    return this.page === "new" ? this.#setUp() : this.#logIn();
  }

  #setUp(): TemplateResult {
    const hint = "Eight letters and digits in the log of this start of Belfry, such as ABCD-EFGH.";
    return html`<form class="card narrow" @submit=${(event: SubmitEvent) => this.#send("api/page/set-up", event)}>
      <h2>Welcome</h2>
      <p>Choose a password for this page. The set-up code shows that this Belfry is yours.</p>
      ${textField({ id: "code", label: "Set-up code", autocomplete: "off", hint })}
      ${passwordField({ id: "password", label: "New password", autocomplete: "new-password", minLength: 8, hint: "At least 8 characters." })}
      ${formError(this.error)}
      ${submitButton("Set password", "Setting", this.isBusy)}
    </form>`;
  }

  #logIn(): TemplateResult {
    return html`<form class="card narrow" @submit=${(event: SubmitEvent) => this.#send("api/page/log-in", event)}>
      <h2>Log in</h2>
      <p>This is the password of this page, not the one of your Ring account.</p>
      ${passwordField({ id: "password", label: "Password", autocomplete: "current-password" })}
      ${formError(this.error)}
      ${submitButton("Log in", "Logging in", this.isBusy)}
    </form>`;
  }

  async #send(path: string, event: SubmitEvent): Promise<void> {
    const fields = readForm(event);
    if (this.isBusy) return;
    this.isBusy = true;
    this.error = undefined;
    try {
      await call(path, fields);
      this.dispatchEvent(new Event("page-opened"));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.error = failureWords(error, Date.now());
      void this.focusOn(this.page === "new" && error.code === "web.set-up-code" ? "#code" : "#password");
    } finally {
      this.isBusy = false;
    }
  }
}

customElements.define("page-login", PageLogin);
