/**
 * Private networks, with any addresses, ports below 1024 and kernel settings, without privileges.
 *
 * Read `lab_network.ts` first: a private network, or stand-ins on loopback where this machine allows
 * none. Then `private_network.ts` (a network namespace) and `neighbour.ts` (a second computer at the
 * other end of a cable).
 *
 * @module
 */
export { type LabNetwork, labNetwork } from "./lab_network.ts";
export { Neighbour, type NeighbourOptions } from "./neighbour.ts";
export { PrivateNetwork, type PrivateNetworkOptions } from "./private_network.ts";
export { Unseen } from "./unseen.ts";
