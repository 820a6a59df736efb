// `npm run login`: asks for e-mail, password and the code that Ring sends, and stores the token; or forgets the password of the page.
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { openState } from "./composition/app-state.ts";
import { dataDirectoryOf } from "./composition/data-directory.ts";
import { createLogSink } from "./composition/log-sink.ts";
import { pageSecrets } from "./composition/page-secrets.ts";
import { systemClock } from "./foundation/clock.ts";
import { codedText, errorCode, errorText, PermanentError } from "./foundation/errors.ts";
import { createLogger } from "./foundation/logger.ts";
import { Redactor } from "./foundation/redact.ts";
import { SignIn } from "./ring/sign-in.ts";
import { DirectoryClaim } from "./storage/directory-claim.ts";

const codeTries = 3;

/** Asks on the terminal, without echo where it is secret; reads line by line where input is piped. */
class Prompter implements Disposable {
  readonly #lines = createInterface({ input: process.stdin, output: process.stdout, terminal: process.stdin.isTTY });
  readonly #piped = process.stdin.isTTY ? undefined : this.#lines[Symbol.asyncIterator]();

  async ask(question: string, isSecret = false): Promise<string> {
    if (this.#piped) {
      process.stdout.write(`${question}\n`);
      const { value, done } = await this.#piped.next();
      if (done)
        throw new PermanentError("sign-in.no-input", "the input ended before everything was entered; start again");
      return value;
    }
    return isSecret ? await this.#askHidden(question) : await this.#lines.question(`${question} `);
  }

  async #askHidden(question: string): Promise<string> {
    const answer = this.#lines.question(`${question} `);
    // readline echoes through output.write; while the secret is typed, nothing but the line break goes there.
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (() => true) as typeof process.stdout.write;
    try {
      return await answer;
    } finally {
      process.stdout.write = write;
      process.stdout.write("\n");
    }
  }

  [Symbol.dispose](): void {
    this.#lines.close();
  }
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: { data: { type: "string" }, "forget-page-password": { type: "boolean" } },
  });
  const dataDirectory = dataDirectoryOf(values.data, process.env);
  const redactor = new Redactor();
  const logger = createLogger(
    createLogSink("warn", (line) => void process.stderr.write(line)),
    redactor,
  );
  await using _claim = await DirectoryClaim.take(dataDirectory, logger);
  using state = openState(dataDirectory, { clock: systemClock, logger, redactor });
  if (values["forget-page-password"]) {
    pageSecrets(state.file).write({ sessions: [] });
    process.stdout.write("The page has no password now; the next start prints a set-up code for a new one.\n");
    return;
  }
  const signIn = new SignIn({ systemId: state.token.systemId, clock: systemClock });
  const { signal } = new AbortController();
  using prompter = new Prompter();
  const email = await prompter.ask("E-mail address of your Ring account:");
  const password = await prompter.ask("Password:", true);
  redactor.addSecret(password);
  let outcome = await signIn.start(email, password, signal);
  for (let tries = 1; outcome.kind === "code-needed"; tries++) {
    const code = await prompter.ask(`${outcome.prompt}:`);
    try {
      outcome = await signIn.confirm(code, signal);
    } catch (error) {
      if (errorCode(error) !== "sign-in.wrong-code" || tries === codeTries) throw error;
      process.stdout.write(`${errorText(error)}\n`);
    }
  }
  state.token.save(outcome.token);
  process.stdout.write(`Signed in. The token is stored in ${dataDirectory}; the password is not stored.\n`);
}

try {
  await run();
} catch (error) {
  process.stderr.write(`login: ${codedText(error)}\n`);
  process.exitCode = 1;
}
process.exit();
