import { assertEquals } from "@std/assert";
import { PrivateNetwork } from "fourtuple";
import { exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { assertRefuses, sideBySide, start } from "./_example.ts";
import { requires } from "../requirements.ts";

const test = sideBySide("bound_address.ts");

const linux = Deno.build.os === "linux";

test({
  name: "is reached where it listens, and nowhere else",
  ignore: !linux,
  async fn() {
    for (const [hostname, reached] of [["127.0.0.1", 0], ["127.0.0.2", 1], ["::1", 2]] as const) {
      await using program = start("bound_address.ts", 0, hostname);
      const { code, lines } = await program.ended;
      assertEquals(code, 0);
      const answers = ["refused", "refused", "refused"].with(reached, "reached");
      const tried = ["127.0.0.1", "127.0.0.2", "::1"];
      assertEquals(lines.slice(1), tried.map((each, index) => `${each}: ${answers[index]}`));
    }
  },
});

test({
  name: "is reached everywhere when it listens on 0.0.0.0, as in the drawing",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create({
      interfaces: { eth0: ["192.168.1.100"], eth1: ["10.0.0.50"] },
    });
    const addresses = ["192.168.1.100", "10.0.0.50", "127.0.0.1"];
    for (const hostname of ["0.0.0.0", ...addresses]) {
      await using program = Program.start(exampleUrl("bound_address.ts"), {
        args: ["80", hostname, ...addresses, "::1"],
        prefix: network.enter,
      });
      const { lines } = await program.ended;
      const answer = (each: string) =>
        hostname === "0.0.0.0" || each === hostname ? "reached" : "refused";
      assertEquals(lines, [
        `Listening on ${hostname}:80`,
        ...addresses.map((each) => `${each}: ${answer(each)}`),
        "::1: refused",
      ]);
    }
  },
});

test("says in one line that its port is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using program = start("bound_address.ts", port);
  const line = `Cannot listen on 127.0.0.1 port ${port}: AddrInUse: Address already in use`;
  await assertRefuses(program, { code: 1, line });
});

test({
  name: "gives up an address that stays silent, and ends",
  ...requires("network namespace"),
  async fn() {
    // 10.0.0.77 has a hardware address, so nothing reports that nobody has it.
    const far = "ip route add 10.0.0.0/24 dev eth0 && " +
      "ip neigh add 10.0.0.77 lladdr 02:00:00:00:00:01 dev eth0";
    await using network = await PrivateNetwork.create({ interfaces: { eth0: ["10.0.0.50"] } });
    await using program = Program.start(exampleUrl("bound_address.ts"), {
      args: ["0", "0.0.0.0", "10.0.0.77", "10.0.0.50"],
      prefix: [...network.enter, "sh", "-c", `${far} && exec "$@"`, "sh"],
      lifetime: 30_000,
    });
    const { code, lines } = await program.ended; // code is null if it had to be killed
    assertEquals(
      { code, lines: lines.slice(1) },
      { code: 0, lines: ["10.0.0.77: no answer", "10.0.0.50: reached"] },
    );
  },
});
