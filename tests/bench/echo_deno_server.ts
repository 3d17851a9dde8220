const server = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 4096 });
console.log(server.addr.port);
for (;;) echo(await server.accept());

async function echo(accepted: Deno.TcpConn): Promise<void> {
  using connection = accepted;
  const message = new Uint8Array(4096);
  for (let length; (length = await connection.read(message)) !== null;) {
    for (let sent = 0; sent < length;) {
      sent += await connection.write(message.subarray(sent, length));
    }
  }
}
