// The last two HTTP steps of a push receiver: a Firebase installation, then the FCM token for its keys.
import * as v from "valibot";
import type { CloudReply, CloudRequest, Route } from "../contracts.ts";
import type { Journal } from "../journal.ts";
import type { Credentials } from "./credentials.ts";
import { isPublicKey } from "./encrypt-notification.ts";
import { googleError, jsonHeaders } from "./google-error.ts";
import { listIssues } from "./list-issues.ts";

interface FirebaseContext {
  readonly journal: Journal;
  readonly credentials: Credentials;
}

const project = "ring-17770";
const apiKeyText = /^AIza[\w-]{35}$/;
const endpointStart = "https://fcm.googleapis.com/fcm/send/";
const fidLength = 22;

// Base64 in either alphabet and with or without padding: clients differ.
const bytesOf = (length: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[\w+/-]+={0,2}$/),
    v.transform((text: string): Buffer => Buffer.from(text, "base64url")),
    v.check((bytes: Buffer) => bytes.length === length, `must have ${length} bytes`),
  );

const isInstallationId = (bytes: Buffer): boolean => bytes.readUInt8(0) >>> 4 === 0b0111;

const installationBody = v.object({
  appId: v.pipe(v.string(), v.regex(/^1:\d+:(android|web|ios):[0-9a-f]+$/)),
  authVersion: v.literal("FIS_v2"),
  fid: v.pipe(bytesOf(17), v.check(isInstallationId, "must begin with the bits 0111")),
  sdkVersion: v.pipe(v.string(), v.regex(/^[aiw]:\d+(\.\d+)+/)),
});

const registrationBody = v.object({
  web: v.object({
    auth: bytesOf(16),
    p256dh: v.pipe(bytesOf(65), v.check(isPublicKey, "must be a point on P-256")),
    endpoint: v.pipe(v.string(), v.startsWith(endpointStart)),
    // Naming the default sender key here is refused by Google.
    applicationPubKey: v.nullish(v.null()),
  }),
});

type Handler = (request: CloudRequest, context: FirebaseContext, refuse: typeof googleError) => CloudReply;

export function createFirebaseRoutes(context: FirebaseContext): Route[] {
  return [
    createRoute("firebaseinstallations.googleapis.com", "installations", install, context),
    createRoute("fcmregistrations.googleapis.com", "registrations", register, context),
  ];
}

function createRoute(host: string, collection: string, handler: Handler, context: FirebaseContext): Route {
  const refuse: typeof googleError = (code, message) => {
    context.journal.violation(`push ${collection}: ${message}`);
    return googleError(code, message);
  };
  return {
    hosts: [host],
    method: "POST",
    path: new RegExp(`^/v1/projects/([^/]+)/${collection}$`),
    handle: (request, [, askedProject]) => {
      if (askedProject !== project) return refuse(403, `The project ${askedProject} is not known.`);
      if (!apiKeyText.test(header(request, "x-goog-api-key")))
        return refuse(403, "x-goog-api-key is missing or invalid.");
      return handler(request, context, refuse);
    },
  };
}

function header(request: CloudRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

function parseBody<Schema extends v.GenericSchema>(schema: Schema, body: Buffer) {
  return v.safeParse(v.pipe(v.string(), v.parseJson(), schema), body.toString());
}

function install(request: CloudRequest, { credentials }: FirebaseContext, refuse: typeof googleError): CloudReply {
  const parsed = parseBody(installationBody, request.body);
  if (!parsed.success) return refuse(400, listIssues(parsed.issues));
  const fid = parsed.output.fid.toString("base64url").slice(0, fidLength);
  const body = {
    name: `projects/${parsed.output.appId.split(":")[1]}/installations/${fid}`,
    fid,
    refreshToken: credentials.createRefreshToken(fid),
    authToken: credentials.createInstallationToken(fid),
  };
  return { status: 200, headers: jsonHeaders, body };
}

function register(
  request: CloudRequest,
  { journal, credentials }: FirebaseContext,
  refuse: typeof googleError,
): CloudReply {
  const fid = credentials.readInstallationToken(header(request, "x-goog-firebase-installations-auth"));
  if (fid === undefined) return refuse(401, "x-goog-firebase-installations-auth is missing, foreign or too old.");
  const parsed = parseBody(registrationBody, request.body);
  if (!parsed.success) return refuse(400, listIssues(parsed.issues));
  const { web } = parsed.output;
  const registration = credentials.readRegistrationToken(web.endpoint.slice(endpointStart.length));
  if (!registration) return refuse(400, "web.endpoint does not end with a token that register3 gave.");
  const token = credentials.createFcmToken(fid, { ...registration, auth: web.auth, p256dh: web.p256dh });
  journal.record("push.registered", { step: "registrations", ...registration, fcmToken: token.slice(-12) });
  const told = {
    endpoint: web.endpoint,
    auth: web.auth.toString("base64url"),
    p256dh: web.p256dh.toString("base64url"),
  };
  return {
    status: 200,
    headers: jsonHeaders,
    body: { name: `projects/${project}/registrations/${token}`, token, web: told },
  };
}
