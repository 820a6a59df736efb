// Podman as root and without its daemon, in a way that also works on small machines and inside a network namespace.
import { type ProgramRun, type RunOptions, runProgram } from "../../support/run-program.ts";

// crun, the usual runtime, does not start on machines with mixed control groups.
const always = ["--storage-driver=overlay", "--runtime=runc"];
/** More than some machines may hand out is podman's own default. */
const limits = ["--ulimit=nofile=10000:10000", "--ulimit=nproc=1000:1000"];

/** Rejects with podman's words where it fails. */
export async function podman(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const run = await tryPodman(args, options);
  if (run.code === 0) return run.stdout.toString().trim();
  const words = `${run.stdout.toString()}\n${run.stderr}`.trim().split("\n").slice(-25).join("\n");
  throw new Error(`podman ${args[0]} ended with ${run.code ?? run.signal}:\n${words}`);
}

/** Any exit code resolves. */
export function tryPodman(args: readonly string[], options: RunOptions = {}): Promise<ProgramRun> {
  return runProgram("podman", [...always, ...args], { timeoutMs: 60_000, ...options });
}

export interface ContainerOptions {
  readonly image: string;
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What of this machine is seen inside: path here, path there. */
  readonly volumes: readonly (readonly [string, string, "ro" | "rw"])[];
  /** Names that lead to this machine. */
  readonly hosts?: readonly string[];
}

export interface ContainerEnd {
  readonly exitCode: number;
  readonly tookMs: number;
}

export class Container implements AsyncDisposable {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** Runs in the network of this process. */
  static async run(options: ContainerOptions): Promise<Container> {
    const { image, name, environment, volumes, hosts = [] } = options;
    await podman([
      ...["run", "--detach", "--pull=never", "--network=host", `--name=${name}`, ...limits],
      // Timers of health checks need systemd; we ask for each check.
      "--health-interval=disable",
      ...Object.entries(environment).map(([key, value]) => `--env=${key}=${value}`),
      ...volumes.map(([here, there, mode]) => `--volume=${here}:${there}:${mode}`),
      ...hosts.map((host) => `--add-host=${host}:127.0.0.1`),
      image,
    ]);
    return new Container(name);
  }

  async log(): Promise<string> {
    const { stdout, stderr } = await tryPodman(["logs", this.name]);
    return `${stdout.toString()}${stderr}`;
  }

  /** Whether the image's own health check is content. */
  async isHealthy(): Promise<boolean> {
    return (await tryPodman(["healthcheck", "run", this.name])).code === 0;
  }

  /** What a command says in it, as its root. */
  execute(...command: readonly string[]): Promise<string> {
    return podman(["exec", this.name, ...command]);
  }

  /** Of its first process, as this machine counts. */
  async pid(): Promise<number> {
    return Number(await podman(["inspect", "--format={{.State.Pid}}", this.name]));
  }

  /** Unix ms at which its first process began. */
  async startedAt(): Promise<number> {
    return Number(await podman(["inspect", "--format={{.State.StartedAt.UnixMilli}}", this.name]));
  }

  /** SIGTERM, as `docker stop` and the Supervisor do it, and by force after ten seconds. */
  async stop(): Promise<ContainerEnd> {
    const begin = performance.now();
    await podman(["stop", "--time=10", this.name]);
    return { tookMs: performance.now() - begin, exitCode: await this.#exitCode() };
  }

  /** Waits for a container that ends by itself. */
  async ended(): Promise<ContainerEnd> {
    const begin = performance.now();
    await podman(["wait", this.name]);
    return { tookMs: performance.now() - begin, exitCode: await this.#exitCode() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await podman(["rm", "--force", "--time=2", "--volumes", this.name]);
  }

  async #exitCode(): Promise<number> {
    return Number(await podman(["inspect", "--format={{.State.ExitCode}}", this.name]));
  }
}
