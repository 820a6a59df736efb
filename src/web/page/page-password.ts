// A new password for the page, for owners who have one here.
import { html, nothing, type TemplateResult } from "lit";
import { ApiError, call } from "./api.ts";
import { formError, passwordField, readForm, submitButton } from "./form-parts.ts";
import { LightElement } from "./light-element.ts";
import { failureWords } from "./words.ts";

export class PagePassword extends LightElement {
  static override properties = { error: { state: true }, isBusy: { state: true }, isDone: { state: true } };
  declare error: string | undefined;
  declare isBusy: boolean;
  declare isDone: boolean;

  constructor() {
    super();
    this.error = undefined;
    this.isBusy = false;
    this.isDone = false;
  }

  protected override render(): TemplateResult {
    return html`<details>
      <summary>Change the password of this page</summary>
      <form class="card narrow" @submit=${(event: SubmitEvent) => this.#send(event)}>
        ${passwordField({ id: "current", label: "Present password", autocomplete: "current-password" })}
        ${passwordField({
          id: "new-password",
          label: "New password",
          autocomplete: "new-password",
          minLength: 8,
          hint: "At least 8 characters. All other browsers are logged out.",
        })}
        ${formError(this.error)}
        ${submitButton("Change password", "Changing", this.isBusy)}
        <div role="status" class="form-done">${this.isDone ? html`<p>The password is changed.</p>` : nothing}</div>
      </form>
    </details>`;
  }

  async #send(event: SubmitEvent): Promise<void> {
    const { current = "", "new-password": password = "" } = readForm(event);
    if (this.isBusy) return;
    this.isBusy = true;
    this.isDone = false;
    this.error = undefined;
    try {
      await call("api/page/password", { current, password });
      this.isDone = true;
      this.querySelector("form")?.reset();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.error = failureWords(error, Date.now());
      void this.focusOn("#current");
    } finally {
      this.isBusy = false;
    }
  }
}

customElements.define("page-password", PagePassword);
