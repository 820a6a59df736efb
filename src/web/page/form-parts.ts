// The parts that all forms share: labelled fields, a password that can be looked at, the error, the button that waits.
import { html, nothing, type TemplateResult } from "lit";

export interface Field {
  readonly id: string;
  readonly label: string;
  readonly type?: "email" | "text";
  readonly autocomplete: string;
  readonly hint?: string;
  readonly value?: string;
  readonly inputMode?: "numeric" | "email" | "text";
  readonly minLength?: number;
}

export function textField({ id, label, type = "text", autocomplete, hint, value, inputMode }: Field): TemplateResult {
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <input id=${id} name=${id} type=${type} autocomplete=${autocomplete} .value=${value ?? ""} required
        inputmode=${inputMode ?? type} autocapitalize="off" spellcheck="false"
        aria-describedby=${hint ? `${id}-hint` : nothing} />
      ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : nothing}
    </div>
  `;
}

export function passwordField({ id, label, autocomplete, hint, minLength }: Field): TemplateResult {
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <div class="with-button">
        <input id=${id} name=${id} type="password" autocomplete=${autocomplete} required minlength=${minLength ?? nothing}
          aria-describedby=${hint ? `${id}-hint` : nothing} />
        <button type="button" class="plain" aria-pressed="false" aria-controls=${id} @click=${toggleShown}
          aria-label="Show ${label.toLowerCase()}">Show</button>
      </div>
      ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : nothing}
    </div>
  `;
}

/** Always there, so that screen readers hear it when it fills. */
export function formError(text: string | undefined): TemplateResult {
  return html`<div role="alert" class="form-error">${text ? html`<p>${text}</p>` : nothing}</div>`;
}

/** Stays in reach of the keyboard while it waits. */
export function submitButton(text: string, busyText: string, isBusy: boolean): TemplateResult {
  return html`<button type="submit" class="primary" aria-disabled=${isBusy ? "true" : "false"}>
    ${isBusy ? html`<span class="spinner" aria-hidden="true"></span>${busyText}` : text}
  </button>`;
}

/** What stands in the fields of a form that is being sent. */
export function readForm(event: SubmitEvent): Readonly<Record<string, string>> {
  event.preventDefault();
  const form = event.currentTarget;
  if (!(form instanceof HTMLFormElement)) return {};
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
}

function toggleShown({ currentTarget: button }: Event): void {
  if (!(button instanceof HTMLButtonElement)) return;
  const input = document.getElementById(button.getAttribute("aria-controls") ?? "");
  if (!(input instanceof HTMLInputElement)) return;
  const isShown = input.type === "password";
  input.type = isShown ? "text" : "password";
  button.setAttribute("aria-pressed", String(isShown));
  button.textContent = isShown ? "Hide" : "Show";
}
