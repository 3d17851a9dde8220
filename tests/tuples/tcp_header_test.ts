import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseTcpHeader } from "fourtuple/tuples";
import { isRefusal } from "../../lib/refusal.ts";

// Captured on loopback by segment_bytes.ts: a SYN, its answer, and a segment with data.
const SYN = "d60e01bb6a4c0f3500000000a002ffd7fe300000";
const ANSWER = "01bbd60e9f81c2d06a4c0f36a012ffcbfe300000";
const DATA = "d60e01bb6a4c0f369f81c2d180180200fe2d0000";

Deno.test("parseTcpHeader() reads the fields of RFC 9293 in network byte order", () => {
  assertEquals(parseTcpHeader(Uint8Array.fromHex(SYN)), {
    source: 54798,
    destination: 443,
    sequence: 0x6a4c0f35,
    acknowledgement: 0,
    flags: ["SYN"],
    window: 0xffd7,
    checksum: 0xfe30,
  });
  const answer = parseTcpHeader(Uint8Array.fromHex(ANSWER));
  assertEquals([answer.sequence, answer.acknowledgement], [0x9f81c2d0, 0x6a4c0f36]);
  assertEquals(answer.flags, ["SYN", "ACK"]);
  assertEquals(parseTcpHeader(Uint8Array.fromHex(DATA)).flags, ["PSH", "ACK"]);
});

Deno.test("parseTcpHeader() reads a part of a longer memory, and every flag", () => {
  const memory = new Uint8Array(64);
  memory.set(Uint8Array.fromHex(SYN), 7);
  assertEquals(parseTcpHeader(memory.subarray(7)).source, 54798);
  memory[7 + 13] = 0xff;
  assertEquals(parseTcpHeader(memory.subarray(7)).flags, [
    "FIN",
    "SYN",
    "RST",
    "PSH",
    "ACK",
    "URG",
  ]);
});

Deno.test("parseTcpHeader() refuses what is no header", () => {
  const short = assertThrows(() => parseTcpHeader(new Uint8Array(19)), RangeError);
  assert(isRefusal(short) && short.part === "19");
  assert(isRefusal(assertThrows(() => parseTcpHeader(SYN as never), TypeError)));
});
