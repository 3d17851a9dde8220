/**
 * Asks the kernel for any free port, several times, and prints the ports that it picks.
 *
 * Counterpart of the lines on port 0 in the book chapter on ports and sockets. Those bind to every
 * interface to learn one number. This program stays on one address, and keeps all its ports at the
 * same time. That is why they differ: a closed port is free again for the next program.
 *
 * ```sh
 * deno run --allow-net port_zero.ts              # three ports on 127.0.0.1
 * deno run --allow-net port_zero.ts 5 127.0.0.2  # how many, and an address
 * ```
 *
 * @module
 */

const [countText = "3", hostname = "127.0.0.1"] = Deno.args;
const count = /^[0-9]+$/.test(countText) ? Number(countText) : 0;
if (count < 1 || count > 100) {
  console.error(
    `Cannot ask for ${Deno.inspect(countText)} ports: it must be a whole number from 1 to 100`,
  );
  Deno.exit(2);
}

using held = new DisposableStack(); // closes everything in it at the end
try {
  for (let asked = 0; asked < count; asked++) {
    const listener = held.use(Deno.listen({ hostname, port: 0 }));
    console.log(`Asked for port 0, given port ${listener.addr.port}`);
  }
} catch (error) {
  console.error(`Cannot listen on ${hostname} port 0: ${error}`);
  Deno.exit(1);
}
