import { assertEquals, assertRejects } from "@std/assert";
import { MessageCodec } from "../../../lib/notebooks/kernel/_messages.ts";

Deno.test("MessageCodec decodes what it encodes, behind any routing frames", async () => {
  const codec = await MessageCodec.create("secret");
  const { id, frames } = await codec.encode("execute_request", { code: "1 + 1 // ü" });
  const message = await codec.decode([new TextEncoder().encode("topic"), ...frames]);
  assertEquals(message.header.msg_type, "execute_request");
  assertEquals(message.header.msg_id, id);
  assertEquals(message.content, { code: "1 + 1 // ü" });
});

Deno.test("MessageCodec refuses a message that was signed with another key", async () => {
  const { frames } = await (await MessageCodec.create("theirs")).encode("status", {});
  const codec = await MessageCodec.create("ours");
  await assertRejects(
    () => codec.decode(frames),
    Error,
    "A message of the kernel has a wrong signature",
  );
});

Deno.test("MessageCodec refuses a message that was changed on its way", async () => {
  const codec = await MessageCodec.create("secret");
  const { frames } = await codec.encode("stream", { text: "a" });
  const changed = [...frames.slice(0, -1), new TextEncoder().encode('{"text":"b"}')];
  await assertRejects(
    () => codec.decode(changed),
    Error,
    "A message of the kernel has a wrong signature",
  );
});

Deno.test("MessageCodec refuses a message with missing parts", async () => {
  const codec = await MessageCodec.create("secret");
  const { frames } = await codec.encode("stream", {});
  for (const broken of [[], frames.slice(0, 4), frames.slice(1)]) {
    await assertRejects(
      () => codec.decode(broken),
      Error,
      "A message of the kernel has missing parts",
    );
  }
});
