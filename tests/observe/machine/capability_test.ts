import { assertEquals, assertStringIncludes } from "@std/assert";
import { type MachineFacts, PortRange } from "fourtuple";
import {
  capabilities,
  type Findings,
  machineTable,
} from "../../../lib/observe/machine/capability.ts";
import { TOOLS } from "../../../lib/observe/machine/tools.ts";

const LAPTOP: MachineFacts = {
  os: "linux",
  release: "6.18.44",
  arch: "x86_64",
  deno: "2.9.6",
  ephemeralRange: PortRange.from(32768, 60999),
  firstUnprivilegedPort: 1024,
  uid: 1000,
  holdsNetBindService: false,
};

const COMPLETE: Findings = {
  tools: new Map(TOOLS.map((tool) => [tool, `/usr/bin/${tool}`])),
  manager: "apt-get",
  privilegedRefusal: undefined,
  ipv6Refusal: undefined,
  callsLibc: true,
  tableSource: "netlink",
  makesNamespaces: true,
  loopbackRefusal: undefined,
  procFiles: { net: true, settings: true, mounts: "proc /proc proc rw 0 0\n" },
  limits: { openFiles: 20_000, processes: Infinity },
  maxUserNamespaces: 96_365,
  isContainer: false,
};

/** A machine on which everything is missing. */
const BARE: Findings = {
  tools: new Map(),
  manager: undefined,
  privilegedRefusal: new Error("Permission denied (os error 13)"),
  ipv6Refusal: new Error("Cannot assign requested address (os error 99)"),
  callsLibc: false,
  tableSource: undefined,
  makesNamespaces: false,
  loopbackRefusal: new Error("Network is unreachable (os error 101)"),
  procFiles: { net: false, settings: false, mounts: "" },
  limits: { openFiles: 256, processes: 60 },
  isContainer: false,
};

function all(facts: MachineFacts, found: Findings) {
  const { tools, ...others } = capabilities(facts, found);
  return [...Object.values(others), ...Object.values(tools)];
}

Deno.test("capabilities() has a remedy for all that is missing and for nothing else", () => {
  for (const os of ["linux", "darwin", "windows"]) {
    const facts = { ...LAPTOP, os, release: os === "linux" ? "5.15.0" : "24.1.0" };
    for (const { ok, remedy } of all(facts, BARE)) {
      assertEquals([ok, typeof remedy], [false, "string"]);
    }
  }
  for (const { ok, remedy } of all(LAPTOP, COMPLETE)) assertEquals([ok, remedy], [true, undefined]);
});

Deno.test("capabilities() says why privileged ports cannot be bound", () => {
  const table: [
    facts: Partial<MachineFacts>,
    refusal: Error | undefined,
    here: string,
    remedy: string | undefined,
  ][] = [
    [{}, undefined, "below 1024: yes", undefined],
    [{ firstUnprivilegedPort: 0 }, undefined, "there are none", undefined],
    [
      {},
      BARE.privilegedRefusal,
      "below 1024: Permission denied (os error 13)",
      "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=0",
    ],
    [
      { holdsNetBindService: true, uid: 0 },
      BARE.privilegedRefusal,
      "below 1024: Permission denied (os error 13), though CAP_NET_BIND_SERVICE is held",
      "sysctl -w net.ipv4.ip_unprivileged_port_start=0",
    ],
  ];
  for (const [facts, privilegedRefusal, here, remedy] of table) {
    const { privilegedPorts } = capabilities({ ...LAPTOP, ...facts }, {
      ...COMPLETE,
      privilegedRefusal,
    });
    assertEquals([privilegedPorts.here, privilegedPorts.remedy], [here, remedy]);
    assertEquals(privilegedPorts.ok, privilegedRefusal === undefined);
  }
});

Deno.test("capabilities() goes by the kernel's version where it cannot try", () => {
  for (const [release, ok] of [["6.2.9", false], ["6.3.0", true]] as const) {
    assertEquals(capabilities({ ...LAPTOP, release }, COMPLETE).localPortRange.ok, ok);
  }
  assertEquals(capabilities({ ...LAPTOP, os: "darwin" }, COMPLETE).localPortRange.ok, false);
});

