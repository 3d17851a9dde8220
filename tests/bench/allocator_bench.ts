/** Allocating and releasing in a range that is 99 % full, beside an allocator that scans for a free port. */
import type { Table } from "../../lib/show/table.ts";
import { PortAllocator } from "../../lib/ports/allocator/allocator.ts";
import { PortRange } from "../../lib/ports/port_range.ts";
import { compare } from "./compare.ts";

const RANGE = PortRange.from(1024, 65535);
const FULL = Math.floor(RANGE.size * 0.99);
const STEPS = 2_000;

/** What one writes first: a set of what is held, and a look at one port after the other. */
class ScanningAllocator {
  readonly #held = new Set<number>();

  allocate(): number {
    for (const port of RANGE) {
      if (this.#held.has(port)) continue;
      this.#held.add(port);
      return port;
    }
    throw new Error("exhausted");
  }

  release(port: number): void {
    this.#held.delete(port);
  }
}

export default async function allocatorBench(): Promise<Table> {
  const lowest = new PortAllocator<string>(RANGE, { order: "lowest" });
  const random = new PortAllocator<string>(RANGE, { order: "random", seed: 1 });
  const scanning = new ScanningAllocator();
  for (let i = 0; i < FULL; i++) {
    lowest.allocate("a");
    random.allocate("a");
    scanning.allocate();
  }
  const subjects = [
    { name: "PortAllocator, lowest first", run: () => cycle(lowest) },
    { name: "PortAllocator, random", run: () => cycle(random) },
    {
      name: "an allocator that scans",
      run() {
        for (let i = 0; i < STEPS; i++) scanning.release(scanning.allocate());
      },
    },
  ];
  const title = `${STEPS} times allocate and release, at 99 % of ${RANGE.size} ports`;
  return await compare(title, { subjects, rounds: 9 });
}

function cycle(allocator: PortAllocator<string>): void {
  for (let i = 0; i < STEPS; i++) allocator.release(allocator.allocate("b").port);
}
