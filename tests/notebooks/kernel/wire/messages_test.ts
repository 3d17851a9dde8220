import { assertEquals, assertThrows } from "@std/assert";
import { MessageCodec } from "../../../../lib/notebooks/kernel/wire/messages.ts";

Deno.test("MessageCodec decodes what it encodes, behind any routing frames", () => {
  const codec = new MessageCodec("secret");
  const { id, frames } = codec.encode("execute_request", { code: "1 + 1 // ü" });
  const message = codec.decode([new TextEncoder().encode("topic"), ...frames]);
  assertEquals(message.header.msg_type, "execute_request");
  assertEquals(message.header.msg_id, id);
  assertEquals(message.content, { code: "1 + 1 // ü" });
});

Deno.test("MessageCodec refuses a message that was signed with another key", () => {
  const { frames } = new MessageCodec("theirs").encode("status", {});
  const codec = new MessageCodec("ours");
  assertThrows(
    () => codec.decode(frames),
    Error,
    "A message has a wrong signature",
  );
});

Deno.test("MessageCodec refuses a message that was changed on its way", () => {
  const codec = new MessageCodec("secret");
  const { frames } = codec.encode("stream", { text: "a" });
  const changed = [...frames.slice(0, -1), new TextEncoder().encode('{"text":"b"}')];
  assertThrows(
    () => codec.decode(changed),
    Error,
    "A message has a wrong signature",
  );
});

Deno.test("MessageCodec refuses a message with missing parts", () => {
  const codec = new MessageCodec("secret");
  const { frames } = codec.encode("stream", {});
  for (const broken of [[], frames.slice(0, 4), frames.slice(1)]) {
    assertThrows(
      () => codec.decode(broken),
      Error,
      "A message has missing parts",
    );
  }
});
