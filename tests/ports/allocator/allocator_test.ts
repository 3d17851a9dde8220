import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  PortAllocator,
  type PortAllocatorOptions,
  PortRange,
  PortsExhaustedError,
  PortUnavailableError,
} from "fourtuple";
import { refused } from "../../_refused.ts";

/**
 * One step, and what comes of it: a port, "exhausted", the reason why a port cannot be reserved, or
 * whether there was something to release. `wait` moves the clock (milliseconds), `busy` and `idle`
 * change what the probe answers about a port.
 */
type Step =
  | { allocate: string; gives: number | "exhausted" }
  | {
    reserve: number;
    by: string;
    gives: number | "allocated" | "quarantined" | "refused" | "outside";
  }
  | { release: number; gives: boolean }
  | { wait: number }
  | { busy: number }
  | { idle: number };

interface Scenario {
  readonly shows: string;
  readonly range: string;
  readonly quarantine?: number;
  readonly steps: readonly Step[];
}

const SCENARIOS: readonly Scenario[] = [
  {
    shows: "the lowest free port comes first",
    range: "6000-6002",
    steps: [
      { allocate: "a", gives: 6000 },
      { allocate: "b", gives: 6001 },
      { allocate: "c", gives: 6002 },
      { allocate: "d", gives: "exhausted" },
    ],
  },
  {
    shows: "a released port is the next one again",
    range: "6000-6002",
    steps: [
      { allocate: "a", gives: 6000 },
      { allocate: "b", gives: 6001 },
      { release: 6000, gives: true },
      { allocate: "c", gives: 6000 },
      { allocate: "d", gives: 6002 },
      { allocate: "e", gives: "exhausted" },
      { release: 6001, gives: true },
      { allocate: "e", gives: 6001 },
    ],
  },
  {
    shows: "a port has one client at a time",
    range: "6000-6999",
    steps: [
      { reserve: 6001, by: "a", gives: 6001 },
      { reserve: 6001, by: "b", gives: "allocated" },
      { reserve: 6001, by: "a", gives: "allocated" },
      { release: 6001, gives: true },
      { reserve: 6001, by: "b", gives: 6001 },
    ],
  },
  {
    shows: "a reserved port is not allocated again, nor an allocated one reserved",
    range: "6000-6002",
    steps: [
      { reserve: 6000, by: "a", gives: 6000 },
      { allocate: "b", gives: 6001 },
      { reserve: 6001, by: "c", gives: "allocated" },
      { reserve: 6002, by: "c", gives: 6002 },
      { allocate: "d", gives: "exhausted" },
    ],
  },
  {
    shows: "nothing outside of the range is available",
    range: "6000-6002",
    steps: [
      { reserve: 5999, by: "a", gives: "outside" },
      { reserve: 6003, by: "a", gives: "outside" },
      { reserve: 0, by: "a", gives: "outside" },
      { reserve: 65535, by: "a", gives: "outside" },
      { release: 5999, gives: false },
    ],
  },
  {
    shows: "a port that is not allocated is not released, nor is one a second time",
    range: "6000-6002",
    steps: [
      { release: 6000, gives: false },
      { allocate: "a", gives: 6000 },
      { release: 6000, gives: true },
      { release: 6000, gives: false },
      { allocate: "b", gives: 6000 },
      { allocate: "c", gives: 6001 },
    ],
  },
  {
    shows: "ports that the probe refuses are skipped, and asked about again",
    range: "6000-6002",
    steps: [
      { busy: 6000 },
      { allocate: "a", gives: 6001 },
      { reserve: 6000, by: "b", gives: "refused" },
      { busy: 6002 },
      { allocate: "b", gives: "exhausted" },
      { idle: 6000 },
      { allocate: "b", gives: 6000 },
      { allocate: "c", gives: "exhausted" },
      { idle: 6002 },
      { reserve: 6002, by: "c", gives: 6002 },
    ],
  },
  {
    shows: "a port that is allocated stays so, whatever the probe would say",
    range: "6000-6000",
    steps: [
      { allocate: "a", gives: 6000 },
      { busy: 6000 },
      { reserve: 6000, by: "b", gives: "allocated" },
      { release: 6000, gives: true },
      { reserve: 6000, by: "b", gives: "refused" },
      { allocate: "b", gives: "exhausted" },
    ],
  },
  {
    shows: "a released port is in quarantine",
    range: "6000-6001",
    quarantine: 60_000,
    steps: [
      { allocate: "a", gives: 6000 },
      { release: 6000, gives: true },
      { reserve: 6000, by: "b", gives: "quarantined" },
      { release: 6000, gives: false },
      { allocate: "b", gives: 6001 },
      { allocate: "c", gives: "exhausted" },
      { wait: 59_999 },
      { allocate: "c", gives: "exhausted" },
      { wait: 1 },
      { allocate: "c", gives: 6000 },
    ],
  },
  {
    shows: "each quarantine begins with the port's own release",
    range: "6000-6002",
    quarantine: 100,
    steps: [
      { allocate: "a", gives: 6000 },
      { allocate: "b", gives: 6001 },
      { allocate: "c", gives: 6002 },
      { release: 6002, gives: true },
      { wait: 60 },
      { release: 6000, gives: true },
      { wait: 40 },
      { allocate: "d", gives: 6002 },
      { allocate: "e", gives: "exhausted" },
      { release: 6002, gives: true },
      { wait: 60 },
      { allocate: "e", gives: 6000 },
      { reserve: 6002, by: "f", gives: "quarantined" },
      { wait: 40 },
      { reserve: 6002, by: "f", gives: 6002 },
    ],
  },
  {
    shows: "the range may be all 65,536 ports",
    range: "0-65535",
    steps: [
      { allocate: "a", gives: 0 },
      { reserve: 65535, by: "b", gives: 65535 },
      { reserve: 65535, by: "c", gives: "allocated" },
      { allocate: "c", gives: 1 },
    ],
  },
];

