/**
 * For tests/_namespace.ts: sockets in as many states as Deno and bash can bring them into, and the
 * whole table, by connections() and by ss(8). Prints JSON.
 */
import { connections } from "fourtuple";
import { ourLine, ssLines } from "./_ss.ts";

/** The same table twice, as sorted lines. */
export interface Comparison {
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

if (import.meta.main) {
  for (const hostname of ["127.0.0.1", "::1"]) await everyState(hostname);
  const dual = Deno.listen({ hostname: "::", port: 0 });
  await Deno.connect({ hostname: "127.0.0.1", port: dual.addr.port });
  await dual.accept();
  Deno.listenDatagram({ transport: "udp", hostname: "::", port: 0 });
  const peer = await connectedUdp();
  const silent = await synSent();
  console.log(JSON.stringify(await compared()));
  // Nothing is closed before: a socket that is closed has no state to compare.
  peer.kill();
  silent.abort();
  Deno.exit(0);
}

async function everyState(hostname: string): Promise<void> {
  const listener = Deno.listen({ hostname, port: 0 });
  const { port } = listener.addr;
  const pair = async () => {
    const client = await Deno.connect({ hostname, port });
    return { client, server: await listener.accept() };
  };
  const unread = await pair();
  await unread.client.write(new Uint8Array(5));
  // CLOSE_WAIT on the server's side, FIN_WAIT_2 on the client's.
  const half = await pair();
  await half.client.closeWrite();
  // The client closes first, so it keeps TIME_WAIT.
  const closed = await pair();
  closed.client.close();
  await closed.server.read(new Uint8Array(1));
  closed.server.close();
  // Not accepted.
  await Deno.connect({ hostname, port });
  const receiver = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  await receiver.send(new Uint8Array(7), receiver.addr);
}

/** Deno's datagram sockets are never connected; bash's are. */
async function connectedUdp(): Promise<Deno.ChildProcess> {
  const receiver = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = receiver.addr as Deno.NetAddr;
  const bash = new Deno.Command("bash", {
    args: ["-c", `exec 3<>/dev/udp/127.0.0.1/${port} && echo ready && read -r`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await bash.stdout.getReader().read();
  return bash;
}

/** A route to nobody: a SYN that is never answered, in a network that nothing leaves. */
async function synSent(): Promise<AbortController> {
  const run = async (...args: string[]) => {
    const { success } = await new Deno.Command("ip", { args }).output();
    if (!success) throw new Error(`Cannot run "ip ${args.join(" ")}"`);
  };
  await run("link", "add", "near", "type", "veth", "peer", "name", "far");
  await run("addr", "add", "10.0.0.5/24", "dev", "near");
  await run("link", "set", "far", "up");
  await run("link", "set", "near", "up");
  await run("neigh", "add", "10.0.0.9", "lladdr", "02:00:00:00:00:09", "dev", "near");
  const abort = new AbortController();
  Deno.connect({ hostname: "10.0.0.9", port: 80, signal: abort.signal }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  return abort;
}

/** Sockets are still changing states right after the calls, so both tables are read until equal. */
async function compared(): Promise<Comparison> {
  for (let tries = 1;; tries++) {
    const ours = connections().map(ourLine).sort();
    const { stdout } = await new Deno.Command("ss", { args: ["-tuanH"] }).output();
    const theirs = ssLines(new TextDecoder().decode(stdout)).sort();
    if (tries === 20 || ours.join() === theirs.join()) return { ours, theirs };
  }
}
