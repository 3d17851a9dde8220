import { DISPLAY, labNetwork, Unseen } from "fourtuple";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { runProgram } from "../sockets/_sockets.ts";
import { isRefusal } from "../../lib/refusal.ts";
import { requires } from "../requirements.ts";

const { ignore } = requires("network namespace");

Deno.test({
  name: "labNetwork() is a private network where one can be had",
  ignore,
  async fn() {
    await using lab = await labNetwork({ addresses: ["192.168.1.100"] });
    assertEquals([lab.isPrivate, lab.note], [true, ""]);
    for (const place of ["192.168.1.100:80", "127.0.0.1:80", "[::1]:80", "0.0.0.0:80", "[::]:80"]) {
      assertEquals(String(lab.endpoint(place)), place);
    }
    const error = assertThrows(() => lab.endpoint("192.168.1.101:80"), RangeError);
    assertEquals(
      error.message,
      'Cannot use "192.168.1.101:80" in this network: it has the addresses 192.168.1.100, ' +
        '127.0.0.1, ::1, got "192.168.1.101"',
    );
  },
});

Deno.test({
  name: "inPrivate() does the work in a private network, and refuses what no lesson means",
  ignore,
  async fn() {
    await using lab = await labNetwork();
    assertEquals(await lab.inPrivate("seven", () => 7), 7);
    assertEquals(await lab.inPrivate("eight", () => Promise.resolve(8)), 8);
    const own = new Error("mine");
    assertEquals(await lab.inPrivate("x", () => Promise.reject(own)).catch((e) => e), own);
    const lacking = new Deno.errors.NotSupported("nft is missing");
    const unseen = await lab.inPrivate("ten", () => Promise.reject(lacking));
    assertEquals(String(unseen), "What would have been seen: ten\nnft is missing");
    for (
      const [given, Class] of [
        [[" ", () => 7], RangeError],
        [[7, () => 7], TypeError],
        [["seven", 7], TypeError],
      ] as const
    ) {
      const inPrivate = lab.inPrivate.bind(lab) as (...given: unknown[]) => Promise<unknown>;
      assert(isRefusal(await assertRejects(() => inPrivate(...given), Class)));
    }
  },
});

Deno.test("Unseen shows what would have been seen, and why it was not", () => {
  const unseen = new Unseen("ten lines", "This machine forbids it.");
  const text = "What would have been seen: ten lines\nThis machine forbids it.";
  assertEquals(String(unseen), text);
  assertEquals(Deno.inspect(unseen), text);
  assertEquals(unseen[DISPLAY](), { "text/plain": text });
});

Deno.test("labNetwork() refuses what no network has", async () => {
  await assertRejects(() => labNetwork({ addresses: ["127.0.0.1"] }), RangeError);
  await assertRejects(() => labNetwork({ addresses: ["localhost"] }), SyntaxError);
});

Deno.test({
  name: "labNetwork() goes on with stand-ins where namespaces are forbidden",
  ignore,
  async fn() {
    const told = await run(["unshare", "-Urn", "sh", "-ec", FORBID, "sh"]);
    const { lab, standIns, refusals, ...rest } = told;
    const [web, client, six, otherSix] = standIns as [string, string, string, string];
    const [, net] = /^(127\.\d+\.\d+)\.1:80$/.exec(web)!;
    assertEquals(client, `${net}.2:52431`);
    assertEquals(six, "[::1]:8080");
    assertMatch(otherSix, /^\[::1\]:\d+$/);
    assertEquals(lab, {
      isPrivate: false,
      note: `This lab runs on loopback, with ${net}.1 for 192.168.1.100, ${net}.2 for 10.0.0.50, ` +
        "::1 for 2001:db8::1, ::1 for 2001:db8::2: a port that is taken or privileged gets " +
        "another number, interfaces and sysctls are the machine's own, and its table lists all " +
        `other sockets too. ${told.refusal[1]}`,
      enter: [],
      addresses: ["192.168.1.100", "10.0.0.50", "2001:db8::1", "2001:db8::2"],
      isOwnPid: true,
    });
    const open = "outside a private network this address is open to other computers";
    assertEquals(refusals, [
      `RangeError: Cannot use "0.0.0.0:80" in a lab on loopback: ${open}, got "0.0.0.0"`,
      `RangeError: Cannot use "[::]:80" in a lab on loopback: ${open}, got "::"`,
      'RangeError: Cannot use "10.9.9.9:80" in this network: it has the addresses 192.168.1.100, ' +
      '10.0.0.50, 2001:db8::1, 2001:db8::2, 127.0.0.1, ::1, got "10.9.9.9"',
    ]);
    assertEquals({ ...rest, rows: rest.rows.toSorted() }, {
      refusal: rest.refusal,
      leaks: 0,
      again: standIns,
      rows: [web, client].toSorted(),
      closed: [true, true, true],
      leftOpen: 0,
      diagDescriptor: -1,
      unseen: [`What would have been seen: ten lines\n${told.refusal[1]}`, false],
      shown: `LabNetwork { network on loopback for ${lab.addresses.join(", ")} }\n${lab.note}`,
    });
    assertEquals(new Set(standIns).size, 4);
  },
});

Deno.test({
  name: "labNetwork() gives a privileged port a stand-in that an ordinary user may have",
  ignore,
  async fn() {
    // A network whose ports below 1024 this user may not have, and no further namespace.
    const nobody = ["unshare", "-U", "--map-user=1000", "--map-group=1000"];
    const told = await run(["unshare", "-Urn", "sh", "-ec", FORBID, "sh", ...nobody], 1);
    const [web, client] = told.standIns as [string, string];
    assertMatch(web, /^127\.\d+\.\d+\.1:(?!80$)\d{4,5}$/);
    assertMatch(client, /^127\.\d+\.\d+\.2:52431$/);
    assertEquals(told.rows.toSorted(), [web, client].toSorted());
    assertMatch(told.refusal[1], /got "unshare failed: No space left on device"\. Remedy: \S+/);
  },
});

const FORBID =
  'ip link set lo up; echo "${NAMESPACES:-0}" > /proc/sys/user/max_user_namespaces; exec "$@"';

/** Runs the program that tells what is so; so many user namespaces may still be made. */
// deno-lint-ignore no-explicit-any -- it is what the program prints
async function run(prefix: readonly string[], namespaces = 0): Promise<any> {
  const { stdout, stderr } = await runProgram({
    file: new URL("_forbidden_network.ts", import.meta.url),
  }, {
    prefix: ["env", `NAMESPACES=${namespaces}`, ...prefix],
  });
  assertEquals(stderr, "");
  return JSON.parse(stdout);
}

Deno.test("labNetwork() has stand-ins where a program that the lesson needs is missing", async () => {
  const path = Deno.env.get("PATH")!;
  Deno.env.set("PATH", "/nowhere");
  try {
    await using lab = await labNetwork({ addresses: ["10.0.0.5"], needs: ["nft"] });
    assertEquals(lab.isPrivate, false);
    assertMatch(lab.note, /install the package nftables/);
  } finally {
    Deno.env.set("PATH", path);
  }
  const wrong = { needs: ["grep"] } as unknown as Parameters<typeof labNetwork>[0];
  assertMatch((await assertRejects(() => labNetwork(wrong), Error)).message, /"grep"/);
  await assertRejects(
    () => labNetwork({ needs: "nft" } as unknown as Parameters<typeof labNetwork>[0]),
    TypeError,
  );
});
