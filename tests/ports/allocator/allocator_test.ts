import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  PortAllocator,
  type PortAllocatorOptions,
  PortRange,
  PortsExhaustedError,
  PortUnavailableError,
} from "fourtuple";

/**
 * One step, and what comes of it: a port, "exhausted", the reason why a port cannot be reserved, or
 * whether there was something to release. `wait` moves the clock (milliseconds), `busy` and `idle`
 * change what the probe answers about a port.
 */
type Step =
  | { allocate: string; gives: number | "exhausted" }
  | { reserve: number; by: string; gives: number | "held" | "resting" | "refused" | "outside" }
  | { release: number; gives: boolean }
  | { wait: number }
  | { busy: number }
  | { idle: number };

interface Story {
  readonly tells: string;
  readonly range: string;
  readonly quarantine?: number;
  readonly steps: readonly Step[];
}

const STORIES: readonly Story[] = [
  {
    tells: "the lowest free port comes first",
    range: "6000-6002",
    steps: [
      { allocate: "a", gives: 6000 },
      { allocate: "b", gives: 6001 },
      { allocate: "c", gives: 6002 },
      { allocate: "d", gives: "exhausted" },
    ],
  },
  {
    tells: "a released port is the next one again",
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
    tells: "a port has one owner at a time",
    range: "6000-6999",
    steps: [
      { reserve: 6001, by: "a", gives: 6001 },
      { reserve: 6001, by: "b", gives: "held" },
      { reserve: 6001, by: "a", gives: "held" },
      { release: 6001, gives: true },
      { reserve: 6001, by: "b", gives: 6001 },
    ],
  },
  {
    tells: "what is reserved is not allocated, what is allocated not reserved",
    range: "6000-6002",
    steps: [
      { reserve: 6000, by: "a", gives: 6000 },
      { allocate: "b", gives: 6001 },
      { reserve: 6001, by: "c", gives: "held" },
      { reserve: 6002, by: "c", gives: 6002 },
      { allocate: "d", gives: "exhausted" },
    ],
  },
  {
    tells: "nothing outside of the range is to be had",
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
    tells: "what nobody holds is not released, twice neither",
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
    tells: "the probe's refusals are passed over and asked about again",
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
    tells: "a port held here is held, whatever the probe would say",
    range: "6000-6000",
    steps: [
      { allocate: "a", gives: 6000 },
      { busy: 6000 },
      { reserve: 6000, by: "b", gives: "held" },
      { release: 6000, gives: true },
      { reserve: 6000, by: "b", gives: "refused" },
      { allocate: "b", gives: "exhausted" },
    ],
  },
  {
    tells: "a released port rests",
    range: "6000-6001",
    quarantine: 60_000,
    steps: [
      { allocate: "a", gives: 6000 },
      { release: 6000, gives: true },
      { reserve: 6000, by: "b", gives: "resting" },
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
    tells: "each port rests from its own release on",
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
      { reserve: 6002, by: "f", gives: "resting" },
      { wait: 40 },
      { reserve: 6002, by: "f", gives: 6002 },
    ],
  },
  {
    tells: "the whole range of 16 bits, first and last port included",
    range: "0-65535",
    steps: [
      { allocate: "a", gives: 0 },
      { reserve: 65535, by: "b", gives: 65535 },
      { reserve: 65535, by: "c", gives: "held" },
      { allocate: "c", gives: 1 },
    ],
  },
];

/** An allocator with a clock and a probe that a test turns. */
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
      const [lease, owner] = "allocate" in step
        ? [this.allocator.allocate(step.allocate), step.allocate]
        : [this.allocator.reserve(step.reserve, step.by), step.by];
      assertEquals(this.allocator.owner(lease.port), owner);
      return lease.port;
    } catch (error) {
      if (error instanceof PortsExhaustedError) return "exhausted";
      if (error instanceof PortUnavailableError) return error.reason;
      if (error instanceof RangeError) return "outside";
      throw error;
    }
  }
}

