// From the status to what is wrong and what the owner can do about it.
import type { BrokerStatus, CameraStatus, EngineStatus, HouseStatus, Problem, PushStatus } from "./house-status.ts";

/** Connections that are being made are no trouble yet. */
const patienceMs = 30_000;

export function problemsOf(status: HouseStatus): Problem[] {
  const { at, signIn, push, broker, engine, cameras } = status;
  const isSignedIn = signIn.state === "signed-in";
  return [
    ...signInProblems(status),
    ...brokerProblems(broker, at),
    ...(isSignedIn ? pushProblems(push, at) : []),
    ...(engine ? engineProblems(engine) : []),
    ...(isSignedIn ? cameras.flatMap(cameraProblems) : []),
  ];
}

function signInProblems({ signIn }: HouseStatus): Problem[] {
  if (signIn.state === "signed-out") {
    return [error("sign-in", "Belfry is not signed in to Ring.", "Sign in with your Ring account on this page.")];
  }
  if (signIn.state === "refused") {
    const remedy = "Sign in again on this page. Cameras, entities and settings stay as they are.";
    return [error("sign-in", "Ring no longer accepts Belfry's sign-in.", remedy)];
  }
  if (signIn.state !== "unreachable") return [];
  const remedy = "Belfry keeps trying. If it stays, check the internet connection of this machine and status.ring.com.";
  return [warning("ring", `Ring does not answer: ${sentence(signIn.reason ?? "no reason is known")}`, remedy)];
}

const refusalRemedy = "Until then some of Belfry's entities or controls are missing or do nothing in Home Assistant.";

function brokerProblems({ isConnected, address, reason, awaySince }: BrokerStatus, at: number): Problem[] {
  if (isConnected) return reason === undefined ? [] : [warning("broker", sentence(capital(reason)), refusalRemedy)];
  if (reason === undefined && at - (awaySince ?? at) < patienceMs) return [];
  const text = reason ? sentence(capital(reason)) : `The MQTT broker ${address} does not answer.`;
  const remedy =
    "Home Assistant sees nothing until the broker is back. Belfry keeps trying; its address is the setting mqtt_url.";
  return [error("broker", text, remedy)];
}

function pushProblems({ isHealthy, reason, unhealthySince }: PushStatus, at: number): Problem[] {
  if (isHealthy || at - (unhealthySince ?? at) < patienceMs) return [];
  const text = `Motion and doorbell events do not arrive${reason ? `: ${sentence(reason)}` : "."}`;
  const remedy = "Belfry keeps trying. If it stays, let this machine reach the internet on TCP port 5228.";
  return [error("push", text, remedy)];
}

function engineProblems({ name, isHealthy, reason, hasSound, unmet }: EngineStatus): Problem[] {
  const problems: Problem[] = [];
  if (!isHealthy) {
    const text = `Live video is not served (${name})${reason ? `: ${sentence(reason)}` : "."}`;
    problems.push(error("engine", text, "Belfry starts it again by itself; look into the log if it stays."));
  }
  if (unmet) problems.push(warning("engine-wish", sentence(unmet.text), unmet.remedy));
  if (!hasSound) {
    const remedy = "Install FFmpeg (apt-get install ffmpeg) and start Belfry again. The picture is not affected.";
    problems.push(warning("ffmpeg", "FFmpeg is missing, so many players hear no sound.", remedy));
  }
  return problems;
}

function cameraProblems({ id, name, isOnline, isBatteryLow, battery, stream }: CameraStatus): Problem[] {
  if (!isOnline) {
    return [
      warning(`offline-${id}`, `${name} is offline.`, "Check its power and Wi-Fi, then open it in the Ring app."),
    ];
  }
  const problems: Problem[] = [];
  if (isBatteryLow) {
    const level = battery === undefined ? "" : ` (${battery} %)`;
    problems.push(warning(`battery-${id}`, `The battery of ${name} is low${level}.`, "Charge or change it soon."));
  }
  if (stream.state === "failed") {
    const why = stream.reason ? `: ${sentence(stream.reason)}` : ".";
    const remedy = "Open the stream again; if it fails every time, try live view in the Ring app.";
    problems.push(warning(`stream-${id}`, `The last live view of ${name} failed${why}`, remedy));
  }
  return problems;
}

const error = (id: string, text: string, remedy: string): Problem => ({ id, severity: "error", text, remedy });
const warning = (id: string, text: string, remedy: string): Problem => ({ id, severity: "warning", text, remedy });
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