/** An allocator whose clock and probe the test controls. */
class Scene {
  time = 0;
  readonly busy = new Set<number>();
  readonly probed: number[] = [];
  readonly allocator: PortAllocator;

  constructor(range: string, options: PortAllocatorOptions = {}) {
    this.allocator = new PortAllocator(PortRange.parse(range), {
      probe: (port) => {
        this.probed.push(port);
        return !this.busy.has(port);
      },
      now: () => this.time,
      ...options,
    });
  }

  /** Does a step and returns what came of it. */
  take(step: Step): unknown {
    if ("wait" in step) return void (this.time += step.wait);
    if ("busy" in step) return void this.busy.add(step.busy);
    if ("idle" in step) return void this.busy.delete(step.idle);
    if ("release" in step) return this.allocator.release(step.release);
    try {
      const [lease, client] = "allocate" in step
        ? [this.allocator.allocate(step.allocate), step.allocate]
        : [this.allocator.reserve(step.reserve, step.by), step.by];
      assertEquals(this.allocator.clientOf(lease.port), client);
      return lease.port;
    } catch (error) {
      if (error instanceof PortsExhaustedError) return "exhausted";
      if (error instanceof PortUnavailableError) return error.reason;
      if (error instanceof RangeError) return "outside";
      throw error;
    }
  }
}

Deno.test("PortAllocator, step by step", async (t) => {
  for (const { shows, range, quarantine = 0, steps } of SCENARIOS) {
    await t.step(shows, () => {
      const scene = new Scene(range, { quarantine });
      for (const [index, step] of steps.entries()) {
        const gives = "gives" in step ? step.gives : undefined;
        assertEquals(scene.take(step), gives, `step ${index}: ${JSON.stringify(step)}`);
      }
    });
  }
});

