import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connections, crowdSize, openCrowd, until } from "fourtuple";
import { isRefusal } from "../../../lib/refusal.ts";

const linux = { ignore: Deno.build.os !== "linux" };

Deno.test("openCrowd() connects clients from three addresses to one port", linux, async () => {
  const crowd = await openCrowd({ most: 300 });
  const { port } = crowd.endpoint;
  try {
    await crowd.growTo(120, { steps: 2 });
    await crowd.growTo(300, { steps: 1 });
    assertEquals(crowd.size, 300);
    assertEquals(crowd.samples.map((sample) => sample.connections), [0, 60, 120, 300]);
    const rows = crowd.rows();
    assertEquals(new Set(rows.map(({ local }) => local.port)), new Set([port]));
    assertEquals(new Set(rows.map(({ remote }) => remote.address)).size, 3);
    assertEquals(new Set(rows.map(({ remote }) => String(remote))).size, 300);
    const [first, , , last] = crowd.samples;
    assertEquals(last!.descriptors - first!.descriptors, 300, "a descriptor for each connection");
    assert(last!.memory > 1e6 && last!.tableTime > 0);
    assert(await crowd.askAll() > 0);
    assertEquals(crowd.toTable().rows.length, 4);
    const error = await assertRejects(() => crowd.growTo(301), RangeError);
    assert(isRefusal(error));
  } finally {
    await crowd.close();
  }
  await until(() => connections({ port, protocol: "tcp" }).length === 0, { timeout: 5000 });
});

Deno.test(
  "openCrowd() refuses more than a process may have open, and misspelt options",
  linux,
  async () => {
    assert(isRefusal(await assertRejects(() => openCrowd({ most: 0 }), RangeError)));
    assert(isRefusal(await assertRejects(() => openCrowd({ size: 7 } as never), TypeError)));
    const limit = /^Max open files +(\d+)/m.exec(Deno.readTextFileSync("/proc/self/limits"))?.[1];
    if (limit === undefined || Number(limit) > 40_000) return;
    const error = await assertRejects(() => openCrowd({ most: 50_000 }), RangeError);
    assert(isRefusal(error) && error.rule.includes("ulimit -n"), error.message);
  },
);

Deno.test("crowdSize() is 1,000 at most, or what the variable says", linux, () => {
  const before = Deno.env.get("FOURTUPLE_CLIENTS");
  try {
    Deno.env.delete("FOURTUPLE_CLIENTS");
    const limit = /^Max open files +(\d+)/m.exec(Deno.readTextFileSync("/proc/self/limits"))?.[1];
    assertEquals(crowdSize(), Math.min(1000, 100 * Math.floor((Number(limit) - 100) / 100)));
    Deno.env.set("FOURTUPLE_CLIENTS", "10000");
    assertEquals(crowdSize(), 10_000);
    for (const bad of ["", "0", "-1", "1e4", "ten", "50001"]) {
      Deno.env.set("FOURTUPLE_CLIENTS", bad);
      assert(isRefusal(assertThrows(crowdSize, RangeError)), bad);
    }
  } finally {
    if (before === undefined) Deno.env.delete("FOURTUPLE_CLIENTS");
    else Deno.env.set("FOURTUPLE_CLIENTS", before);
  }
});
