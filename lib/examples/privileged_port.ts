/**
 * Tries to listen on one port, says whether the kernel lets this process, and ends.
 *
 * Counterpart of the one-line Python commands on reserved ports in the book chapter on ports and
 * sockets. Those try every interface, and end in a stack trace whatever the reason; and it is not
 * only root who may: on Linux a process with the capability CAP_NET_BIND_SERVICE may too, and the
 * setting net.ipv4.ip_unprivileged_port_start says where the privileged ports end.
 *
 * ```sh
 * deno run --allow-net privileged_port.ts                            # port 80 on 127.0.0.1
 * deno run --allow-net privileged_port.ts 443 127.0.0.2              # another port, and an address
 * unshare --user deno run --allow-net privileged_port.ts             # without root's privileges
 * ```
 *
 * Exit code 0: granted. 1: not granted, the line says why. 2: the port is no port.
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
  // What the kernel refuses is PermissionDenied; NotCapable would be Deno's own refusal.
  if (error instanceof Deno.errors.PermissionDenied) {
    return "EACCES: the kernel keeps this port for privileged processes";
  }
  if (error instanceof Deno.errors.AddrInUse) {
    return "EADDRINUSE: privileges or not, another socket holds this port";
  }
  return `${error}`;
}

/** Only digits: Deno.listen alone would take "0x50", " 80" and "+80" as well. */
function readPort(given: string): number {
  if (/^[0-9]+$/.test(given) && Number(given) <= 65535) return Number(given);
  console.error(
    `Cannot use port ${Deno.inspect(given)}: it must be a whole number from 0 to 65535`,
  );
  Deno.exit(2);
}