Deno.test("PortAllocator, told in steps", async (t) => {
  for (const { tells, range, quarantine = 0, steps } of STORIES) {
    await t.step(tells, () => {
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

/** The allocator as slow and plain as can be. */
class Model {
  readonly held = new Map<number, string>();
  readonly resting = new Map<number, number>();
  time = 0;
  constructor(readonly quarantine: number, readonly busy: ReadonlySet<number>) {}

  wake(): void {
    for (const [port, until] of this.resting) if (until <= this.time) this.resting.delete(port);
  }

  /** The ports that may be given, the lowest first. */
  available(): number[] {
    this.wake();
    return [...RANGE].filter((port) =>
      !this.held.has(port) && !this.resting.has(port) && !this.busy.has(port)
    );
  }

  reasonAgainst(port: number): string | undefined {
    this.wake();
    if (!RANGE.has(port)) return "outside";
    if (this.held.has(port)) return "held";
    if (this.resting.has(port)) return "resting";
    return this.busy.has(port) ? "refused" : undefined;
  }

  release(port: number): boolean {
    const held = this.held.delete(port);
    if (held && this.quarantine > 0) this.resting.set(port, this.time + this.quarantine);
    return held;
  }
}

for (const order of ["lowest", "random"] as const) {
  Deno.test(`PortAllocator in order "${order}" does as the plain model, whatever the steps`, () => {
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
                model.held.set(port, step.allocate);
                given++;
              }
            } else if ("reserve" in step) {
              const reason = model.reasonAgainst(step.reserve);
              assertEquals(result, reason ?? step.reserve);
              if (reason === undefined) model.held.set(step.reserve, step.by);
            } else if ("release" in step) {
              assertEquals(result, model.release(step.release));
            }
            model.time = scene.time;
            model.wake();
            const { allocator } = scene;
            // Every port is held, rests or is free.
            assertEquals(
              [...allocator].map(({ port, owner }) => [port, owner]),
              [...model.held].toSorted(([a], [b]) => a - b),
            );
            assertEquals(allocator.held, model.held.size);
            assertEquals(allocator.resting, model.resting.size);
            assertEquals(allocator.held + allocator.resting + allocator.free, RANGE.size);
          }
        },
      ),
      { numRuns: 300 },
    );
    assert(given > 1_000 && exhausted > 50, `too tame: ${given} given, ${exhausted} exhausted`);
  });
}

