import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DISPLAY, ephemeralRange, machine } from "fourtuple";
import { canMakeNamespace } from "../../_namespace.ts";
import { requires } from "../../requirements.ts";

Deno.test("machine() tells what is here", async () => {
  const here = await machine();
  assertEquals(here.os, Deno.build.os);
  assertEquals(here.deno, Deno.version.deno);
  assertEquals(here.uid, Deno.uid());
  assertEquals(String(here.ephemeralRange), String(ephemeralRange()));
  assertEquals(here.namespaces.ok, canMakeNamespace);
  for (const [tool, { ok, here: path }] of Object.entries(here.tools)) {
    if (ok) assert(Deno.statSync(path).isFile, tool);
  }
  const bundle = await here[DISPLAY]();
  assertEquals(bundle["text/plain"], String(here));
  assertStringIncludes(String(bundle["text/html"]), "<th");
});

Deno.test({
  name: "machine() finds the system's own tools and settings on Linux",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const here = await machine();
    assertEquals(here.kernelTable.ok, true);
    const start = Deno.readTextFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    assertEquals(`${here.firstUnprivilegedPort}\n`, start);
    const shell = await new Deno.Command("sh", { args: ["-c", "command -v ss"] }).output();
    const path = new TextDecoder().decode(shell.stdout).trim();
    assertEquals(here.tools.ss.here, path === "" ? "missing" : path);
  },
});

Deno.test({
  name: "machine() without privileges is refused privileged ports, and says so",
  // A container of Docker has no privileged ports.
  ignore: requires("network namespace").ignore || (await machine()).firstUnprivilegedPort === 0,
  async fn() {
    const there = await machineUnder("unshare", "-U");
    assertEquals(there.privilegedPorts.ok, false);
    assertEquals(there.holdsNetBindService, false);
    assertStringIncludes(there.privilegedPorts.here, "below 1024: Permission denied");
    assertStringIncludes(there.privilegedPorts.remedy!, "net.ipv4.ip_unprivileged_port_start=0");
    // Root of a namespace holds the capability, but not over the network that it is in.
    const root = await machineUnder("unshare", "-Ur");
    assertEquals([root.holdsNetBindService, root.privilegedPorts.ok], [true, false]);
    const own = await machineUnder("unshare", "-Urn");
    assertEquals([own.holdsNetBindService, own.privilegedPorts.ok], [true, true]);
  },
});

Deno.test({
  name: "machine() finds that neither 127.0.0.1 nor ::1 can be used where loopback is down",
  ...requires("network namespace"),
  async fn() {
    const { loopback, ipv6 } = await machineUnder("unshare", "-Urn");
    assertEquals([loopback.ok, ipv6.ok], [false, false]);
    assertEquals([loopback.remedy, ipv6.remedy], ["ip link set lo up", "ip link set lo up"]);
    const up = 'ip link set lo up && exec "$@"';
    assertEquals((await machineUnder("unshare", "-Urn", "sh", "-c", up, "sh")).loopback.ok, true);
    const noIpv6 = `sysctl -qw net.ipv6.conf.lo.disable_ipv6=1 && ${up}`;
    const there = await machineUnder("unshare", "-Urn", "sh", "-c", noIpv6, "sh");
    assertEquals([there.loopback.ok, there.ipv6.ok], [true, false]);
    assertStringIncludes(there.ipv6.remedy!, "net.ipv6.conf.lo.disable_ipv6=0");
  },
});

Deno.test("machine() goes on where there is no program at all", async () => {
  const bare = await machineUnder("env", "PATH=");
  assertEquals(bare.namespaces.ok, false);
  for (const { ok, here, remedy } of Object.values(bare.tools)) {
    assertEquals([ok, here, typeof remedy], [false, "missing", "string"]);
  }
});

Deno.test("machine() finds a tool as a shell does: the first program on the PATH", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [place, mode] of [["text", 0o644], ["program", 0o755], ["later", 0o755]] as const) {
      await Deno.mkdir(`${folder}/${place}`);
      await Deno.writeTextFile(`${folder}/${place}/ss`, "#!/bin/sh\n", { mode });
    }
    await Deno.mkdir(`${folder}/text/lsof`);
    const path = ["gone", "text", "text/ss", "program", "later"].map((each) => `${folder}/${each}`);
    const { tools } = await machineUnder("env", `PATH=:${path.join(":")}`);
    assertEquals(tools.ss.here, `${folder}/program/ss`);
    assertEquals(tools.lsof.ok, false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** What a process that is started so finds; it is plain JSON, so methods are missing. */
async function machineUnder(
  command: string,
  ...args: string[]
): Promise<Awaited<ReturnType<typeof machine>>> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [
      ...args,
      Deno.execPath(),
      "run",
      "-A",
      new URL("./_print_machine.ts", import.meta.url).href,
    ],
    signal: AbortSignal.timeout(30_000),
  }).output();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}
