import { assertEquals, assertMatch } from "@std/assert";
import { exampleUrl } from "../../lib/examples/catalog.ts";
import { Program } from "../../lib/program/program.ts";
import { assertRefuses, sideBySide, start } from "./_example.ts";
import { requires } from "../requirements.ts";

const test = sideBySide("privileged_port.ts");

/** The first port that needs no privileges, where the system has such a setting. */
const firstUnprivileged = Deno.build.os === "linux"
  ? Number(Deno.readTextFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start"))
  : 0;

/** A privileged port on loopback that nobody has. */
const PORT = 1;

test({
  name: "is refused without privileges, in one clear line",
  ignore: requires("network namespace").ignore || firstUnprivileged <= PORT,
  async fn() {
    await using program = Program.start(exampleUrl("privileged_port.ts"), {
      args: [String(PORT)],
      prefix: ["unshare", "--user"],
    });
    const line = `Refused: this process may not listen on 127.0.0.1 port ${PORT}, ` +
      "EACCES: the kernel keeps this port for privileged processes";
    await assertRefuses(program, { code: 1, line });
  },
});

test({
  name: "is granted where the kernel's setting says so",
  ...requires("network namespace"),
  async fn() {
    // In a network of its own the setting is its own too, and root of it may bind everywhere: so
    // the setting is made first, and the privilege given away before the program starts.
    const setUp =
      "ip link set lo up && echo 80 > /proc/sys/net/ipv4/ip_unprivileged_port_start && " +
      'exec unshare --user "$@"';
    const inNetwork = (port: number) =>
      Program.start(exampleUrl("privileged_port.ts"), {
        args: [String(port)],
        prefix: ["unshare", "--user", "--map-root-user", "--net", "sh", "-ec", setUp, "sh"],
      });
    await using granted = inNetwork(80);
    const { code, lines } = await granted.ended;
    const line = "Granted: this process may listen on 127.0.0.1 port 80";
    assertEquals({ code, lines }, { code: 0, lines: [line] });
    await using refused = inNetwork(79);
    assertMatch((await refused.ended).lines.join("\n"), /^Refused: .* port 79, EACCES/);
  },
});

test("is granted an ordinary port, and tells a taken one from a refusal", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using refused = start("privileged_port.ts", port);
  const line = `Refused: this process may not listen on 127.0.0.1 port ${port}, ` +
    "EADDRINUSE: privileges or not, another socket holds this port";
  await assertRefuses(refused, { code: 1, line });
  taken.close();
  await using granted = start("privileged_port.ts", port);
  const { code, lines } = await granted.ended;
  const expected = `Granted: this process may listen on 127.0.0.1 port ${port}`;
  assertEquals({ code, lines }, { code: 0, lines: [expected] });
});
