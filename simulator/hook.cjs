// @ts-check
// Loaded by `node --require`: sends the names of Ring and Google to the simulated cloud on loopback and refuses all others.
// Plain CommonJS: it loads in every Node from 20 on and, unlike what `--import` names, in worker threads made from text too.
const dgram = require("node:dgram");
const dns = require("node:dns");
const { appendFileSync } = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");
const net = require("node:net");
const os = require("node:os");
const workerThreads = require("node:worker_threads");

/** @typedef {{ tcp: Record<string, number>, udp: Record<string, number> }} PortMap */

const loopback = "127.0.0.1";
const map = readMap(process.env["BELFRY_SIMULATOR_PORTS"]);
const refusalsFile = process.env["BELFRY_SIMULATOR_REFUSALS"];
const allowed = new Set((process.env["BELFRY_SIMULATOR_ALLOW"] ?? "").split(",").filter((name) => name !== ""));
const mappedNames = new Set([...Object.keys(map.tcp), ...Object.keys(map.udp)].map((key) => key.replace(/:\d+$/, "")));
const realInterfaces = os.networkInterfaces;

/** @param {string | undefined} text @returns {PortMap} */
function readMap(text) {
  if (text === undefined) return { tcp: {}, udp: {} };
  const { tcp = {}, udp = {} } = JSON.parse(text);
  return { tcp, udp };
}

/** @param {string} what @param {string} host @param {number | undefined} port @param {string} code */
function refuse(what, host, port, code) {
  const target = port === undefined ? host : `${host}:${port}`;
  if (refusalsFile !== undefined) {
    const line = JSON.stringify({ at: Date.now(), pid: process.pid, what, host, port });
    appendFileSync(refusalsFile, `${line}\n`);
  }
  const message = `${what} of ${target} refused: beside the simulated Ring cloud only loopback may be reached; add the host to BELFRY_SIMULATOR_ALLOW if a test needs it`;
  return Object.assign(new Error(message), { code, hostname: host, syscall: what });
}

/** Addresses of this machine never leave it. @param {string} address */
function isOwnAddress(address) {
  return Object.values(realInterfaces()).some((list) => list?.some((entry) => entry.address === address));
}

/** @type {Set<string>} */
const harmless = new Set(["localhost", "0.0.0.0", "::", "::1", ""]);

/** @param {string} host */
function isHarmless(host) {
  if (harmless.has(host)) return true;
  const name = host.toLowerCase();
  const isLoopback = /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(name) || name.endsWith(".localhost") || name === "localhost";
  const yes = isLoopback || allowed.has(name) || (net.isIP(name) !== 0 && isOwnAddress(name));
  if (yes) harmless.add(host);
  return yes;
}

const connect = net.Socket.prototype.connect;

/** @param {any} options @returns {{ options: any } | { refused: Error }} */
function redirectTcp(options) {
  if (typeof options?.path === "string") return { options };
  const host = String(options?.host ?? "localhost");
  const port = Number(options?.port);
  const local = map.tcp[`${host.toLowerCase()}:${port}`];
  if (local !== undefined) return { options: { ...options, host: loopback, port: local, lookup: undefined } };
  return isHarmless(host) ? { options } : { refused: refuse("connect", host, port, "ECONNREFUSED") };
}

/** Every TCP and TLS connection of Node ends here; inner callers pass a normalized array that carries a private symbol. */
net.Socket.prototype.connect = /** @type {any} */ (
  /** @this {net.Socket} @param {any[]} args */
  function connectToSimulator(...args) {
    const [first] = args;
    const isNormalized = Array.isArray(first);
    const byPort = typeof first === "number" || (typeof first === "string" && /^\d+$/.test(first));
    if (typeof first === "string" && !byPort) return Reflect.apply(connect, this, args);
    const given = isNormalized ? first[0] : byPort ? { port: Number(first), host: stringOf(args[1]) } : first;
    const outcome = redirectTcp(given);
    if ("refused" in outcome) {
      process.nextTick(() => this.destroy(outcome.refused));
      return this;
    }
    if (isNormalized) {
      first[0] = outcome.options;
      return Reflect.apply(connect, this, args);
    }
    const callback = args.find((argument) => typeof argument === "function");
    return Reflect.apply(connect, this, callback ? [outcome.options, callback] : [outcome.options]);
  }
);

/** @param {unknown} value */
const stringOf = (value) => (typeof value === "string" ? value : undefined);

