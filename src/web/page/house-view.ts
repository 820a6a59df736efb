// The status below the account: what is wrong and what to do, the connections, the cameras.
import { html, nothing, type TemplateResult } from "lit";
import type { CameraStatus, Problem, StatusDocument } from "../house-status.ts";
import { sign, stateLine } from "./status-parts.ts";
import { ago, brokerWords, clockTime, engineWords, eventWords, pushWords, streamWords } from "./words.ts";

/** One sentence for all of it. */
export function summary({ problems, signIn, engine, cameras }: StatusDocument): TemplateResult {
  if (signIn.state === "signed-out" && problems.length === 1) {
    return html`${sign("quiet")} <span>One step is left: sign in to Ring.</span>`;
  }
  const worst = problems.some(({ severity }) => severity === "error") ? "bad" : "warning";
  if (problems.length > 0) {
    return html`${sign(worst)} <span>${problems.length === 1 ? "1 problem" : `${problems.length} problems`}</span>`;
  }
  if (signIn.state === "signing-in") return html`${sign("busy")} <span>Signing in to Ring</span>`;
  if (!engine) return html`${sign("busy")} <span>Live video starts</span>`;
  const count = cameras.length === 1 ? "1 camera" : `${cameras.length} cameras`;
  return html`${sign("good")} <span>Everything works. ${count}.</span>`;
}

/** The form for the sign-in speaks for itself. */
export function problemList({ problems }: StatusDocument): TemplateResult | typeof nothing {
  const others = problems.filter(({ id }) => id !== "sign-in");
  if (others.length === 0) return nothing;
  const item = ({ severity, text, remedy }: Problem): TemplateResult => html`<li class="problem ${severity}">
    ${sign(severity === "error" ? "bad" : "warning")}
    <div><strong>${text}</strong><p>${remedy}</p></div>
  </li>`;
  return html`<ul class="problems" aria-label="Problems">${others.map(item)}</ul>`;
}

export function connections(status: StatusDocument, now: number): TemplateResult {
  const rows = [
    ["Events", pushWords(status, now)],
    ["MQTT broker", brokerWords(status.broker)],
    ["Live video", engineWords(status.engine)],
  ] as const;
  return html`<section class="card" aria-labelledby="connections-heading">
    <h2 id="connections-heading">Connections</h2>
    <dl class="rows">
      ${rows.map(([name, words]) => html`<div><dt>${name}</dt><dd>${stateLine(words)}</dd></div>`)}
    </dl>
  </section>`;
}

export function cameraList({ cameras, signIn }: StatusDocument, now: number): TemplateResult {
  const isAsked = signIn.state === "signed-in";
  const none = isAsked ? "This Ring account has no cameras that Belfry may see." : "Cameras appear after the sign-in.";
  return html`<section class="card" aria-labelledby="cameras-heading">
    <h2 id="cameras-heading">Cameras</h2>
    ${
      cameras.length === 0
        ? html`<p class="hint">${none}</p>`
        : html`${isAsked ? nothing : html`<p class="hint">As Belfry last knew them.</p>`}
          <ul class="cameras">${cameras.map((camera) => cameraItem(camera, now))}</ul>`
    }
  </section>`;
}

function cameraItem(camera: CameraStatus, now: number): TemplateResult {
  const { name, model, battery, isBatteryLow, lastEvent } = camera;
  const event = eventWords(camera);
  return html`<li>
    <div class="camera-name"><h3>${name}</h3><span class="detail">${model}${batteryText(battery, isBatteryLow)}</span></div>
    <div class="camera-event">
      ${
        lastEvent && event
          ? html`${event}, <time datetime=${new Date(lastEvent.at).toISOString()} title=${clockTime(lastEvent.at, now)}>${ago(lastEvent.at, now)}</time>`
          : html`<span class="hint">No event yet</span>`
      }
    </div>
    <div class="camera-stream">${stateLine(streamWords(camera))}</div>
  </li>`;
}

function batteryText(battery: number | undefined, isLow: boolean): string {
  return battery === undefined ? "" : `, battery ${battery}\u00a0%${isLow ? " (low)" : ""}`;
}
