import { assertEquals, assertMatch } from "@std/assert";
import { exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { PrivateNetwork, Socket } from "fourtuple";
import { requires } from "../requirements.ts";

const permissions = ["--allow-ffi"];

/** A server and a client that is connected to it, in a network. */
async function pair(network: PrivateNetwork, at: string): Promise<[Socket, Socket]> {
  const server = Socket.tcp({ network, timeout: 5000 });
  server.bind(at);
  server.listen();
  const client = Socket.tcp({ network, timeout: 5000 });
  await client.connect(at);
  return [client, await server.accept()];
}

Deno.test({
  name: "eavesdropper.ts prints the data of its port, in both directions, and of no other",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create({});
    const [client, accepted] = await pair(network, "127.0.0.1:5000");
    const [other] = await pair(network, "127.0.0.1:5001");
    await using program = Program.start(exampleUrl("eavesdropper.ts"), {
      args: ["5000"],
      permissions,
      prefix: network.enter,
    });
    await program.line("Reading along at port 5000");
    const ends = [String(client.localEndpoint()), "127.0.0.1:5000"];
    await other.send("for somebody else");
    await client.send("a secret\n");
    await accepted.send("kept");
    await program.line("kept");
    assertEquals(program.lines.slice(1), [
      `${ends[0]} -> ${ends[1]} "a secret\\n"`,
      `${ends[1]} -> ${ends[0]} "kept"`,
    ]);
  },
});

Deno.test({
  name: "eavesdropper.ts reads every port if it is given 0, and ends in time",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create({});
    const [client] = await pair(network, "127.0.0.1:7");
    await using program = Program.start(exampleUrl("eavesdropper.ts"), {
      args: ["0", "1"],
      permissions,
      prefix: network.enter,
    });
    await program.line("Reading along at every port");
    await client.send("hello");
    await program.line("hello");
    assertEquals((await program.ended).code, 0);
  },
});

Deno.test("eavesdropper.ts says what it needs where it may not look at packets", {
  ...requires("network namespace"),
}, async () => {
  await using program = Program.start(exampleUrl("eavesdropper.ts"), {
    permissions,
    prefix: ["unshare", "--user"],
  });
  const { code, errorLines } = await program.ended;
  assertEquals(code, 1);
  assertMatch(
    errorLines.join("\n"),
    /^Cannot look at packets here: start this in a network of its own/,
  );
});
