// How states look: a sign with its own shape and colour, always with words beside it.
import { html, nothing, svg, type TemplateResult } from "lit";
import type { StateWords, Tone } from "./words.ts";

const shapes: Readonly<Record<Tone, TemplateResult>> = {
  good: svg`<circle cx="10" cy="10" r="9" class="fill" /><path d="M5.8 10.3l2.8 2.8 5.6-6" class="mark" />`,
  busy: svg`<circle cx="10" cy="10" r="8" class="ring" /><path d="M10 2a8 8 0 0 1 8 8" class="arc" />`,
  warning: svg`<path d="M10 1.8 19.2 18H.8z" class="fill" /><path d="M10 7.6v4.6M10 14.7v.1" class="mark" />`,
  bad: svg`<path d="M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3z" class="fill" /><path d="M10 5.4v5.8M10 14.3v.1" class="mark" />`,
  quiet: svg`<circle cx="10" cy="10" r="5" class="ring" />`,
};

export function sign(tone: Tone): TemplateResult {
  return html`<svg class="sign ${tone}" viewBox="0 0 20 20" aria-hidden="true">${shapes[tone]}</svg>`;
}

export function stateLine({ tone, text, detail }: StateWords): TemplateResult {
  return html`<div class="state">
    ${sign(tone)}
    <span class="state-text">${text}${detail ? html`<span class="detail">${detail}</span>` : nothing}</span>
  </div>`;
}
