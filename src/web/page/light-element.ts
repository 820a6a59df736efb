// A lit element that renders into the page itself: one style sheet, labels and ids that reach each other.
import { LitElement } from "lit";

export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Puts the keyboard where the person goes on, when what it names has been drawn. */
  protected async focusOn(selector: string): Promise<void> {
    await this.updateComplete;
    const target = this.querySelector(selector);
    if (!(target instanceof HTMLElement)) return;
    target.focus();
    // The next thing typed replaces what was wrong.
    if (target instanceof HTMLInputElement) target.select();
  }
}
