/**
 * Numbered messages across a cable that loses some of them and delays others: what arrives over TCP,
 * and what over UDP?
 *
 * @module
 */
import { packetRules, setPacketRules } from "../../networks/packet_rules.ts";
import { PrivateNetwork } from "../../networks/private_network.ts";
import { connections } from "../../observe/connections.ts";
import { counters } from "../../observe/counters/counters.ts";
import { Connections } from "../../observe/rows/connection.ts";
import { runChild } from "../../program/child_process.ts";
import type { Protocol } from "../../ports/protocol.ts";
import { checkOptions, type OptionChecks, refusal, wholeNumber } from "../../refusal.ts";
import { ShownAsTable, Table } from "../../show/table.ts";
import { Socket } from "../../sockets/socket.ts";
import { until, within } from "../../time_limit.ts";

/** Options of {@linkcode deliver}. */
export interface DeliverOptions {
  /** How many messages are sent, 1 to 100; 30 by default. */
  readonly messages?: number;
}

/** What became of the messages that were sent by one protocol. */
export interface Delivery {
  /** The protocol. */
  readonly protocol: Protocol;
  /** Its name for a figure: "TCP". */
  readonly name: string;
  /** How many messages were sent. */
  readonly sent: number;
  /** Those that arrived, in the order in which they did, in milliseconds since the first was sent. */
  readonly arrivals: readonly { readonly message: number; readonly milliseconds: number }[];
  /** How many packets the cable lost. */
  readonly lost: number;
  /** How many segments the sender's kernel sent again, `RetransSegs`; none for UDP. */
  readonly retransmitted: number;
  /**
   * The sender's row while its retransmit timer ran, read when the timer had expired most often; no
   * row for UDP, which has no such timer.
   */
  readonly waiting: Connections;
}

/** What became of the messages, by protocol; from {@linkcode deliver}. It shows itself as a table. */
export class Deliveries extends ShownAsTable {
  /** One delivery for each protocol. */
  readonly deliveries: readonly Delivery[];

  /** Makes a list of deliveries. */
  constructor(deliveries: readonly Delivery[]) {
    super();
    this.deliveries = deliveries;
  }

  /** Returns a row for each protocol. */
  override toTable(): Table {
    return new Table({
      columns: [
        "protocol",
        "sent",
        "arrived",
        "in order",
        "packets lost",
        "sent again",
        "last, ms",
      ],
      rows: this.deliveries.map(({ name, sent, arrivals, lost, retransmitted }) => [
        ...[name, sent, arrivals.length, isInOrder(arrivals) ? "yes" : "no", lost, retransmitted],
        Math.round(Math.max(0, ...arrivals.map((each) => each.milliseconds))),
      ]),
    });
  }
}

const SENDER = "10.0.0.5";
const RECEIVER = "10.0.0.80";
const PORT = 9_000;
const CANNOT = "Cannot deliver messages over a bad cable";
const OPTIONS: OptionChecks<DeliverOptions> = { messages: wholeNumber({ least: 1, most: 100 }) };
const PROTOCOLS: readonly Protocol[] = ["tcp", "udp"];
/** How many messages are sent one right after the other, and how long the pause is after them. */
const BURST = 10, BURST_MS = 50;
/** From one look at the sender's timer to the next. */
const LOOK_MS = 5;
/** So long after the last datagram none is expected any more; the slow way takes less. */
const QUIET_MS = 1_000;
/** TCP sends a lost segment again after 0.2 s, then after 0.4, 0.8 s and so on. */
const LIMIT_MS = 60_000;

/** Three of ten packets that arrive are thrown away, at random. `nft(8)` */
const LOSE = `meta l4proto { tcp, udp } th dport ${PORT} numgen random mod 10 < 3 counter drop`;

/**
 * Every fifth packet waits for a slow way beside the fast one, where a packet of 60 bytes takes 160 ms
 * or so. `tc-htb(8)`, `nft(8)`
 */
const DELAY = `set -e
tc qdisc replace dev eth0 root handle 1: htb default 10 2> /dev/null
tc class add dev eth0 parent 1: classid 1:10 htb rate 1gbit 2> /dev/null
tc class add dev eth0 parent 1: classid 1:20 htb rate 3kbit burst 10 cburst 10 2> /dev/null
exec nft -f -`;
const SLOW = `add table inet slow
add chain inet slow leaving { type filter hook output priority 0; }
add rule inet slow leaving meta l4proto { tcp, udp } th dport ${PORT} numgen inc mod 5 == 4 meta priority set 1:20
`;

/**
 * Sends the same numbered messages over TCP and over UDP, from one computer to another, in a private
 * network of its own. The cable between them loses three of ten packets at random, and every fifth
 * packet takes a slow way, so that later ones arrive before it. A TCP connection is made before the
 * cable is bad. It takes 3 to 8 seconds.
 *
 * @throws {Deno.errors.NotSupported} If this machine forbids private networks, lacks the programs nft
 * or tc, or its kernel cannot delay packets
 * @throws {RangeError} If the number of messages is out of bounds
 * @throws {TypeError} If an option is misspelt or of the wrong kind
 *
 * @example All arrive in order over TCP
 * ```ts ignore
 * import { deliver } from "fourtuple/experiments";
 *
 * const { deliveries: [tcp, udp] } = await deliver();
 * console.log(tcp!.arrivals.length, udp!.arrivals.length); // 30, and fewer
 * ```
 */
