/**
 * Another computer at the far end of a private network's cable.
 *
 * @module
 */
import { quote } from "../refusal.ts";
import { Endpoint } from "../tuples/endpoint.ts";
import { kill, missingProgram } from "./_network_process.ts";
import type { LabNetwork } from "./lab_network.ts";

/** Where another computer is, and what it is called by. */
export interface NeighbourOptions {
  /** The network's interface whose cable leads to it, such as "eth1"; "eth0" by default. */
  readonly cable?: string;
  /** Its IPv4 address. */
  readonly address: string;
}

const LIMIT_MS = 10_000;

/**
 * It lives as long as somebody holds the other end of its standard input. Ctrl-C in a terminal goes
 * to every process that was started there, and a notebook's interrupt too: who holds it decides.
 */
const LIVE = 'trap "" INT; echo "$$" && exec cat';

/**
 * Moves the cable's far end over, and has either side send by it to the other: the network to this
 * address, the neighbour to whatever is not its own. `ip(8)`, `nsenter(1)`
 */
const PLUG_IN = `set -e
cable=$1 pid=$2 address=$3
far=$(ip -o link show dev "$cable" | sed -n 's/^[0-9]*: [^@]*@\\([^:]*\\):.*/\\1/p')
test -n "$far" || { echo "it has no cable" >&2; exit 1; }
ip link set dev "$far" netns "$pid"
ip route add "$address/32" dev "$cable"
exec nsenter --net="/proc/$pid/ns/net" sh -ec '
  ip link set lo up
  ip link set dev "$1" up
  ip address add "$2/32" dev "$1"
  ip route add default dev "$1"
' sh "$far" "$address"`;

/**
 * Another computer, next to a private network: a network namespace of its own with one address, one
 * cable, and its own loopback. Programs that are started there call the private network as strangers
 * do, from outside.
 *
 * A process of its own holds it. It ends with {@linkcode Neighbour.close}, and by itself when this
 * program is gone; the cable goes with it, and so does the network's interface.
 *
 * @example A stranger's call
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
  /** A command that runs another there, with its words behind these: `nsenter(1)`. */
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
   * Puts a computer at the far end of a cable, which takes some 50 ms.
   *
   * @param network The private network whose cable it is
   * @throws {Deno.errors.NotSupported} If the network is no private one, or this machine lacks the
   * program nsenter
   * @throws {Deno.errors.BadResource} If the network is closed
   * @throws {SyntaxError} If the address is none
   * @throws {RangeError} If the address is no IPv4 address of a single computer, or the network has
   * no such cable, or its far end is taken
   * @throws {DOMException} With the name "TimeoutError", if it takes longer than 10 seconds
   * @throws {Deno.errors.NotCapable} If the program may not start programs (`--allow-run`)
   */
  static async create(network: LabNetwork, options: NeighbourOptions): Promise<Neighbour> {
    const { cable = "eth0", address } = options;
    if (!network.isPrivate) {
      throw new Deno.errors.NotSupported(
        `Cannot make a neighbour "${address}": it takes a private network. ${network.note}`,
      );
    }
    assertAddress(address);
    if (network.isClosed) {
      throw new Deno.errors.BadResource(
        `Cannot make a neighbour "${address}": its network is open, got a closed one`,
      );
    }
    const process = spawn(network.enter);
    const neighbour = new Neighbour(process, address);
    try {
      await assertNumber(process);
      await plugIn(network, [cable, String(process.pid), address]);
      process.unref();
      return neighbour;
    } catch (error) {
      await neighbour.close();
      throw error;
    }
  }

  /** Ends the computer, and waits until its process is gone. Closing twice does no harm. */
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

  /** What Deno prints, and the Deno kernel shows, of a neighbour. */
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
    return new Deno.Command(program!, {
      args: [...words, "unshare", "--net", "sh", "-c", LIVE],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw missingProgram(program!, "util-linux", "Cannot make a neighbour");
    }
    throw error;
  }
}

/** Every command on the way becomes the next one, so that the number stays the process's. */
async function assertNumber(process: Deno.ChildProcess): Promise<void> {
  const reader = process.stdout.getReader();
  const timer = setTimeout(() => kill(process), LIMIT_MS);
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

async function plugIn(network: LabNetwork, words: readonly string[]): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const { success, stderr } = await new Deno.Command(network.enter[0]!, {
    args: [...network.enter.slice(1), "sh", "-c", PLUG_IN, "sh", ...words],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal,
  }).output();
  if (success) return;
  signal.throwIfAborted();
  throw new RangeError(
    `Cannot make a neighbour at the cable ${
      quote(words[0]!)
    }: the network has such a cable, with ` +
      `nobody at its far end, got "${new TextDecoder().decode(stderr).trim()}"`,
  );
}

function assertAddress(address: string): void {
  const endpoint = Endpoint.from(address, 0);
  const first = Number(address.split(".")[0]);
  const isOne = endpoint.family === "IPv4" && first > 0 && first < 224 && !endpoint.isLoopback;
  if (isOne) return;
  throw new RangeError(
    `Cannot make a neighbour ${
      quote(address)
    }: it has the IPv4 address of a single computer, got ` +
      quote(address),
  );
}
