import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { DialledSocket } from "../../../../lib/notebooks/kernel/wire/dialled_socket.ts";
import {
  commandFrame,
  encodeMessage,
  greeting,
  readyCommand,
} from "../../../../lib/notebooks/kernel/wire/zmtp.ts";

/** What a peer on this machine does with a client: it gets the connection and writes as it likes. */
async function withPeer(
  peer: (connection: Deno.TcpConn) => Promise<void>,
  client: (port: number) => Promise<void>,
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = listener.accept().then(async (connection) => {
    try {
      await peer(connection);
    } finally {
      connection.close();
    }
  });
  await client(listener.addr.port);
  await served;
}

/** Writes `bytes` in pieces of `size`, so that frames come torn. */
async function writeTorn(connection: Deno.TcpConn, bytes: Uint8Array, size: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await connection.write(bytes.subarray(at, at + size));
  }
}

async function readGreeting(connection: Deno.TcpConn): Promise<void> {
  const wanted = greeting().length + readyCommand("DEALER").length;
  const bytes = new Uint8Array(wanted);
  for (let at = 0; at < wanted;) at += await connection.read(bytes.subarray(at)) ?? wanted;
}

Deno.test("greeting() is 64 bytes: signature, version 3.0, NULL", () => {
  const bytes = greeting();
  assertEquals(bytes.length, 64);
  assertEquals([bytes[0], bytes[9], bytes[10], bytes[11]], [0xff, 0x7f, 3, 0]);
  assertEquals(new TextDecoder().decode(bytes.subarray(12, 16)), "NULL");
});

Deno.test("encodeMessage() gives frames a length of one byte up to 255, of eight bytes above", () => {
  const [short, long] = [255, 256].map((length) => encodeMessage([new Uint8Array(length)]));
  assertEquals([...short!.subarray(0, 2)], [0, 255]);
  assertEquals([...long!.subarray(0, 9)], [2, 0, 0, 0, 0, 0, 0, 1, 0]);
  assertEquals([...encodeMessage([Uint8Array.of(7), Uint8Array.of(8)])], [1, 1, 7, 0, 1, 8]);
  assertEquals([...commandFrame("A", Uint8Array.of(7))], [4, 3, 1, 65, 7]);
});

Deno.test("DialledSocket reads any message that encodeMessage() writes, however it is torn", async () => {
  const frame = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: 250, maxLength: 600 }),
  );
  const messages = fc.array(fc.array(frame, { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(messages, fc.integer({ min: 1, max: 700 }), async (sent, size) => {
      await withPeer(async (connection) => {
        await readGreeting(connection);
        const bytes = [greeting(), readyCommand("DEALER"), ...sent.map(encodeMessage)];
        for (const part of bytes) await writeTorn(connection, part, size);
      }, async (port) => {
        using socket = await DialledSocket.connect("DEALER", port);
        for (const message of sent) {
          assertEquals((await socket.receive()).map((f) => [...f]), message.map((f) => [...f]));
        }
        await assertRejects(
          () => socket.receive(),
          Error,
          "The ZMTP peer has closed the connection",
        );
      });
    }),
    { numRuns: 25 },
  );
});

Deno.test("DialledSocket.connect() refuses a peer that speaks another protocol", async () => {
  await withPeer(async (connection) => {
    await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n".repeat(4)));
    await readGreeting(connection);
  }, async (port) => {
    await assertRejects(
      () => DialledSocket.connect("DEALER", port),
      Error,
      "The peer does not speak ZMTP 3 with the NULL mechanism",
    );
  });
});

Deno.test("DialledSocket.connect() gives up on a peer that stays silent", async () => {
  await withPeer(async (connection) => {
    const bytes = new Uint8Array(1024);
    while (await connection.read(bytes) !== null);
  }, async (port) => {
    await assertRejects(() => DialledSocket.connect("SUB", port));
  });
});

Deno.test("DialledSocket.receive() refuses a frame of a length that is not credible", async () => {
  await withPeer(async (connection) => {
    await readGreeting(connection);
    await connection.write(greeting());
    await connection.write(readyCommand("DEALER"));
    await connection.write(Uint8Array.of(2, 0, 0, 1, 0, 0, 0, 0, 0));
  }, async (port) => {
    using socket = await DialledSocket.connect("DEALER", port);
    await assertRejects(
      () => socket.receive(),
      Error,
      "A ZMTP frame of 1099511627776 bytes is not credible",
    );
  });
});
