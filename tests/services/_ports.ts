/** Ranges of ports that are free while a test runs. */
import { type Endpoint, freePort, isPortFree, PortRange } from "fourtuple";

/** Tests of other processes do not get in the way: they use the kernel's own range. */
const CANDIDATES = PortRange.from(20_000, 32_000);

/** Returns a range of `size` ports that are free on this address. */
export function freeRange({ address }: Endpoint, size: number): PortRange {
  for (let tries = 0; tries < 200; tries++) {
    const first = CANDIDATES.first + Math.floor(Math.random() * (CANDIDATES.size - size));
    const range = PortRange.from(first, first + size - 1);
    if ([...range].every((port) => isPortFree(port, { address }))) return range;
  }
  throw new Error(`Cannot find ${size} free ports in a row in ${CANDIDATES}`);
}

/** Takes one port of a range away, as another program would. */
export function takeOne({ address }: Endpoint, range: PortRange): Disposable & { port: number } {
  return freePort({ address, range });
}