/** What a lookup answers: an address, a refusal, or undefined for "ask the real one". @param {string} host @param {number} family */
function lookUp(host, family) {
  const name = String(host).toLowerCase();
  if (mappedNames.has(name)) {
    if (family !== 6) return { address: loopback, family: 4 };
    return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}: the simulated cloud has IPv4 only`), {
      code: "ENOTFOUND",
      hostname: host,
    });
  }
  if (net.isIP(name) !== 0 || isHarmless(name)) return undefined;
  return refuse("lookup", host, undefined, "ENOTFOUND");
}

/** @param {any} options */
function familyOf(options) {
  const family = typeof options === "number" ? options : options?.family;
  return family === 6 || family === "IPv6" ? 6 : 0;
}

/** @template {Function} F @param {F} original @param {Function} replacement @returns {F} */
function inPlaceOf(original, replacement) {
  for (const symbol of Object.getOwnPropertySymbols(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, symbol);
    if (descriptor) Object.defineProperty(replacement, symbol, descriptor);
  }
  return /** @type {any} */ (replacement);
}

const lookup = dns.lookup;
dns.lookup = inPlaceOf(lookup, (/** @type {any[]} */ ...args) => {
  const [host, options] = args;
  const callback = args.at(-1);
  const found = lookUp(host, familyOf(options));
  if (found === undefined) return Reflect.apply(lookup, dns, args);
  process.nextTick(() => {
    if (found instanceof Error) callback(found);
    else if (options?.all) callback(null, [found]);
    else callback(null, found.address, found.family);
  });
  return {};
});

const lookupPromise = dns.promises.lookup;
dns.promises.lookup = /** @type {any} */ (
  async (/** @type {string} */ host, /** @type {any} */ options) => {
    const found = lookUp(host, familyOf(options));
    if (found === undefined) return lookupPromise(host, options);
    if (found instanceof Error) throw found;
    return options?.all ? [found] : found;
  }
);

/** DNS queries past the system's resolver: our names have one A record each, nothing else exists. */
/** @param {string} method @param {string} host */
function query(method, host) {
  if (!mappedNames.has(String(host).toLowerCase())) return refuse(method, String(host), undefined, "ENOTFOUND");
  if (method === "resolve" || method === "resolve4") return [loopback];
  return Object.assign(new Error(`${method} ENODATA ${host}`), { code: "ENODATA", hostname: host });
}

/** @param {any} target @param {boolean} asPromise */
function guardQueries(target, asPromise) {
  for (const method of Object.getOwnPropertyNames(target)) {
    if (!/^(resolve|reverse)/.test(method) || typeof target[method] !== "function") continue;
    target[method] = asPromise
      ? async (/** @type {string} */ host) => {
          const found = query(method, host);
          if (found instanceof Error) throw found;
          return found;
        }
      : (/** @type {any[]} */ ...args) => {
          const found = query(method, args[0]);
          process.nextTick(args.at(-1), found instanceof Error ? found : null, found);
        };
  }
}

guardQueries(dns, false);
guardQueries(dns.Resolver.prototype, false);
guardQueries(dns.promises, true);
guardQueries(dns.promises.Resolver.prototype, true);

/** Where a datagram goes instead. @param {dgram.Socket} socket @param {any} port @param {any} address */
function redirectUdp(socket, port, address) {
  const host = stringOf(address) ?? loopback;
  const local = map.udp[`${host.toLowerCase()}:${Number(port)}`];
  if (local === undefined) {
    return isHarmless(host) ? { port, address } : { refused: refuse("send", host, Number(port), "ECONNREFUSED") };
  }
  const isIpv6 = /** @type {any} */ (socket).type === "udp6";
  return { port: local, address: isIpv6 ? `::ffff:${loopback}` : loopback };
}

/** Position of the port in `send`'s arguments, or -1 when the socket is connected. @param {any[]} args */
function portPosition(args) {
  const count = args.findIndex((argument, index) => index > 0 && (typeof argument === "function" || argument == null));
  const given = count === -1 ? args.length : count;
  if (given >= 4) return 3;
  if (given === 3) return typeof args[2] === "string" ? 1 : -1;
  return given === 2 ? 1 : -1;
}

const send = dgram.Socket.prototype.send;
dgram.Socket.prototype.send = /** @type {any} */ (
  /** @this {dgram.Socket} @param {any[]} args */
  function sendToSimulator(...args) {
    const at = portPosition(args);
    if (at === -1) return Reflect.apply(send, this, args);
    const target = redirectUdp(this, args[at], args[at + 1]);
    if ("refused" in target) {
      const callback = args.find((argument) => typeof argument === "function");
      if (callback) process.nextTick(callback, target.refused);
      return undefined;
    }
    args[at] = target.port;
    if (typeof args[at + 1] === "string") args[at + 1] = target.address;
    return Reflect.apply(send, this, args);
  }
);

const connectUdp = dgram.Socket.prototype.connect;
dgram.Socket.prototype.connect = /** @type {any} */ (
  /** @this {dgram.Socket} @param {any[]} args */
  function connectUdpToSimulator(...args) {
    const target = redirectUdp(this, args[0], args[1]);
    if ("refused" in target) {
      process.nextTick(() => this.emit("error", target.refused));
      return undefined;
    }
    args[0] = target.port;
    if (typeof args[1] === "string") args[1] = target.address;
    return Reflect.apply(connectUdp, this, args);
  }
);

/** ICE offers no loopback candidates: on a machine with loopback alone a made-up address keeps it going. */
function hasOnlyLoopback() {
  return !Object.values(realInterfaces()).some((list) => list?.some((entry) => !entry.internal));
}

if (hasOnlyLoopback()) {
  os.networkInterfaces = () => ({
    ...realInterfaces(),
    simulated0: [
      {
        address: "10.254.254.254",
        netmask: "255.255.255.0",
        family: "IPv4",
        mac: "02:00:00:00:00:01",
        internal: false,
        cidr: "10.254.254.254/24",
      },
    ],
  });
}

/** A worker thread with an environment or flags of its own must not get away. */
workerThreads.Worker = class extends workerThreads.Worker {
  /** @param {string | URL} filename @param {import("node:worker_threads").WorkerOptions} [options] */
  constructor(filename, options = {}) {
    const { env, execArgv } = options;
    const flags = ["--require", __filename];
    super(filename, {
      ...options,
      ...(execArgv === undefined ? {} : { execArgv: [...execArgv, ...flags] }),
      ...(env === undefined || typeof env === "symbol" ? {} : { env: hookedEnvironment(env) }),
    });
  }
};

/** @param {NodeJS.Dict<string>} env */
function hookedEnvironment(env) {
  const ours = Object.entries(process.env).filter(([name]) => name.startsWith("BELFRY_SIMULATOR_"));
  return {
    ...env,
    ...Object.fromEntries(ours),
    NODE_OPTIONS: `${env["NODE_OPTIONS"] ?? ""} --require "${__filename}"`,
  };
}

syncBuiltinESMExports();
