import { outcomeOf, Socket, SocketError } from "fourtuple";
import { assertEquals } from "@std/assert";
import { errnoOf } from "../../../lib/system/errno.ts";

/** A result, and the text for it. */
const OUTCOMES: readonly (readonly [call: () => Promise<unknown>, text: string])[] = [
  [() => Promise.resolve(), "done"],
  [() => Promise.resolve(5), "5"],
  [() => Promise.resolve(""), ""],
  [() => Promise.resolve(new Uint8Array(3)), "3 bytes"],
  [() => Promise.resolve(new Uint8Array()), "0 bytes"],
  [() => Promise.reject(new SocketError("recv", errnoOf("ECONNRESET"), {})), "ECONNRESET"],
  [() => Promise.reject(new DOMException("late", "TimeoutError")), "TimeoutError"],
  [() => Promise.reject(new Deno.errors.ConnectionRefused("no")), "ConnectionRefused"],
  [() => Promise.reject("no"), "no"],
];

Deno.test("outcomeOf() returns values and errors as text", async () => {
  for (const [call, text] of OUTCOMES) assertEquals(await outcomeOf(call()), text);
  using socket = Socket.tcp();
  assertEquals(await outcomeOf(socket.send("x")), "EPIPE");
});
