// Why a broker cannot be used, in one sentence that says what to do: what sockets, TLS and the broker answer, translated once.
import { type AppError, errorCode, errorText, PermanentError, TransientError } from "../foundation/errors.ts";

/** A broker's reason code (MQTT 3.1.1 and 5), or Node's error code, of whatever mqtt.js reports. */
function reasonOf(error: unknown): number | string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "number" ? code : errorCode(error);
}

const certificateCodes =
  /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS_CERT|ERR_SSL_.*(UNKNOWN_CA|BAD_CERT|CERTIFICATE))/;

/** `error` is undefined where the connection just ended. */
export function brokerFailure(label: string, username: string | undefined, error: unknown): AppError {
  const reason = reasonOf(error);
  return typeof reason === "number" ? refusal(label, username, reason, error) : connectionFailure(label, reason, error);
}

function refusal(label: string, username: string | undefined, reason: number, cause: unknown): AppError {
  const who = username === undefined ? "a client without user name" : `user ${username}`;
  switch (reason) {
    case 4:
    case 5:
    case 134:
    case 135:
      return new PermanentError(
        "mqtt.credentials",
        `${label} refuses ${who}: correct the MQTT user name and password, or add the user to the broker`,
      );
    case 1:
    case 132:
      return new PermanentError("mqtt.version", `${label} does not speak this version of MQTT`, { cause });
    case 2:
    case 133:
      return new PermanentError("mqtt.client-id", `${label} refuses our client id`, { cause });
    case 138:
      return new PermanentError("mqtt.banned", `${label} has banned us; lift the ban there`, { cause });
    case 142:
      return new TransientError(
        "mqtt.taken-over",
        `${label} dropped us because another program connected with our client id; run only one per broker`,
      );
    case 149:
      return new TransientError("mqtt.too-large", `${label} dropped us for a message larger than it allows`);
    default:
      return new TransientError("mqtt.refused", `${label} does not want us now`, { cause });
  }
}

function connectionFailure(label: string, code: string, cause: unknown): AppError {
  if (certificateCodes.test(code))
    return new PermanentError(
      "mqtt.certificate",
      `the TLS certificate of ${label} is not accepted (${code}); give the CA that signed it, or correct the host name`,
    );
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new TransientError("mqtt.unknown-host", `the host name of ${label} is not known; check the MQTT address`);
    case "ECONNREFUSED":
      return new TransientError(
        "mqtt.unreachable",
        `nothing listens at ${label}; start the broker or check its address`,
      );
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return new TransientError("mqtt.unreachable", `${label} cannot be reached (${code}); check network and address`);
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return new PermanentError("mqtt.tls", `${label} does not speak TLS; use mqtt:// or another port`, { cause });
    default:
      return silentFailure(label, cause);
  }
}

function silentFailure(label: string, cause: unknown): AppError {
  if (cause === undefined || errorCode(cause) === "ECONNRESET")
    return new TransientError("mqtt.closed", `${label} closed the connection`);
  const text = errorText(cause);
  if (/connack timeout/i.test(text))
    return new TransientError("mqtt.silent", `${label} accepts connections but does not answer as an MQTT broker`);
  if (/keepalive timeout/i.test(text)) return new TransientError("mqtt.silent", `${label} stopped answering`);
  return new TransientError("mqtt.failed", `the connection to ${label} failed`, { cause });
}

/** Not every broker says that somebody else took our place; they just close, each time. */
export function droppedAgainAndAgain(label: string, cause: unknown): TransientError {
  return new TransientError(
    "mqtt.dropped",
    `${label} drops us again and again right after connecting; is another program using our client id?`,
    { cause },
  );
}
