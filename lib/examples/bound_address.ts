/**
 * Listens at one address of this computer, and tries at which of them it is reached.
 *
 * Counterpart of the section on binding in the article on clients, servers and ports, and of the
 * drawing of a server with several interfaces in the book chapter: bound to 0.0.0.0 it is reached
 * everywhere, bound to one address only there. What is compared is the address that was called, not
 * the interface: whoever is on this computer reaches each of its addresses.
 *
 * ```sh
 * deno run --allow-net bound_address.ts 0 127.0.0.1              # port (0: the kernel picks), address
 * deno run --allow-net bound_address.ts 0 127.0.0.1 127.0.0.1 127.0.0.2 ::1   # and those to try
 * unshare --user --map-root-user --net sh -c \
 *   'ip link set lo up && deno run --allow-net bound_address.ts 80 0.0.0.0'
 * ```
 *
 * Bound to 0.0.0.0 or :: it is open to everybody who can reach this computer, for as long as the
 * trial takes: the last line makes a network of its own for that (Linux).
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
  // Nobody accepts: the kernel shakes hands by itself, and that is all that we ask.
  const attempt = Deno.connect({ hostname: address, port: listener.addr.port });
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("no answer"), PATIENCE_MS);
  const reached = attempt.then((connection) => {
    connection.close();
    return "reached";
  }, (error) => {
    if (error instanceof Deno.errors.ConnectionRefused) return "refused";
    return `not reached, ${error}`;
  });
  return await Promise.race([reached, late.promise]).finally(() => clearTimeout(timer));
}

function listen(): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    console.error(`Cannot listen on ${hostname} port ${port}: ${error}`);
    Deno.exit(1);
  }
}

/** Only digits: Deno.listen alone would take "0x50", " 80" and "+80" as well. */
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
