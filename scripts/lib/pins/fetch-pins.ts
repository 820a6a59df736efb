// Asks the registries on the internet what is current. A hash is always computed from the bytes that came.
import { createHash } from "node:crypto";
import type { FilePin, Pins } from "./pins.ts";

export interface PinSources {
  /** `https` but in tests. */
  readonly scheme: "https" | "http";
  /** GitHub's API. */
  readonly releases: string;
}

export const internet: PinSources = { scheme: "https", releases: "https://api.github.com" };

const requestLimitMs = 300_000;
const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
/** Debian's names of the machines that Home Assistant runs on. */
const machines = ["amd64", "arm64"];

export async function fetchPins(present: Pins, sources: PinSources): Promise<Pins> {
  return {
    base: { image: present.base.image, digest: await fetchDigest(present.base.image, sources) },
    mediamtx: await fetchMediamtx(sources),
  };
}

/** By the protocol of container registries: a token for anybody, then the list of images. */
async function fetchDigest(image: string, { scheme }: PinSources): Promise<string> {
  const [, registry, name, tag] = /^([^/]+)\/(.+):([^:@/]+)$/.exec(image) ?? [];
  if (!registry || !name || !tag) throw new Error(`${image} is not the name of an image with a tag`);
  const { token } = JSON.parse(await text(`${scheme}://${registry}/token?scope=repository:${name}:pull`));
  const url = `${scheme}://${registry}/v2/${name}/manifests/${tag}`;
  const answer = await get(url, { authorization: `Bearer ${String(token)}`, accept: manifestTypes.join(", ") });
  const digest = `sha256:${sha256(Buffer.from(await answer.arrayBuffer()))}`;
  const said = answer.headers.get("docker-content-digest");
  if (said !== null && said !== digest)
    throw new Error(`${url}: what came has the digest ${digest}, promised was ${said}`);
  return digest;
}

async function fetchMediamtx({ releases }: PinSources): Promise<NonNullable<Pins["mediamtx"]>> {
  const release = JSON.parse(await text(`${releases}/repos/bluenviron/mediamtx/releases/latest`));
  const version: string = release.tag_name;
  const assets: readonly { readonly name: string; readonly browser_download_url: string }[] = release.assets;
  const files: Record<string, FilePin> = {};
  for (const machine of machines) {
    const asset = assets.find(({ name }) => name === `mediamtx_${version}_linux_${machine}.tar.gz`);
    if (!asset) throw new Error(`MediaMTX ${version} has no archive for ${machine}`);
    const answer = await get(asset.browser_download_url);
    files[machine] = { url: asset.browser_download_url, sha256: sha256(Buffer.from(await answer.arrayBuffer())) };
  }
  return { version, files };
}

async function text(url: string): Promise<string> {
  return await (await get(url)).text();
}

async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { headers, signal: AbortSignal.timeout(requestLimitMs) });
  } catch (cause) {
    throw new Error(`${new URL(url).host} cannot be reached; this needs a machine with internet`, { cause });
  }
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return answer;
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
