import { checkQueueOf, checkReadHeader } from "../../lib/exercises/before_accept.ts";
import { Socket } from "../../lib/sockets/socket.ts";
import { assertVerdicts } from "./_verdicts.ts";

Deno.test("checkQueueOf() counts the clients that fit, and explains what is no listening socket", async () => {
  const listening = (backlog: number) => {
    const socket = Socket.tcp();
    socket.bind("127.0.0.1:0");
    socket.listen(backlog);
    return socket;
  };
  const say = (answer: unknown) => () => checkQueueOf(answer as (count: number) => Socket);
  await assertVerdicts([
    [say(undefined), "open"],
    [say((count: number) => listening(count - 1)), "right"],
    [say(async (count: number) => await listening(count - 1)), "right"],
    [say(listening), "not yet", "for 1: 2 of 3 clients could connect"],
    [say(() => {}), "not yet", "for 1: your function returned nothing (undefined)"],
    [
      say((count: number) => count),
      "not yet",
      "your function returned 1, and should return an open",
    ],
    [say(() => Socket.tcp()), "not yet", "no client could connect"],
    [say(() => Socket.udp()), "not yet", "returned a UDP socket"],
    [say((count: number) => [listening(count)]), "not yet", "and should return an open TCP socket"],
    [
      say((count: number) => {
        using socket = listening(count);
        return socket;
      }),
      "not yet",
      "returned a closed TCP socket",
    ],
    [say(() => Deno.listen({ hostname: "127.0.0.1", port: 0 })), "not yet", "Socket.tcp()"],
  ]);
});

/** Reads the numbers of a header by functions of DataView that a case may replace. */
function reading(isLittleEndian: boolean, isSigned = false) {
  return (header: Uint8Array) => {
    const view = new DataView(header.buffer);
    return {
      from: view.getUint16(0, isLittleEndian),
      to: view.getUint16(2, isLittleEndian),
      sequence: isSigned ? view.getInt32(4) : view.getUint32(4, isLittleEndian),
    };
  };
}

Deno.test("checkReadHeader() wants numbers in network byte order, without a sign", async () => {
  await assertVerdicts([
    [() => checkReadHeader(undefined), "open"],
    [() => checkReadHeader(reading(false)), "right"],
    [() => checkReadHeader(reading(true)), "not yet", "The highest byte comes first"],
    [() => checkReadHeader(reading(false, true)), "not yet", "getUint32() reads it"],
    [
      () => checkReadHeader((header) => ({ ...reading(false)(header), from: 1 })),
      "not yet",
      "and you returned 1",
    ],
    [() => checkReadHeader((() => 7) as never), "not yet", "{ from, to, sequence }"],
    [
      () => checkReadHeader((header) => new DataView(header as never) as never),
      "not yet",
      "`new DataView(bytes.buffer)`",
    ],
  ]);
});
