/**
 * Private networks: other addresses, ports below 1024 and settings of one's own, without privileges.
 *
 * Read `lab_network.ts` first, which falls back to loopback; then `private_network.ts` (a network
 * namespace) and `neighbour.ts` (a second computer at the other end of a cable).
 *
 * @module
 */
export { type LabNetwork, labNetwork } from "./lab_network.ts";
export { Neighbour, type NeighbourOptions } from "./neighbour.ts";
export { PrivateNetwork, type PrivateNetworkOptions } from "./private_network.ts";