const RANGE = PortRange.from(6000, 6007);
const PORT = fc.integer({ min: RANGE.first - 1, max: RANGE.last + 1 });
const STEP = fc.oneof(
  { weight: 4, arbitrary: fc.record({ allocate: fc.constantFrom("a", "b", "c") }) },
  { weight: 2, arbitrary: fc.record({ reserve: PORT, by: fc.constantFrom("a", "b", "c") }) },
  { weight: 3, arbitrary: fc.record({ release: PORT }) },
  { weight: 1, arbitrary: fc.record({ wait: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ busy: PORT }) },
  { weight: 1, arbitrary: fc.record({ idle: PORT }) },
) as fc.Arbitrary<Step>;

/** The same allocator, written as plainly as possible. */
class Model {
  readonly allocated = new Map<number, string>();
  readonly quarantined = new Map<number, number>();
  time = 0;
  constructor(readonly quarantine: number, readonly busy: ReadonlySet<number>) {}

  endQuarantines(): void {
    for (const [port, until] of this.quarantined) {
      if (until <= this.time) this.quarantined.delete(port);
    }
  }

  /** The ports that may be allocated, the lowest first. */
  available(): number[] {
    this.endQuarantines();
    return [...RANGE].filter((port) =>
      !this.allocated.has(port) && !this.quarantined.has(port) && !this.busy.has(port)
    );
  }

  reasonAgainst(port: number): string | undefined {
    this.endQuarantines();
    if (!RANGE.has(port)) return "outside";
    if (this.allocated.has(port)) return "allocated";
    if (this.quarantined.has(port)) return "quarantined";
    return this.busy.has(port) ? "refused" : undefined;
  }

  release(port: number): boolean {
    const allocated = this.allocated.delete(port);
    if (allocated && this.quarantine > 0) this.quarantined.set(port, this.time + this.quarantine);
    return allocated;
  }
}

for (const order of ["lowest", "random"] as const) {
  Deno.test(`PortAllocator in order "${order}" does the same as the plain model, whatever the steps`, () => {
    const settings = fc.record({ quarantine: fc.constantFrom(0, 1, 20), seed: fc.nat() });
    let [given, exhausted] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(STEP, { maxLength: 80, size: "max" }),
        settings,
        (steps, { quarantine, seed }) => {
          const scene = new Scene(`${RANGE}`, { quarantine, order, seed });
          const model = new Model(quarantine, scene.busy);
          for (const step of steps) {
            const available = model.available();
            const result = scene.take(step);
            if ("allocate" in step) {
              if (available.length === 0) {
                assertEquals(result, "exhausted");
                exhausted++;
              } else {
                const port = result as number;
                assert(order === "lowest" ? port === available[0] : available.includes(port));
                model.allocated.set(port, step.allocate);
                given++;
              }
            } else if ("reserve" in step) {
              const reason = model.reasonAgainst(step.reserve);
              assertEquals(result, reason ?? step.reserve);
              if (reason === undefined) model.allocated.set(step.reserve, step.by);
            } else if ("release" in step) {
              assertEquals(result, model.release(step.release));
            }
            model.time = scene.time;
            model.endQuarantines();
            const { allocator } = scene;
            // Every port is allocated, in quarantine or free.
            assertEquals(
              [...allocator].map(({ port, client }) => [port, client]),
              [...model.allocated].toSorted(([a], [b]) => a - b),
            );
            assertEquals(allocator.allocated, model.allocated.size);
            assertEquals(allocator.quarantined, model.quarantined.size);
            assertEquals(allocator.allocated + allocator.quarantined + allocator.free, RANGE.size);
          }
        },
      ),
      { numRuns: 300 },
    );
    assert(given > 1_000 && exhausted > 50, `too few: ${given} allocated, ${exhausted} exhausted`);
  });
}

Deno.test("release() undoes allocate(): every port is free again, in whatever order they are released", () => {
  const shuffled = fc.shuffledSubarray([...RANGE], { minLength: RANGE.size });
  fc.assert(fc.property(shuffled, fc.constantFrom("lowest", "random"), (ports, order) => {
    const { allocator } = new Scene(`${RANGE}`, { order });
    for (let round = 0; round < 3; round++) {
      const given = [...RANGE].map(() => allocator.allocate("a").port);
      assertEquals(given.toSorted(), [...RANGE]);
      assertEquals(allocator.free, 0);
      for (const port of ports) assert(allocator.release(port));
      assertEquals(allocator.free, RANGE.size);
    }
  }));
});

