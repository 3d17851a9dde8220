/**
 * Tries to listen on one port, prints whether the kernel allows it, and ends.
 *
 * Counterpart of the one-line Python commands on reserved ports in the book chapter on ports and
 * sockets. Those try every interface, and end in a stack trace whatever the reason is. Not only
 * root may listen there: on Linux, a process with the capability CAP_NET_BIND_SERVICE may too, and
 * the setting net.ipv4.ip_unprivileged_port_start says where the privileged ports end.
 *
 * ```sh
 * deno run --allow-net privileged_port.ts                            # port 80 on 127.0.0.1
 * deno run --allow-net privileged_port.ts 443 127.0.0.2              # another port, and an address
 * unshare --user deno run --allow-net privileged_port.ts             # without root's privileges
 * ```
 *
 * Exit code 0: granted. 1: refused, and the line says why. 2: the argument is not a port.
 *
 * @module
 */

const [portText = "80", hostname = "127.0.0.1"] = Deno.args;
const port = readPort(portText);

try {
  using listener = Deno.listen({ hostname, port });
  console.log(`Granted: this process may listen on ${hostname} port ${listener.addr.port}`);
} catch (error) {
  console.error(`Refused: this process may not listen on ${hostname} port ${port}, ${why(error)}`);
  Deno.exit(1);
}

function why(error: unknown): string {
  // PermissionDenied is the kernel's refusal; NotCapable would be Deno's own.
  if (error instanceof Deno.errors.PermissionDenied) {
    return "EACCES: the kernel keeps this port for privileged processes";
  }
  if (error instanceof Deno.errors.AddrInUse) {
    return "EADDRINUSE: privileges or not, another socket holds this port";
  }
  return `${error}`;
}

/** Digits only: Deno.listen() alone would also accept "0x50", " 80" and "+80". */
function readPort(given: string): number {
  if (/^[0-9]+$/.test(given) && Number(given) <= 65535) return Number(given);
  console.error(
    `Cannot use port ${Deno.inspect(given)}: it must be a whole number from 0 to 65535`,
  );
  Deno.exit(2);
}
