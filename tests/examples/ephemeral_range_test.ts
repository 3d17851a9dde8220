import { assertEquals, assertMatch } from "@std/assert";
import { ephemeralRange, PrivateNetwork } from "fourtuple";
import { exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { assertRefuses, sideBySide } from "./_example.ts";
import { requires } from "../requirements.ts";

const test = sideBySide("ephemeral_range.ts");

const permissions = ["--allow-run"];

/** Only shows: whoever tries to set the range here would set that of the whole machine. */
function show(): Program {
  return Program.start(exampleUrl("ephemeral_range.ts"), { permissions });
}

test("shows this machine's range", async () => {
  await using program = show();
  const { code, lines } = await program.ended;
  const { first, last, size } = ephemeralRange();
  assertEquals([code, lines.at(-1)], [0, `${first} to ${last}: ${size} ports`]);
});

test({
  name: "sets the range of a network of its own, and of no other",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create({
      sysctls: { "net.ipv4.ip_local_port_range": "32768 60999" },
    });
    const before = ephemeralRange();
    await using program = Program.start(exampleUrl("ephemeral_range.ts"), {
      permissions,
      prefix: network.enter,
      args: ["10000", "65535"],
    });
    const { code, lines } = await program.ended;
    assertEquals([code, lines], [0, [
      '$ sysctl -w "net.ipv4.ip_local_port_range=10000 65535"',
      "$ cat /proc/sys/net/ipv4/ip_local_port_range",
      "10000 to 65535: 55536 ports",
    ]]);
    assertEquals(String(ephemeralRange()), String(before));
    // Privileged ports are not for a range: there the kernel says no.
    await using refused = Program.start(exampleUrl("ephemeral_range.ts"), {
      permissions,
      prefix: network.enter,
      args: ["80", "90"],
    });
    const { code: other, errorLines } = await refused.ended;
    assertEquals(other, 1);
    assertMatch(errorLines.join(" "), /^Cannot run sysctl: .*Invalid argument/);
  },
});

test("refuses what is no range, before it runs anything", async () => {
  const rule = "it must be a whole number from 1 to 65535";
  const bad: [string[], string][] = [
    [["80abc", "90"], `Cannot use port "80abc": ${rule}`],
    [["0", "90"], `Cannot use port "0": ${rule}`],
    [["50000"], `Cannot use port "": ${rule}`],
    [["50000", "65536"], `Cannot use port "65536": ${rule}`],
    [
      ["50001", "50000"],
      "Cannot use the range 50001 to 50000: its last port must not be below its first",
    ],
  ];
  for (const [args, line] of bad) {
    // Without --allow-run it could not set anything, were it to try.
    await using program = Program.start(exampleUrl("ephemeral_range.ts"), {
      args,
      permissions: [],
    });
    await assertRefuses(program, { code: 2, line });
  }
});