export async function deliver(options: DeliverOptions = {}): Promise<Deliveries> {
  checkOptions(options, OPTIONS, CANNOT);
  const { messages = 30 } = options;
  const deliveries: Delivery[] = [];
  for (const protocol of PROTOCOLS) deliveries.push(await deliverBy(protocol, messages));
  return new Deliveries(deliveries);
}

async function deliverBy(protocol: Protocol, messages: number): Promise<Delivery> {
  await using sender = await PrivateNetwork.create({ addresses: [SENDER] });
  await using receiver = await PrivateNetwork.createBeside(sender, { address: RECEIVER });
  const [from, to] = await openBothEnds(protocol, sender, receiver);
  await spoil(sender, receiver);
  const before = counters({ network: sender });
  const start = performance.now();
  const arriving = protocol === "tcp" ? readLines(to, messages) : readDatagrams(to);
  let waiting = new Connections();
  const look = () => {
    const rows = connections({ remotePort: PORT }, { network: sender });
    const [now, before] = [rows, waiting].map(([row]) => row?.timer);
    if (now?.kind === "retransmit" && now.expirations > (before?.expirations ?? -1)) waiting = rows;
  };
  let hasEnded = false;
  arriving.finally(() => hasEnded = true).catch(() => {});
  for (let message = 1; message <= messages; message++) {
    await from.send(`${message}\n`);
    // At once, so that a packet on the slow way is overtaken on a busy machine, too.
    if (message % BURST === 0) await new Promise((resolve) => setTimeout(resolve, BURST_MS));
    look();
  }
  await until(() => (look(), hasEnded), { timeout: LIMIT_MS, interval: LOOK_MS });
  const arrived = await within(arriving, { timeout: LIMIT_MS });
  const { rules: [rule] } = await packetRules(receiver);
  return {
    protocol,
    name: protocol.toUpperCase(),
    sent: messages,
    arrivals: arrived.map(({ message, at }) => ({ message, milliseconds: at - start })),
    lost: rule?.packets ?? 0,
    retransmitted: counters({ network: sender }).since(before).get("RetransSegs"),
    waiting,
  };
}

/** Returns the two ends: a connection, or two sockets of UDP, of which the first knows the other. */
async function openBothEnds(
  protocol: Protocol,
  sender: PrivateNetwork,
  receiver: PrivateNetwork,
): Promise<[from: Socket, to: Socket]> {
  const timeout = LIMIT_MS;
  const to = Socket[protocol]({ network: receiver, timeout });
  to.bind(`${RECEIVER}:${PORT}`);
  if (protocol === "tcp") to.listen();
  const from = Socket[protocol]({ network: sender, timeout });
  // Each message in a segment of its own.
  if (protocol === "tcp") from.setOption("noDelay", true);
  await from.connect(`${RECEIVER}:${PORT}`);
  return [from, protocol === "tcp" ? await to.accept() : to];
}

async function spoil(sender: PrivateNetwork, receiver: PrivateNetwork): Promise<void> {
  await setPacketRules(receiver, [LOSE]);
  const { success, stderr } = await runChild([...sender.enter, "sh", "-c", DELAY], {
    input: SLOW,
    timeout: 10_000,
  });
  if (success) return;
  throw refusal(Deno.errors.NotSupported, {
    cannot: CANNOT,
    rule: "the programs tc and nft are there, and the kernel has classes of packets (htb)",
    part: stderr.trim() || "an error of tc",
  });
}

interface Arrived {
  readonly message: number;
  /** By performance.now(). */
  readonly at: number;
}

async function readLines(socket: Socket, messages: number): Promise<Arrived[]> {
  const arrived: Arrived[] = [];
  let rest = "";
  while (arrived.length < messages) {
    const piece = await socket.receive();
    const at = performance.now();
    if (piece.length === 0) break;
    const lines = (rest + new TextDecoder().decode(piece)).split("\n");
    rest = lines.pop()!;
    arrived.push(...lines.map((line) => ({ message: Number(line), at })));
  }
  return arrived;
}

async function readDatagrams(socket: Socket): Promise<Arrived[]> {
  const arrived: Arrived[] = [];
  for (;;) {
    try {
      const data = await socket.receive({ timeout: QUIET_MS });
      const message = Number(new TextDecoder().decode(data));
      arrived.push({ message, at: performance.now() });
    } catch (error) {
      if (error instanceof DOMException && error.name === "TimeoutError") return arrived;
      throw error;
    }
  }
}

function isInOrder(arrivals: Delivery["arrivals"]): boolean {
  return arrivals.every(({ message }, index) =>
    index === 0 || message > arrivals[index - 1]!.message
  );
}
