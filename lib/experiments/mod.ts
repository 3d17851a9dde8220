/**
 * Experiments on the real kernel, which the notebooks run and draw. Each file answers one question.
 *
 * Start with `calls/reaching.ts`, the shortest: can a client reach a server at an address? It shows
 * the pattern of all of them: make sockets, let the kernel decide, return its answer as data. Then
 * read one folder after the other:
 *
 * - `labs/` makes the computers that experiments run on. `connection_lab.ts` has a client and a server,
 *   `port_lab.ts` a client with few ephemeral ports, and `cable_lab.ts` a cable that you can unplug.
 * - `calls/` asks why a call fails. `outcome.ts` puts the result of a call into a word,
 *   `call_symptom.ts` explains why a server does not answer, `routes.ts` says which way packets take,
 *   and `dead_ends.ts` has calls that fail on the way.
 * - `ports/` asks who gets a port. `sharing.ts`, `datagram_sharing.ts` and `local_ports.ts`: may two
 *   sockets share one? `address_in_use.ts`: what has a port that no list shows? `picked_ports.ts`:
 *   which port does the kernel pick next? `fill_ports.ts`: when do the ports run out?
 * - `connections/` follows a connection to its end and beyond. `delivery.ts`: what does a bad cable do
 *   to messages? `closing.ts` and `short_states.ts`: how does a connection end? `restarting.ts` and
 *   `reconnecting.ts`: can a server or a client start again right away?
 * - `costs/` measures. `conversation_cost.ts`: what does a conversation cost? `crowd.ts` and
 *   `serving.ts`: what do many clients cost their server?
 *
 * @module
 */
export { type CableLab, cableLab, CableRows } from "./labs/cable_lab.ts";
export {
  type ConnectionLab,
  connectionLab,
  type ConnectionLabOptions,
} from "./labs/connection_lab.ts";
export { type PortLab, portLab, type PortLabOptions } from "./labs/port_lab.ts";
export {
  type CallSymptom,
  callSymptom,
  type CallSymptomOptions,
  CallSymptoms,
  callSymptoms,
  type Route,
} from "./calls/call_symptom.ts";
export { callDeadEnds, type DeadEndCall, DeadEndCalls } from "./calls/dead_ends.ts";
export { outcomeOf } from "./calls/outcome.ts";
export {
  type CallingComputer,
  type ListeningAddress,
  type PlacedCall,
  type PlannedCall,
  reachFrom,
  type ReachFromOptions,
  type ReachOutcome,
  type ReachTrial,
  tryEveryReach,
  tryToReach,
  type TryToReachOptions,
} from "./calls/reaching.ts";
export { addressInUse, type InUseCause, InUseCauses } from "./ports/address_in_use.ts";
export { shareDatagrams } from "./ports/datagram_sharing.ts";
export {
  type Ending,
  fillPorts,
  type FillPortsOptions,
  fillPortsTwice,
  type FillPortsTwiceOptions,
  type FillSample,
  type PortFill,
} from "./ports/fill_ports.ts";
export {
  type LocalPortOutcome,
  type LocalPortTrial,
  tryEveryLocalPort,
} from "./ports/local_ports.ts";
export { pickedPorts, type PickingCall } from "./ports/picked_ports.ts";
export {
  type PortSharer,
  type ShareTrial,
  type SharingCase,
  type SharingOutcome,
  type SharingStage,
  tryEveryOption,
  tryEveryShare,
  tryToShare,
  type TryToShareOptions,
} from "./ports/sharing.ts";
export { type Closing, tryToClose, type WayToClose } from "./connections/closing.ts";
export { deliver, Deliveries, type DeliverOptions, type Delivery } from "./connections/delivery.ts";
export { type ReconnectOutcome, tryToReconnect } from "./connections/reconnecting.ts";
export {
  type RestartOutcome,
  type RestartTrial,
  tryEveryRestart,
  tryToRestart,
  type TryToRestartOptions,
} from "./connections/restarting.ts";
export { holdShortStates } from "./connections/short_states.ts";
export {
  ConversationCost,
  costOf,
  type CostOptions,
  timesOf,
  type Work,
} from "./costs/conversation_cost.ts";
export {
  Crowd,
  type CrowdSample,
  crowdSize,
  type GrowOptions,
  openCrowd,
  type OpenCrowdOptions,
} from "./costs/crowd.ts";
export {
  serveCrowd,
  type ServeCrowdOptions,
  ServingCost,
  servingTable,
  type ServingWay,
} from "./costs/serving.ts";
