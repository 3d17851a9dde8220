/**
 * Private networks, with any addresses, ports below 1024 and kernel settings, without privileges.
 *
 * Read `lab_network.ts` first: a private network, or stand-ins on loopback where this machine allows
 * none. Then `private_network.ts` (a network namespace), `neighbour.ts` (a second computer at the
 * other end of a cable), `cable.ts` (unplugged), `packet_rules.ts` (a firewall), `narrow_cable.ts`, `router.ts` (address translation), `published_ports.ts` (a container's ports) and `hosts.ts` (names for addresses).
 *
 * @module
 */
export { type CabledNetwork } from "./_cable_end.ts";
export { plug, unplug } from "./cable.ts";
export { enterWithHosts, type HostNames } from "./hosts.ts";
export { type LabNetwork, labNetwork, type LabNetworkOptions } from "./lab_network.ts";
export { Neighbour, type NeighbourOptions } from "./neighbour.ts";
export { type PacketRule, PacketRuleList, packetRules, setPacketRules } from "./packet_rules.ts";
export {
  type BesideOptions,
  PrivateNetwork,
  type PrivateNetworkOptions,
} from "./private_network.ts";
export { publishPorts } from "./published_ports.ts";
export { Unseen } from "./unseen.ts";
export {
  masquerade,
  type TrackedConnection,
  TrackedConnections,
  trackedConnections,
} from "./router.ts";
export { narrowCable } from "./narrow_cable.ts";
