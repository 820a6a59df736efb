// Keeps secrets out of every log line: known ones by value, unknown ones by shape.

const hidden = "***";
const shapes: readonly [RegExp, string][] = [
  // user:password@ in any URL
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]+):[^\s@/]+@/gi, `$1:${hidden}@`],
  // JSON Web Tokens, and Ring's refresh tokens wrapped in base64 JSON
  [/\beyJ[A-Za-z0-9_-]{10,}(\.[A-Za-z0-9_-]+)*=*/g, hidden],
  // signed parts of URLs: AWS signatures, tickets, tokens
  [/([?&](?:X-Amz-[A-Za-z-]+|Signature|token|ticket|access_token|auth|key|sig)=)[^&\s"']+/gi, `$1${hidden}`],
  [/\b(Bearer|Basic|Digest|AidLogin)\s+[A-Za-z0-9._~+/=:-]{6,}/g, `$1 ${hidden}`],
  // paths that are their own credential (secret-path.ts)
  [/\bsecret-[0-9a-f]{8,}/g, `secret-${hidden}`],
  // keys inside SDP
  [/(a=(?:ice-pwd|ice-ufrag|fingerprint|crypto):?)[^\r\n"\\]+/g, `$1${hidden}`],
  [
    /("(?:password|refresh_token|access_token|refreshToken|token|rt|ticket|auth|p256dh|sdp)"\s*:\s*)"[^"]*"/g,
    `$1"${hidden}"`,
  ],
];

/** The one that is used, and the one before it, which an error may still name. */
const keptTokens = 2;

export class Redactor {
  readonly #secrets = new Set<string>();
  /** Each in all its forms. */
  #tokens: readonly (readonly string[])[] = [];

  /** From now on this value is masked wherever it appears, also URL-encoded. Values under 4 characters are left alone. */
  addSecret(value: string | undefined): void {
    for (const form of formsOf(value)) this.#secrets.add(form);
  }

  /** As `addSecret`, for one that is renewed for ever: only the newest are masked, as each line is searched for all. */
  addToken(value: string | undefined): void {
    const forms = formsOf(value);
    const [known] = this.#tokens.at(-1) ?? [];
    if (forms.length > 0 && known !== value) this.#tokens = [...this.#tokens, forms].slice(-keptTokens);
  }

  redact(text: string): string {
    let result = text;
    for (const secret of [...this.#secrets, ...this.#tokens.flat()])
      if (result.includes(secret)) result = result.replaceAll(secret, hidden);
    for (const [shape, replacement] of shapes) result = result.replace(shape, replacement);
    return result;
  }
}

function formsOf(value: string | undefined): string[] {
  return value && value.length >= 4 ? [...new Set([value, encodeURIComponent(value)])] : [];
}
