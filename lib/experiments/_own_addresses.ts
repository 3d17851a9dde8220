/** Which addresses a trial may use: nothing that it does is to be seen from other computers. */
import type { Endpoint } from "../tuples/endpoint.ts";

/** Refuses what is not loopback, where the network may be one that others are in, too. */
export function assertOwn(
  { address, isLoopback }: Endpoint,
  { network, cannot }: { network: { readonly isPrivate?: boolean }; cannot: string },
): void {
  if (isLoopback || network.isPrivate === true) return;
  throw new RangeError(
    `Cannot ${cannot} "${address}": outside of a private network only loopback is used, got ` +
      `"${address}"`,
  );
}
