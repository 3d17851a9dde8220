import { assert, assertEquals, assertMatch } from "@std/assert";
import { exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { PrivateNetwork } from "fourtuple";
import { assertRefuses } from "./_example.ts";
import { requires } from "../requirements.ts";

const permissions = ["--allow-net", "--allow-ffi"];
const prefix = ["unshare", "--user", "--map-root-user", "--net"];

Deno.test({
  name: "segment_bytes.ts shows the handshake and both ends, with the ports first in each header",
  ...requires("network namespace"),
  async fn() {
    await using program = Program.start(exampleUrl("segment_bytes.ts"), {
      args: ["443"],
      permissions,
      prefix,
    });
    const { code, lines } = await program.ended;
    assertEquals(code, 0);
    const segments = lines.map((line) => line.split(/ +/) as [string, string]);
    assertEquals(segments.slice(0, 3).map(([flags]) => flags), ["SYN", "SYN,ACK", "ACK"]);
    assertEquals(segments.filter(([flags]) => flags.includes("FIN")).length, 2);
    const client = segments[0]![1].slice(0, 4);
    for (const [, header] of segments) {
      assertEquals(header.length, 40);
      assert([`${client}01bb`, `01bb${client}`].includes(header.slice(0, 8)));
    }
  },
});

Deno.test("segment_bytes.ts says what it needs where it may not look at packets", {
  ...requires("network namespace"),
}, async () => {
  const nobody = ["unshare", "--user"];
  await using program = Program.start(exampleUrl("segment_bytes.ts"), {
    permissions,
    prefix: nobody,
  });
  const { code, errorLines } = await program.ended;
  assertEquals(code, 1);
  assertMatch(
    errorLines.join("\n"),
    /^Cannot look at packets here: start this in a network of its own/,
  );
});

Deno.test("segment_bytes.ts says in one line that its port is taken", {
  ...requires("network namespace"),
}, async () => {
  await using network = await PrivateNetwork.create({});
  await using holder = Program.start(exampleUrl("hello_server.ts"), {
    args: ["443"],
    prefix: network.enter,
  });
  await holder.line("Listening on 127.0.0.1:443");
  await using program = Program.start(exampleUrl("segment_bytes.ts"), {
    args: ["443"],
    permissions,
    prefix: network.enter,
  });
  const line = "Cannot listen on 127.0.0.1 port 443: AddrInUse: Address already in use";
  await assertRefuses(program, { code: 1, line });
});
