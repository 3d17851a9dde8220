/** Which addresses a trial may use: nothing that it does may be seen by other computers. */
import type { LabNetwork } from "../../networks/lab_network.ts";
import { type Check, objectWith, quote, refusal } from "../../refusal.ts";
import type { Endpoint } from "../../tuples/endpoint.ts";

/** What the option `network` of a trial may be. */
export const LAB_NETWORK: Check<LabNetwork> = objectWith(
  "openSocket",
  "a network, such as labNetwork() makes",
);

/** Refuses an address that is not loopback, unless the network is private. */
export function assertLoopbackOrPrivate(
  { address, isLoopback }: Endpoint,
  { network, cannot }: { readonly network: LabNetwork | undefined; readonly cannot: string },
): void {
  if (isLoopback || network?.isPrivate === true) return;
  throw refusal(RangeError, {
    cannot: `${cannot} ${quote(address)}`,
    rule: "outside of a private network only loopback is used",
    part: quote(address),
  });
}
