/**
 * A TCP server that waits for one client, reads what it sends, answers, and ends.
 *
 * The core of the TCP server in the book chapter on ports and sockets, one call a line. It trusts
 * its client: a silent one keeps it waiting for ever. hello_server.ts does not.
 *
 * ```sh
 * deno run --allow-net first_server.ts    # prints its port; in another terminal: nc 127.0.0.1 PORT
 * ```
 *
 * @module
 */

using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(`Listening on 127.0.0.1:${listener.addr.port}`);

using connection = await listener.accept(); // waits until a client calls
console.log("Accepted a client");

const bytes = new Uint8Array(1024);
const count = await connection.read(bytes); // waits until the client has sent something
const question = new TextDecoder().decode(bytes.subarray(0, count ?? 0));
console.log(`Received: ${Deno.inspect(question)}`);

await connection.write(new TextEncoder().encode("Hello from server!"));