Deno.test("PortAllocator asks the probe once about a port that it allocates, however full the range", () => {
  for (const order of ["lowest", "random"] as const) {
    const { allocator, probed } = new Scene("1024-65535", { order, seed: 1 });
    for (const _ of allocator.range) {
      probed.length = 0;
      const { port } = allocator.allocate("a");
      if (probed.length !== 1 || probed[0] !== port) assertEquals(probed, [port], order);
    }
    probed.length = 0;
    assertThrows(() => allocator.allocate("b"), PortsExhaustedError);
    assertEquals(probed, []);
  }
});

Deno.test("PortAllocator asks about each refused port once in an allocation", () => {
  for (const order of ["lowest", "random"] as const) {
    const scene = new Scene("6000-6099", { order, seed: 1 });
    for (let port = 6000; port < 6099; port++) scene.busy.add(port);
    assertEquals(scene.take({ allocate: "a", gives: 6099 }), 6099);
    assertEquals(new Set(scene.probed).size, scene.probed.length);
    scene.probed.length = 0;
    assertEquals(scene.take({ allocate: "b", gives: "exhausted" }), "exhausted");
    assertEquals(scene.probed.toSorted(), Array.from({ length: 99 }, (_, n) => 6000 + n));
  }
});

Deno.test("PortAllocator gives the same ports for the same seed, and others for another seed", () => {
  const draw = (seed: number) => {
    const { allocator } = new Scene("6000-6999", { order: "random", seed });
    return Array.from({ length: 20 }, () => allocator.allocate("a").port);
  };
  assertEquals(draw(1), draw(1));
  assert(`${draw(1)}` !== `${draw(2)}`);
  assert(`${draw(0)}` !== `${draw(2 ** 32 - 1)}`);
});

Deno.test("PortAllocator without a seed gives other ports each time", () => {
  const draw = () => {
    const { allocator } = new Scene("0-65535", { order: "random" });
    return `${Array.from({ length: 8 }, () => allocator.allocate("a").port)}`;
  };
  // Equal by chance once in 10 ** 38.
  assert(draw() !== draw());
});

Deno.test("a probe that throws leaves everything as it was", () => {
  for (const order of ["lowest", "random"] as const) {
    const failure = new Error("the probe broke");
    const broken = new Set([6001]);
    const allocator = new PortAllocator(PortRange.from(6000, 6001), {
      order,
      seed: 1,
      probe(port) {
        if (broken.has(port)) throw failure;
        return port !== 6000;
      },
    });
    // 6000 is refused and then 6001 breaks, or 6001 breaks at once.
    assertEquals(assertThrows(() => allocator.allocate("a"), Error), failure);
    assertEquals(assertThrows(() => allocator.reserve(6001, "a"), Error), failure);
    assertEquals([allocator.allocated, allocator.free], [0, 2]);
    broken.clear();
    assertEquals(allocator.allocate("a").port, 6001);
  }
});

Deno.test("a probe must return true or false", () => {
  const answers: [unknown, part: string][] = [
    [Promise.resolve(false), "an object"],
    [undefined, "undefined"],
    [1, "1"],
    ["free", '"free"'],
  ];
  for (const [answer, part] of answers) {
    const allocator = new PortAllocator(PortRange.from(6000, 6000), {
      probe: () => answer as boolean,
    });
    assertEquals(refused(() => allocator.allocate("a"), TypeError).part, part);
    assertEquals(refused(() => allocator.reserve(6000, "a"), TypeError).part, part);
    assertEquals([allocator.allocated, allocator.free], [0, 1]);
  }
});

