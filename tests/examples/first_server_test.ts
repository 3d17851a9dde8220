import { assertEquals } from "@std/assert";
import { portOf, start } from "./_example.ts";

Deno.test("first_server.ts waits for a client and for what it says, answers, and ends", async () => {
  await using server = start("first_server.ts");
  const port = await portOf(server);
  assertEquals(server.lines, [`Listening on 127.0.0.1:${port}`]);
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  await server.line("Accepted a client");
  await client.write(new TextEncoder().encode("one\u001b[2Jtwo"));
  assertEquals(await new Response(client.readable).text(), "Hello from server!");
  const { code, lines } = await server.ended;
  assertEquals({ code, last: lines.at(-1) }, { code: 0, last: 'Received: "one\\x1b[2Jtwo"' });
});
