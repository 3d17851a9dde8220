import { assert, assertEquals } from "@std/assert";
import { ephemeralRange } from "fourtuple";
import { requires } from "../../requirements.ts";

Deno.test("ephemeralRange() is the range that bind(0) keeps to", () => {
  const range = ephemeralRange();
  for (const hostname of ["127.0.0.1", "::1"]) {
    const listeners = Array.from({ length: 40 }, () => Deno.listen({ hostname, port: 0 }));
    const ports = listeners.map(({ addr }) => addr.port);
    listeners.forEach((listener) => listener.close());
    assertEquals(ports.filter((port) => !range.has(port)), [], `${hostname}: outside of ${range}`);
  }
});

Deno.test({
  name: "ephemeralRange() is the network namespace's own, as it is now",
  ...requires("network namespace"),
  fn() {
    const module = new URL("../../../lib/observe/machine/ephemeral_range.ts", import.meta.url).href;
    const program = `
      import { ephemeralRange } from ${JSON.stringify(module)};
      console.log(String(ephemeralRange()));
      Deno.writeTextFileSync("/proc/sys/net/ipv4/ip_local_port_range", "10000 65535");
      console.log(String(ephemeralRange()));
    `;
    const { stdout, stderr } = new Deno.Command("unshare", {
      args: ["-Urn", Deno.execPath(), "eval", program],
      env: { NO_COLOR: "1" },
    }).outputSync();
    const [before, after] = new TextDecoder().decode(stdout).split("\n");
    assertEquals(after, "10000-65535", new TextDecoder().decode(stderr));
    assert(before !== after);
    assert(`${ephemeralRange()}` !== after, "the namespace's range reached this one");
  },
});