Deno.test("capabilities() names the remedy for what forbids namespaces", () => {
  const table: [found: Partial<Findings>, remedy: string][] = [
    [{ tools: new Map() }, "sudo apt-get install -y util-linux"],
    [{ maxUserNamespaces: 0 }, "sudo sysctl -w user.max_user_namespaces=10000"],
    [{ unprivilegedClone: 0 }, "sudo sysctl -w kernel.unprivileged_userns_clone=1"],
    [
      { apparmorRestricts: 1 },
      "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ],
    [
      { isContainer: true, apparmorRestricts: 1 },
      "Start the container with --security-opt seccomp=unconfined --security-opt " +
      "apparmor=unconfined",
    ],
    [
      { unprivilegedClone: 1, apparmorRestricts: 0 },
      'See what "unshare -Urn true" says; the notebooks go on without private networks',
    ],
  ];
  for (const [found, remedy] of table) {
    const { namespaces } = capabilities(LAPTOP, { ...COMPLETE, makesNamespaces: false, ...found });
    assertEquals(namespaces.remedy, remedy);
  }
});

Deno.test("capabilities() names the remedy for what hides the kernel's files", () => {
  const table: [found: Partial<Findings>, mounts: string, remedy: string][] = [
    [{}, "proc /proc proc rw,subset=pid 0 0\n", "sudo mount -t proc proc /proc"],
    [
      {},
      "proc /proc proc rw 0 0\nnone /proc/sys/net tmpfs rw 0 0\n",
      "sudo umount /proc/sys/net, or use a kernel",
    ],
    [
      {},
      "proc /proc proc rw 0 0\nnone /proc/sys tmpfs rw 0 0\n",
      "sudo umount /proc/sys, or use a kernel",
    ],
    [
      { isContainer: true },
      "proc /proc proc rw 0 0\ntmpfs /proc/sys tmpfs rw 0 0\n",
      "sudo umount /proc/sys, or start the container with --security-opt systempaths=unconfined",
    ],
    [{}, "proc /proc proc rw 0 0\n", "sudo mount -t proc proc /proc, or use a kernel"],
  ];
  for (const [found, mounts, remedy] of table) {
    const procFiles = { net: true, settings: false, mounts };
    const { kernelFiles } = capabilities(LAPTOP, { ...COMPLETE, ...found, procFiles });
    assertEquals([kernelFiles.ok, kernelFiles.here], [false, "no /proc/sys/net"]);
    assertStringIncludes(kernelFiles.remedy!, remedy);
  }
});

Deno.test("capabilities() warns of fewer files or processes than the notebooks need", () => {
  const table: [limit: number | undefined, ok: boolean, here: string][] = [
    [60, false, "60 at most"],
    [256, false, "256 at most"],
    [1023, false, "1023 at most"],
    [1024, true, "1024 at most"],
    [Infinity, true, "no limit"],
    [undefined, true, "not known"],
  ];
  for (const [limit, ok, here] of table) {
    const limits = { openFiles: limit, processes: limit };
    const { openFiles, processes } = capabilities(LAPTOP, { ...COMPLETE, limits });
    assertEquals([openFiles.ok, openFiles.here], [ok, here]);
    assertEquals([processes.ok, processes.here], [ok, here]);
  }
  const limits = { openFiles: 256, processes: 60 };
  const { openFiles, processes } = capabilities(LAPTOP, { ...COMPLETE, limits });
  assertStringIncludes(openFiles.remedy!, "sudo prlimit --pid $$ --nofile=4096");
  assertStringIncludes(processes.remedy!, "sudo prlimit --pid $$ --nproc=4096");
  const { remedy } = capabilities(LAPTOP, { ...COMPLETE, limits, isContainer: true }).openFiles;
  assertStringIncludes(remedy!, "; or start the container with --ulimit nofile=4096");
});

Deno.test("machineTable() begins with how much is missing and lists it with its remedy", () => {
  const complete = machineTable(LAPTOP, capabilities(LAPTOP, COMPLETE));
  assertEquals(complete.caption, "Nothing that the course uses is missing.");
  assertEquals(complete.columns, ["what", "here", "needed for", "remedy if it is missing"]);
  assertEquals(complete.rows.slice(0, 4).map(([what, here]) => `${what}: ${here}`), [
    "system: linux 6.18.44, x86_64",
    "Deno: 2.9.6",
    "user: uid 1000, without CAP_NET_BIND_SERVICE",
    "ephemeral ports: 32768-60999 (28232)",
  ]);

  const found = {
    ...COMPLETE,
    tools: new Map([...COMPLETE.tools].filter(([tool]) => tool !== "ss")),
  };
  const lacking = machineTable(LAPTOP, capabilities(LAPTOP, found));
  assertEquals(
    lacking.caption,
    "1 of 20 things that the course uses are missing; it goes on without them.",
  );
  assertEquals(lacking.rows.filter(([, , , remedy]) => remedy !== undefined), [
    ["ss", "missing", "the ss command", "sudo apt-get install -y iproute2"],
  ]);
  assertStringIncludes(String(lacking), "sudo apt-get install -y iproute2");
});