Deno.test("release undoes allocate: every port comes back, in any order of releases", () => {
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

Deno.test("PortAllocator asks the probe once for a port that it gives, at any fill", () => {
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

Deno.test("PortAllocator asks about each refused port once an allocation", () => {
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

Deno.test("PortAllocator with one seed gives the same ports, with another one others", () => {
  const draw = (seed: number) => {
    const { allocator } = new Scene("6000-6999", { order: "random", seed });
    return Array.from({ length: 20 }, () => allocator.allocate("a").port);
  };
  assertEquals(draw(1), draw(1));
  assert(`${draw(1)}` !== `${draw(2)}`);
  assert(`${draw(0)}` !== `${draw(2 ** 32 - 1)}`);
});

Deno.test("PortAllocator without a seed begins elsewhere each time", () => {
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
    assertEquals([allocator.held, allocator.free], [0, 2]);
    broken.clear();
    assertEquals(allocator.allocate("a").port, 6001);
  }
});

Deno.test("a probe answers at once, true or false", () => {
  const answers: [unknown, string][] = [
    [Promise.resolve(false), "an object"],
    [undefined, "undefined"],
    [1, "a number"],
    ["free", "a string"],
  ];
  for (const [answer, got] of answers) {
    const allocator = new PortAllocator(PortRange.from(6000, 6000), {
      probe: () => answer as boolean,
    });
    const message = `Cannot probe port "6000": a probe answers true or false, got ${got}`;
    assertEquals(assertThrows(() => allocator.allocate("a"), TypeError).message, message);
    assertEquals(assertThrows(() => allocator.reserve(6000, "a"), TypeError).message, message);
    assertEquals([allocator.held, allocator.free], [0, 1]);
  }
});

Deno.test("a probe may allocate and reserve by itself", () => {
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
  assertEquals(inner, [6001, "held"]);
  assertEquals([...allocator].map(({ port, owner }) => `${port} ${owner}`), [
    "6000 outer",
    "6001 inner",
  ]);
});

Deno.test("owners are whatever the caller has", () => {
  const allocator = new PortAllocator<URL | undefined>(PortRange.from(6000, 6001));
  const owner = new URL("http://host/");
  assertEquals(allocator.allocate(owner).owner, owner);
  const nobody = allocator.allocate(undefined);
  assertEquals([nobody.active, allocator.owner(nobody.port), allocator.held], [true, undefined, 2]);
});

Deno.test("PortAllocator refuses ports, ranges and options that are none", () => {
  const range = PortRange.from(6000, 6001);
  const allocator = new PortAllocator(range);
  const make = (options: unknown) => () =>
    new PortAllocator(range, options as PortAllocatorOptions);
  const cases: [() => unknown, ErrorConstructor, string][] = [
    [
      () => allocator.reserve(80, "a"),
      RangeError,
      'Cannot reserve port "80": the ports to be had are 6000-6001, got 80',
    ],
    [
      () => allocator.reserve(6000.5, "a"),
      RangeError,
      'Cannot use "6000.5" as a port: a port is a whole number from 0 to 65535, got 6000.5',
    ],
    [
      () => allocator.reserve("6000" as unknown as number, "a"),
      TypeError,
      'Cannot use "6000" as a port: a port is a whole number from 0 to 65535, got a string',
    ],
    [
      () => allocator.owner("6000" as unknown as number),
      TypeError,
      'Cannot use "6000" as a port: a port is a whole number from 0 to 65535, got a string',
    ],
    [
      () => allocator.release(65536),
      RangeError,
      'Cannot use "65536" as a port: a port is a whole number from 0 to 65535, got 65536',
    ],
    [
      () => new PortAllocator("6000-6001" as unknown as PortRange),
      TypeError,
      'Cannot allocate ports of "6000-6001": the ports are a PortRange, got a string',
    ],
    [
      make({ order: "highest" }),
      TypeError,
      'Cannot use "highest" as an order: an order is "lowest" or "random", got "highest"',
    ],
    [
      make({ order: "random", seed: 1.5 }),
      RangeError,
      'Cannot use "1.5" as a seed: a seed is a whole number from 0 to 4294967295, got 1.5',
    ],
    [
      make({ order: "random", seed: "1" }),
      TypeError,
      'Cannot use "1" as a seed: a seed is a whole number from 0 to 4294967295, got a string',
    ],
    [
      make({ quarantine: -1 }),
      RangeError,
      'Cannot use "-1" as a quarantine: a quarantine is a whole number from 0 to ' +
      "9007199254740991, got -1",
    ],
    [
      make({ quarantine: NaN }),
      RangeError,
      'Cannot use "NaN" as a quarantine: a quarantine is a whole number from 0 to ' +
      "9007199254740991, got NaN",
    ],
  ];
  for (const [run, type, message] of cases) {
    assertEquals(assertThrows(run, type).message, message);
  }
});

Deno.test("PortAllocator keeps time by itself when no clock is given", async () => {
  const allocator = new PortAllocator(PortRange.from(6000, 6000), { quarantine: 30 });
  allocator.allocate("a").release();
  assertThrows(() => allocator.allocate("b"), PortsExhaustedError);
  const deadline = performance.now() + 5_000;
  while (allocator.free === 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assertEquals(allocator.allocate("b").port, 6000);
});
