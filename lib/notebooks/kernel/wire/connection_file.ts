/**
 * Jupyter's connection files: where a kernel listens, and the key that signs its messages.
 * Source: https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files
 */
import { isIP } from "node:net";
import { partOf, refusal } from "../../../refusal.ts";

/** One of the five connections between a kernel and its client. */
export type Channel = "shell" | "control" | "iopub" | "stdin" | "hb";

/** The five channels. */
export const CHANNELS: readonly Channel[] = ["shell", "control", "iopub", "stdin", "hb"];

/** What a connection file says. */
export interface ConnectionFile {
  /** The loopback address at which the kernel listens. */
  readonly ip: string;
  /** The port of each channel. */
  readonly ports: Readonly<Record<Channel, number>>;
  /** What signs the messages; empty if they are not signed. */
  readonly key: string;
}

/**
 * Reads a connection file.
 *
 * A kernel runs whatever code it is sent, so it listens on loopback addresses only.
 *
 * @param text Its text
 * @throws {SyntaxError} If it is not JSON
 * @throws {TypeError} If a field is missing or of the wrong kind
 * @throws {RangeError} If it asks for a transport, a signature scheme, an address or a port that this
 * kernel does not have
 */
export function parseConnectionFile(text: string): ConnectionFile {
  const fields = parseFields(text);
  const { transport = "tcp", signature_scheme = "hmac-sha256", ip = "127.0.0.1", key = "" } =
    fields;
  if (transport !== "tcp") {
    throw refused(RangeError, 'this kernel speaks TCP: "transport" is "tcp"', transport);
  }
  if (key !== "" && signature_scheme !== "hmac-sha256") {
    const rule =
      'this kernel signs its messages by HMAC with SHA-256: "signature_scheme" is "hmac-sha256"';
    throw refused(RangeError, rule, signature_scheme);
  }
  if (typeof key !== "string") throw refused(TypeError, '"key" is a text', key);
  if (typeof ip !== "string" || !isLoopback(ip)) {
    const rule =
      'a kernel runs any code, so it listens on this computer alone: "ip" is a loopback address';
    throw refused(RangeError, rule, ip);
  }
  const ports = CHANNELS.map((channel) => [channel, portOf(fields, channel)]);
  return { ip: ip === "localhost" ? "127.0.0.1" : ip, ports: Object.fromEntries(ports), key };
}

/** Returns the text of a connection file. */
export function formatConnectionFile({ ip, ports, key }: ConnectionFile): string {
  const numbers = CHANNELS.map((channel) => [`${channel}_port`, ports[channel]]);
  const fixed = { transport: "tcp", signature_scheme: "hmac-sha256" };
  return JSON.stringify({ ...fixed, ip, key, ...Object.fromEntries(numbers) });
}

/** Chooses five free ports of 127.0.0.1 by holding all five at once, so that they differ, and a key. */
export function newConnectionFile(): ConnectionFile {
  const held = CHANNELS.map((channel) => ({
    channel,
    listener: Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  }));
  const ports = held.map(({ channel, listener }) => [channel, listener.addr.port]);
  for (const { listener } of held) listener.close();
  return { ip: "127.0.0.1", ports: Object.fromEntries(ports), key: crypto.randomUUID() };
}

function parseFields(text: string): Record<string, unknown> {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refused(SyntaxError, "it is JSON", text.slice(0, 40));
  }
  if (typeof fields !== "object" || fields === null) {
    throw refused(TypeError, "it is a JSON object", fields);
  }
  return fields as Record<string, unknown>;
}

function portOf(fields: Record<string, unknown>, channel: Channel): number {
  const port = fields[`${channel}_port`];
  const rule = `"${channel}_port" is a number from 1 to 65535`;
  if (typeof port !== "number") throw refused(TypeError, rule, port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw refused(RangeError, rule, port);
  return port;
}

function isLoopback(ip: string): boolean {
  return ip === "localhost" || ip === "::1" || (isIP(ip) === 4 && ip.startsWith("127."));
}

function refused(
  Class: typeof RangeError | typeof SyntaxError | typeof TypeError,
  rule: string,
  part: unknown,
): Error {
  return refusal(Class, {
    cannot: "Cannot use the connection file",
    rule,
    part: part === undefined ? "nothing" : partOf(part),
  });
}
