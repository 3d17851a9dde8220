/**
 * For tests/_namespace.ts: many sockets, and the table by connections() and by each tool. Inside of
 * the network, since a tool sees the descriptors of nobody outside of its user namespace. Prints
 * JSON.
 */
import { type Connection, Connections, connections, Socket, until } from "fourtuple";
import { connectionsFromTools } from "../../../lib/observe/sources/_tool_rows.ts";

type Tool = "ss" | "netstat" | "lsof";

/** The same sockets twice, as sorted lines; and what a tool says of two of them. */
export interface Agreement {
  readonly tool: Tool;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  /** Of a connection with five bytes that nobody has read: recv-q, and whether its owner is hidden. */
  readonly unread: readonly unknown[];
  /** Of a listener at which one waits: recv-q and backlog. */
  readonly lazy: readonly unknown[];
}

const TOOLS: readonly Tool[] = ["ss", "netstat", "lsof"];
const ADDRESSES = ["192.168.1.100/32", "10.0.0.5/32", "2001:db8:1234:5678:9abc:def0:1234:5678/128"];

if (import.meta.main) {
  for (const address of ADDRESSES) {
    // Until the kernel has asked whether somebody has an IPv6 address, nobody can bind it.
    const flags = address.includes(":") ? ["nodad"] : [];
    new Deno.Command("ip", { args: ["addr", "add", address, "dev", "lo", ...flags] }).outputSync();
  }
  // A busy kernel adds the route to an IPv6 address only after the command has ended.
  const [six] = ADDRESSES.at(-1)!.split("/");
  const route = () => new Deno.Command("ip", { args: ["route", "get", six!] }).outputSync().stdout;
  await until(() => new TextDecoder().decode(route()).startsWith("local"), { timeout: 20_000 });
  await makeSockets();
  console.log(JSON.stringify(TOOLS.filter(isThere).map(compared)));
  // Nothing is closed before: a socket that is closed has no state to compare.
  Deno.exit(0);
}

function isThere(tool: Tool): boolean {
  try {
    connectionsFromTools({ tools: [tool] });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotSupported) return false;
    throw error;
  }
}

/** Both tables are read until they are equal: some sockets are still changing states. */
function compared(tool: Tool): Agreement {
  for (let tries = 1;; tries++) {
    const { rows, owners, leftOut } = connectionsFromTools({ tools: [tool] });
    const printed = new Connections(rows, { owners });
    if (leftOut.length > 0) throw new Error(`${tool} has cut off ${leftOut[0]!.text}`);
    // lsof goes from the processes to their sockets, and sees no others.
    const all = connections({}, { owners: true });
    const wanted = all.filter((row) => tool !== "lsof" || all.ownersOf(row).length > 0);
    const ours = wanted.map((row) => line(row, wanted, tool)).sort();
    const theirs = printed.map((row) => line(row, printed, tool)).sort();
    if (tries < 20 && ours.join() !== theirs.join()) continue;
    const unread = rows.find(({ local, state }) => local.port === 80 && state === "ESTABLISHED");
    const lazy = rows.find(({ local, state }) => local.port === 443 && state === "LISTEN");
    return {
      tool,
      ours,
      theirs,
      unread: [unread?.receiveQueue, unread && printed.isOwnerHidden(unread)],
      lazy: [lazy?.receiveQueue, lazy?.sendQueue],
    };
  }
}

/** What both tell of a socket, but its queues; of its owners netstat prints no descriptor. */
function line(row: Connection, rows: Connections, tool: Tool): string {
  const { protocol, family, state, local, remote, uid, inode } = row;
  const backlog = tool === "ss" && state === "LISTEN" ? row.sendQueue : "";
  const owners = rows.ownersOf(row).map(({ pid, program, descriptor }) =>
    `${program}/${pid}${tool === "netstat" ? "" : `#${descriptor}`}`
  );
  return [protocol, family, state, local, remote, uid, inode, backlog, owners.sort()].join(" ");
}

/** Listeners, conversations, half of one, TIME_WAIT, IPv6 and dual stack, UDP with and without peer. */
async function makeSockets(): Promise<void> {
  const pair = async (server: Socket, client: Socket) => {
    await client.connect(server.localEndpoint());
    return { client, accepted: await server.accept() };
  };
  const web = listening("192.168.1.100:80", 5);
  const caller = Socket.tcp({ timeout: 5000 });
  caller.bind("10.0.0.5:51234");
  await (await pair(web, caller)).client.send("hello");
  (await pair(web, Socket.tcp({ timeout: 5000 }))).client.shutdown("write");
  const closing = await pair(web, Socket.tcp({ timeout: 5000 }));
  closing.client.close();
  await closing.accepted.receive();
  closing.accepted.close();
  const lazy = listening("0.0.0.0:443", 7);
  await Socket.tcp({ timeout: 5000 }).connect(`127.0.0.1:${lazy.localEndpoint().port}`);
  const six = listening("[2001:db8:1234:5678:9abc:def0:1234:5678]:5432", 3);
  await pair(six, Socket.tcp({ timeout: 5000, family: "IPv6" }));
  const dual = Deno.listen({ hostname: "::", port: 8080 });
  await Deno.connect({ hostname: "127.0.0.1", port: 8080 });
  await dual.accept();
  const udp = Socket.udp({ timeout: 5000 });
  udp.bind("127.0.0.1:53");
  await Socket.udp({ timeout: 5000 }).connect("127.0.0.1:53");
}

function listening(end: string, backlog: number): Socket {
  const family = end.startsWith("[") ? "IPv6" : "IPv4";
  const socket = Socket.tcp({ timeout: 5000, family });
  socket.bind(end);
  socket.listen(backlog);
  return socket;
}