Deno.test("a probe may itself allocate and reserve", () => {
  const inner: (number | string)[] = [];
  const allocator: PortAllocator = new PortAllocator(PortRange.from(6000, 6003), {
    probe(port) {
      if (port !== 6000) return true;
      inner.push(allocator.allocate("inner").port);
      inner.push(
        assertThrows(() => allocator.reserve(6000, "inner"), PortUnavailableError).reason,
      );
      return true;
    },
  });
  assertEquals(allocator.allocate("outer").port, 6000);
  assertEquals(inner, [6001, "allocated"]);
  assertEquals([...allocator].map(({ port, client }) => `${port} ${client}`), [
    "6000 outer",
    "6001 inner",
  ]);
});

Deno.test("a client is whatever the caller has", () => {
  const allocator = new PortAllocator<URL | undefined>(PortRange.from(6000, 6001));
  const client = new URL("http://host/");
  assertEquals(allocator.allocate(client).client, client);
  const nobody = allocator.allocate(undefined);
  assertEquals([nobody.active, allocator.clientOf(nobody.port), allocator.allocated], [
    true,
    undefined,
    2,
  ]);
});

Deno.test("PortAllocator refuses ports, ranges and options that are none", () => {
  const range = PortRange.from(6000, 6001);
  const allocator = new PortAllocator(range);
  const make = (options: unknown) => () =>
    new PortAllocator(range, options as PortAllocatorOptions);
  const cases: [() => unknown, ErrorConstructor, part: string][] = [
    [() => allocator.reserve(80, "a"), RangeError, "80"],
    [() => allocator.reserve(6000.5, "a"), RangeError, "6000.5"],
    [() => allocator.reserve("6000" as unknown as number, "a"), TypeError, '"6000"'],
    [() => allocator.clientOf("6000" as unknown as number), TypeError, '"6000"'],
    [() => allocator.leaseOf(-1), RangeError, "-1"],
    [() => allocator.release(65536), RangeError, "65536"],
    [() => new PortAllocator("6000-6001" as unknown as PortRange), TypeError, '"6000-6001"'],
    [make({ order: "highest" }), TypeError, '"highest"'],
    [make({ order: "random", seed: 1.5 }), RangeError, "1.5"],
    [make({ order: "random", seed: "1" }), TypeError, '"1"'],
    [make({ seed: 2 ** 32 }), RangeError, "4294967296"],
    [make({ quarantine: -1 }), RangeError, "-1"],
    [make({ quarantine: NaN }), RangeError, "NaN"],
    [make({ probe: true }), TypeError, "a boolean"],
    [make({ now: 5 }), TypeError, "5"],
    [make({ quarantaine: 5 }), TypeError, '"quarantaine"'],
    [make(null), TypeError, "null"],
  ];
  for (const [run, type, part] of cases) assertEquals(refused(run, type).part, part);
});

Deno.test("PortAllocator uses the machine's clock when no other is given", async () => {
  const allocator = new PortAllocator(PortRange.from(6000, 6000), { quarantine: 30 });
  allocator.allocate("a").release();
  assertThrows(() => allocator.allocate("b"), PortsExhaustedError);
  const deadline = performance.now() + 5_000;
  while (allocator.free === 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assertEquals(allocator.allocate("b").port, 6000);
});

Deno.test("a lease releases its port at the end of a `using` block", () => {
  const allocator = new PortAllocator(PortRange.parse("6000-6001"));
  {
    using lease = allocator.allocate("a");
    assertEquals([lease.port, lease.client, lease.active, `${lease}`], [6000, "a", true, "6000"]);
    assertStrictEquals(allocator.leaseOf(6000), lease);
  }
  assertEquals([allocator.allocated, allocator.leaseOf(6000)], [0, undefined]);
});

Deno.test("an old lease cannot release the port of the next client", () => {
  const allocator = new PortAllocator(PortRange.parse("6000"));
  const old = allocator.allocate("a");
  allocator.release(6000);
  assertEquals(old.active, false);
  const next = allocator.allocate("b");
  old.release();
  old[Symbol.dispose]();
  assertEquals([allocator.clientOf(6000), next.active], ["b", true]);
  next.release();
  next.release();
  assertEquals([allocator.allocated, allocator.free], [0, 1]);
});
