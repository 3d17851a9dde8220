import { assertEquals, assertThrows } from "@std/assert";
import { Socket } from "fourtuple";
import { DumpError } from "../../../lib/observe/sources/_diag_dump.ts";
import { dump } from "../../../lib/observe/sources/_netlink.ts";
import { datagram, DONE, message, number, rowPayload } from "./_diag_messages.ts";

const QUESTION = { protocol: "tcp", family: "IPv4" } as const;

/** Two connected UDP sockets: what one is asked, the other has answered before. */
async function pair(): Promise<{ asker: Socket; kernel: Socket } & Disposable> {
  const [asker, kernel] = [Socket.udp({ timeout: 5000 }), Socket.udp({ timeout: 5000 })];
  for (const each of [asker, kernel]) each.bind("127.0.0.1:0");
  await asker.connect(kernel.localEndpoint());
  await kernel.connect(asker.localEndpoint());
  const dispose = () => {
    asker.close();
    kernel.close();
  };
  return { asker, kernel, [Symbol.dispose]: dispose };
}

/** The number of the question that was asked last. */
async function askedNumber(kernel: Socket): Promise<number> {
  let bytes = await kernel.receive();
  for (;;) {
    try {
      bytes = await kernel.receive({ timeout: 0 });
    } catch {
      return new DataView(bytes.buffer).getUint32(8, true);
    }
  }
}

Deno.test("dump() says so when the answer does not come, and can ask again after that", async () => {
  using ends = await pair();
  const { asker, kernel } = ends;
  const error = assertThrows(
    () => dump(asker.descriptor, QUESTION, true),
    DumpError,
  );
  assertEquals(error.fault, "unfinished");
  const sequence = await askedNumber(kernel) + 1;
  await kernel.send(datagram(message(20, rowPayload(), { sequence })));
  await kernel.send(datagram(message(3, number(0), { sequence })));
  const { rows, interruptions } = dump(asker.descriptor, QUESTION, true);
  assertEquals([rows.length, interruptions], [1, 0]);
});

Deno.test("dump() asks again when the table changed, tells how often, and gives up", async () => {
  using ends = await pair();
  const { asker, kernel } = ends;
  assertThrows(() => dump(asker.descriptor, QUESTION, true), DumpError);
  const first = await askedNumber(kernel) + 1;
  const changed = (sequence: number) =>
    kernel.send(datagram(message(3, number(0), { sequence, flags: 0x12 })));
  for (const sequence of [first, first + 1]) await changed(sequence);
  const [row, done] = [message(20, rowPayload(), { sequence: first + 2 }), DONE.slice()];
  new DataView(done.buffer).setUint32(8, first + 2, true);
  await kernel.send(datagram(row, done));
  const { rows, interruptions } = dump(asker.descriptor, QUESTION, true);
  assertEquals([rows.length, interruptions], [1, 2]);

  for (let sequence = first + 3; sequence < first + 8; sequence++) await changed(sequence);
  const error = assertThrows(
    () => dump(asker.descriptor, QUESTION, true),
    DumpError,
  );
  assertEquals(error.fault, "interrupted");
});

Deno.test("dump() tells a datagram that was cut, and a socket that is none", async () => {
  using ends = await pair();
  const { asker, kernel } = ends;
  await kernel.send(new Uint8Array(40_000));
  const error = assertThrows(
    () => dump(asker.descriptor, QUESTION, true),
    DumpError,
  );
  assertEquals(error.fault, "truncated");
  const closed = assertThrows(() => dump(-1, QUESTION, true), DumpError);
  assertEquals([closed.fault, closed.code], ["refused", "EBADF"]);
});
