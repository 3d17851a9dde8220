/**
 * Listens on one address of this computer, and tries which of the computer's addresses reach it.
 *
 * Counterpart of the section on binding in the article on clients, servers and ports, and of the
 * drawing of a server with several interfaces in the book chapter. A server that is bound to
 * 0.0.0.0 can be reached on every address, one that is bound to a single address only there. What
 * counts is the address that a client connects to, not the interface: a program on this computer
 * can reach all its addresses.
 *
 * ```sh
 * deno run --allow-net bound_address.ts 0 127.0.0.1              # port (0: the kernel picks), address
 * deno run --allow-net bound_address.ts 0 127.0.0.1 127.0.0.1 127.0.0.2 ::1   # and those to try
 * unshare --user --map-root-user --net sh -c \
 *   'ip link set lo up && deno run --allow-net bound_address.ts 80 0.0.0.0'
 * ```
 *
 * Bound to 0.0.0.0 or ::, the port is open to everybody who can reach this computer while the
 * program runs. The last command makes a network namespace for it, where nobody can (Linux).
 *
 * @module
 */

const PATIENCE_MS = 2_000;

const [portText = "0", hostname = "127.0.0.1", ...rest] = Deno.args;
const port = readPort(portText);
const tried = rest.length > 0 ? rest : ["127.0.0.1", "127.0.0.2", "::1"];

const listener = listen();
console.log(`Listening on ${text(listener.addr)}`);
for (const address of tried) console.log(`${address}: ${await reach(address)}`);
listener.close();

async function reach(address: string): Promise<string> {
  // The program accepts no connection: the kernel completes the handshake by itself, and that is
  // enough to know.
  const { port } = listener.addr;
  // The signal ends the call itself. Without it, the kernel would go on trying for two minutes, and
  // the program could not end before.
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    using _connection = await Deno.connect({ hostname: address, port, signal });
    return "reached";
  } catch (error) {
    if (signal.aborted) return "no answer";
    if (error instanceof Deno.errors.ConnectionRefused) return "refused";
    return `not reached, ${error}`;
  }
}

function listen(): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    console.error(`Cannot listen on ${hostname} port ${port}: ${error}`);
    Deno.exit(1);
  }
}

/** Digits only: Deno.listen() alone would also accept "0x50", " 80" and "+80". */
function readPort(given: string): number {
  if (/^[0-9]+$/.test(given) && Number(given) <= 65535) return Number(given);
  console.error(
    `Cannot use port ${Deno.inspect(given)}: it must be a whole number from 0 to 65535`,
  );
  Deno.exit(2);
}

function text({ hostname, port }: Deno.NetAddr): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
