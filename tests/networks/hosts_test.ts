import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { enterWithHosts, exampleUrl, type LabNetwork, PrivateNetwork, Program } from "fourtuple";
import { requires } from "../requirements.ts";

const { ignore } = requires("network namespace");

Deno.test("enterWithHosts() gives names to a program, and changes no file of the machine", {
  ignore,
}, async () => {
  const before = await Deno.readTextFile("/etc/hosts");
  await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
  const enter = enterWithHosts(network, {
    shop: ["192.168.1.100"],
    localhost: ["127.0.0.1", "::1"],
  });
  await using program = Program.start(exampleUrl("bound_address.ts"), {
    args: ["0", "shop", "shop", "localhost"],
    prefix: enter,
  });
  const { lines } = await program.ended;
  assertMatch(lines[0]!, /^Listening on 192\.168\.1\.100:\d+$/);
  assertEquals(lines.slice(1), ["shop: reached", "localhost: refused"]);
  await using read = Program.command([...enter, "cat", "/etc/hosts"]);
  assertEquals((await read.ended).lines, [
    "192.168.1.100 shop",
    "127.0.0.1 localhost",
    "::1 localhost",
  ]);
  assertEquals(await Deno.readTextFile("/etc/hosts"), before);
});

Deno.test("enterWithHosts() refuses what is no name, no address or no private network", () => {
  const network = { isPrivate: true, enter: ["nsenter"] } as unknown as LabNetwork;
  for (const name of ["a b", "a\n", "-a", "a-", "a..b", ""]) {
    assertThrows(() => enterWithHosts(network, { [name]: ["::1"] }), SyntaxError, undefined, name);
  }
  assertThrows(() => enterWithHosts(network, { a: ["localhost"] }), SyntaxError);
  assertThrows(() => enterWithHosts(network, { a: "::1" as unknown as string[] }), TypeError);
  const shared = { isPrivate: false, note: "no" } as unknown as LabNetwork;
  assertThrows(() => enterWithHosts(shared, {}), Deno.errors.NotSupported);
});
