// pins.json: what the image is made of beside npm's and Debian's packages, each with the hash of what was really fetched.
import { readFileSync, writeFileSync } from "node:fs";

export interface FilePin {
  readonly url: string;
  readonly sha256: string;
}

export interface Pins {
  readonly base: {
    /** Name and tag. */
    readonly image: string;
    /** Of the list of images for all machines; missing until somebody with internet has looked. */
    readonly digest?: string;
  };
  readonly mediamtx?: { readonly version: string; readonly files: Readonly<Record<string, FilePin>> };
}

export function readPins(path: string): Pins {
  return JSON.parse(readFileSync(path, "utf8"));
}

export function writePins(path: string, pins: Pins): void {
  writeFileSync(path, `${JSON.stringify(pins, null, 2)}\n`);
}

/** The base as the Dockerfile names it. */
export function baseReference({ base }: Pins): string {
  return base.digest ? `${base.image}@${base.digest}` : base.image;
}

const baseLine = /^ARG BASE_IMAGE=.*$/m;

/** The Dockerfile with the pinned base. */
export function pinBase(dockerfile: string, pins: Pins): string {
  if (!baseLine.test(dockerfile)) throw new Error("the Dockerfile has no line ARG BASE_IMAGE=");
  return dockerfile.replace(baseLine, `ARG BASE_IMAGE=${baseReference(pins)}`);
}

/** What a release lacks, one sentence each. */
export function complaintsAboutPins(pins: Pins, dockerfile: string): string[] {
  const isSame = pinBase(dockerfile, pins) === dockerfile;
  return [
    ...missingPins(pins),
    ...(isSame
      ? []
      : ["the Dockerfile does not name the base of pins.json: run scripts/update-pins, or correct one of them"]),
  ];
}

function missingPins(pins: Pins): string[] {
  const onInternet = "run scripts/update-pins on a machine with internet";
  return [
    ...(pins.base.digest ? [] : [`the base ${pins.base.image} has no digest in pins.json: ${onInternet}`]),
    ...(pins.mediamtx ? [] : [`MediaMTX is not in pins.json: ${onInternet}`]),
  ];
}
