// The page as a whole: asks what this visitor may do, then shows the login or the house, and keeps it current.
import { html, nothing, type TemplateResult } from "lit";
import type { SessionDocument, StatusDocument } from "../house-status.ts";
import { ApiError, call } from "./api.ts";
import { cameraList, connections, problemList, summary } from "./house-view.ts";
import { LightElement } from "./light-element.ts";
import "./page-login.ts";
import "./page-password.ts";
import "./ring-account.ts";
import bell from "./bell.svg";
import { StatusLink } from "./status-link.ts";
import { clockTime } from "./words.ts";

const lookAgainMs = 3_000;
/** "3 min ago" grows old too. */
const retellMs = 20_000;

export class BelfryPage extends LightElement {
  static override properties = {
    session: { state: true },
    status: { state: true },
    isLost: { state: true },
  };
  declare session: SessionDocument | undefined;
  declare status: StatusDocument | undefined;
  declare isLost: boolean;
  readonly #link = new StatusLink({
    onStatus: (status) => {
      this.status = status;
      this.isLost = false;
    },
    onLost: () => {
      this.isLost = true;
      void this.#lookAgain();
    },
  });
  #again: number | undefined;
  #retelling: number | undefined;

  constructor() {
    super();
    this.session = undefined;
    this.status = undefined;
    this.isLost = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#look();
    this.#retelling = window.setInterval(() => this.requestUpdate(), retellMs);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#link.close();
    window.clearTimeout(this.#again);
    window.clearInterval(this.#retelling);
  }

  protected override render(): TemplateResult {
    const { session } = this;
    const hasOwnLogin = session?.mode === "standalone" && session.page === "open";
    return html`
      <header>
        <img src=${bell} alt="" width="36" height="36" />
        <h1>Belfry</h1>
        ${hasOwnLogin ? html`<button type="button" class="plain log-out" @click=${() => this.#logOut()}>Log out</button>` : nothing}
      </header>
      <main>
        <div role="status" class="lost">
          ${this.isLost ? html`<p>${lostWords(this.status)}</p>` : nothing}
        </div>
        ${this.#content()}
      </main>
      <footer>
        ${hasOwnLogin ? html`<page-password></page-password>` : nothing}
        ${session ? html`<p>Belfry ${session.version}</p>` : nothing}
      </footer>
    `;
  }

  #content(): TemplateResult | typeof nothing {
    const { session, status } = this;
    if (!session) return nothing;
    if (session.page !== "open") {
      return html`<page-login .page=${session.page} @page-opened=${() => this.#look()}></page-login>`;
    }
    if (!status) return html`<p class="hint">Asking Belfry how things are.</p>`;
    const now = status.at;
    return html`
      ${this.isLost ? nothing : html`<p class="summary" role="status">${summary(status)}</p>${problemList(status)}`}
      <ring-account .signIn=${status.signIn} @page-locked=${() => this.#look()}></ring-account>
      ${connections(status, now)} ${cameraList(status, now)}
    `;
  }

  async #look(): Promise<void> {
    window.clearTimeout(this.#again);
    try {
      this.session = await call<SessionDocument>("api/session");
      this.isLost = false;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.isLost = true;
      this.#again = window.setTimeout(() => void this.#look(), lookAgainMs);
      return;
    }
    if (this.session.page === "open") this.#link.open();
    else this.#link.close();
  }

  /** Events broke: because Belfry is away, or because this visitor may no longer have them. */
  async #lookAgain(): Promise<void> {
    this.#link.close();
    window.clearTimeout(this.#again);
    this.#again = window.setTimeout(() => void this.#look(), lookAgainMs);
  }

  async #logOut(): Promise<void> {
    try {
      await call("api/page/log-out", null);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.isLost = true;
    }
    this.status = undefined;
    await this.#look();
  }
}

function lostWords(status: StatusDocument | undefined): string {
  const words = "The connection to Belfry is lost. Trying again.";
  return status ? `${words} What stands below is from ${clockTime(status.at, Date.now())}.` : words;
}

customElements.define("belfry-page", BelfryPage);
