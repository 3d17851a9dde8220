/**
 * A second computer, at the far end of a private network's cable.
 *
 * @module
 */
import { signalChild, startChild } from "../program/child_process.ts";
import { checkOptions, type OptionChecks, text } from "../refusal.ts";
import { assertCanPlugIn, plugIn } from "./_cable_end.ts";
import { missingProgram } from "./_network_process.ts";
import type { LabNetwork } from "./lab_network.ts";

/** Where a neighbour is. */
export interface NeighbourOptions {
  /** The network's interface whose cable leads to it, such as "eth1"; "eth0" by default. */
  readonly cable?: string;
  /** Its IPv4 address. */
  readonly address: string;
}

const OPTIONS: OptionChecks<NeighbourOptions> = { cable: text, address: text };
const LIMIT_MS = 10_000;

/**
 * Runs until its standard input is closed. Ctrl-C in a terminal and a notebook's interrupt go to every
 * process that was started there, so it ignores them: the program that started it decides.
 */
const LIVE = 'trap "" INT; echo "$$" && exec cat';

/**
 * A second computer next to a private network: another network namespace, with one address, one cable,
 * and its own loopback. Programs that are started there connect to the private network from outside.
 *
 * A separate process holds it. It ends with {@linkcode Neighbour.close}, and by itself when this
 * program has ended; the cable and the network's interface disappear with it.
 *
 * @example A connection from another computer
 * ```ts
 * import { Program } from "fourtuple/program";
 * import { Neighbour, PrivateNetwork } from "fourtuple/networks";
 * import { Socket } from "fourtuple/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
 * using server = Socket.tcp({ network, timeout: 5000 });
 * server.bind("192.168.1.100:80");
 * server.listen();
 *
 * await using neighbour = await Neighbour.create(network, { address: "192.168.1.7" });
 * const call = "await Deno.connect({ hostname: '192.168.1.100', port: 80 })";
 * await using client = Program.command([...neighbour.enter, Deno.execPath(), "eval", call]);
 * using accepted = await server.accept();
 * assertEquals(accepted.remoteEndpoint().address, "192.168.1.7");
 * await client.ended;
 * ```
 */
export class Neighbour implements AsyncDisposable {
  /** Its address. */
  readonly address: string;
  /** Words to put before a command to run it there, `nsenter(1)`. */
  readonly enter: readonly string[];
  readonly #process: Deno.ChildProcess;
  #end: Promise<void> | undefined;

  private constructor(process: Deno.ChildProcess, address: string) {
    this.#process = process;
    this.address = address;
    const namespaces = `/proc/${process.pid}/ns`;
    this.enter = [
      "nsenter",
      `--user=${namespaces}/user`,
      `--net=${namespaces}/net`,
      "--preserve-credentials",
    ];
  }

  /**
   * Puts a computer at the far end of a cable, which takes about 50 ms.
   *
   * @param network The private network whose cable it is
   * @throws {TypeError} If an option is misspelt or of the wrong kind
   * @throws {Deno.errors.NotSupported} If the network is not private, or this machine lacks the
   * program nsenter
   * @throws {Deno.errors.BadResource} If the network is closed
   * @throws {SyntaxError} If the address does not parse
   * @throws {RangeError} If the address is not an IPv4 address of a single computer, or the network
   * has no such cable, or its far end is taken
   * @throws {DOMException} With the name "TimeoutError", if it takes longer than 10 seconds
   * @throws {Deno.errors.NotCapable} If the program may not start programs (`--allow-run`)
   */
  static async create(network: LabNetwork, options: NeighbourOptions): Promise<Neighbour> {
    const cannot = "Cannot make a neighbour";
    checkOptions(options, OPTIONS, cannot);
    const { cable = "eth0", address } = options;
    assertCanPlugIn(network, address, cannot);
    const process = spawn(network.enter);
    const neighbour = new Neighbour(process, address);
    try {
      await assertNumber(process);
      await plugIn(network, { cable, pid: process.pid, address, beyond: "all" }, cannot);
      process.unref();
      return neighbour;
    } catch (error) {
      await neighbour.close();
      throw error;
    }
  }

  /** Ends the computer, and waits until its process has ended. Closing twice does no harm. */
  close(): Promise<void> {
    return this.#end ??= this.#close();
  }

  /** Ends the computer. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Returns "neighbour 10.0.0.99". */
  toString(): string {
    return `${this.#end === undefined ? "neighbour" : "closed neighbour"} ${this.address}`;
  }

  /** How Deno and the Deno kernel print a neighbour. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Neighbour { ${this} }`;
  }

  async #close(): Promise<void> {
    this.#process.ref();
    await this.#process.stdin.close();
    await this.#process.stdout.cancel();
    await this.#process.status;
  }
}

function spawn([program, ...words]: readonly string[]): Deno.ChildProcess {
  try {
    return startChild([program!, ...words, "unshare", "--net", "sh", "-c", LIVE], {
      stdin: "piped",
      stderr: "null",
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw missingProgram(program!, "util-linux", "Cannot make a neighbour");
    }
    throw error;
  }
}

/** Each command in between is replaced by the next one (exec), so that the process number stays. */
async function assertNumber(process: Deno.ChildProcess): Promise<void> {
  const reader = process.stdout.getReader();
  const timer = setTimeout(() => signalChild(process, "SIGKILL"), LIMIT_MS);
  try {
    const { value } = await reader.read();
    const text = new TextDecoder().decode(value).trim();
    if (Number(text) === process.pid) return;
    throw new Error(
      `Cannot make a neighbour: its process tells its number, ${process.pid}, got "${text}"`,
    );
  } finally {
    clearTimeout(timer);
    reader.releaseLock();
  }
}
