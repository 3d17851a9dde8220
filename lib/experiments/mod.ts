/**
 * Trials on the real kernel, which the notebooks run and draw. Each file answers one question.
 *
 * Read `reaching.ts` first, which is the shortest: can a client reach a server at an address? Then
 * `sharing.ts` (may two sockets share a port?), `restarting.ts` (can a server start again at once?),
 * `address_in_use.ts` (what has a port that no list shows?),
 * `picked_ports.ts` (which port comes next?),
 * `fill_ports.ts` in the network of `port_lab.ts` (when do the ports run out?), `closing.ts`,
 * `reconnecting.ts` and `short_states.ts` in the network of `connection_lab.ts` (how does a connection
 * end?), `cable_lab.ts` (what does one end know of the other?), `call_symptom.ts` (why does a server not answer? `routes.ts` tells the way to it),
 * `call_symptoms.ts` and `dead_ends.ts` (the same for several calls), `conversation_cost.ts` (what does
 * a conversation cost?), `delivery.ts` (what does a bad cable do to messages?), and `crowd.ts` and
 * `serving.ts` (what do many clients cost their server?).
 *
 * @module
 */
export { type CableLab, cableLab, CableRows } from "./cable_lab.ts";
export { addressInUse, type InUseCause, InUseCauses } from "./address_in_use.ts";
export {
  type CallSymptom,
  callSymptom,
  type CallSymptomOptions,
  type Route,
} from "./call_symptom.ts";
export { CallSymptoms, callSymptoms } from "./call_symptoms.ts";
export { type Closing, tryToClose, type WayToClose } from "./closing.ts";
export { type ConnectionLab, connectionLab, type ConnectionLabOptions } from "./connection_lab.ts";
export {
  ConversationCost,
  costOf,
  type CostOptions,
  timesOf,
  type Work,
} from "./conversation_cost.ts";
export {
  Crowd,
  type CrowdSample,
  crowdSize,
  type GrowOptions,
  openCrowd,
  type OpenCrowdOptions,
} from "./crowd.ts";
export { callDeadEnds, type DeadEndCall, DeadEndCalls } from "./dead_ends.ts";
export { deliver, Deliveries, type DeliverOptions, type Delivery } from "./delivery.ts";
export {
  type Ending,
  fillPorts,
  type FillPortsOptions,
  fillPortsTwice,
  type FillPortsTwiceOptions,
  type FillSample,
  type PortFill,
} from "./fill_ports.ts";
export { outcomeOf } from "./outcome.ts";
export { pickedPorts, type PickingCall } from "./picked_ports.ts";
export { type PortLab, portLab, type PortLabOptions } from "./port_lab.ts";
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
} from "./reaching.ts";
export { type ReconnectOutcome, tryToReconnect } from "./reconnecting.ts";
export {
  type RestartOutcome,
  type RestartTrial,
  tryEveryRestart,
  tryToRestart,
  type TryToRestartOptions,
} from "./restarting.ts";
export { holdShortStates } from "./short_states.ts";
export {
  serveCrowd,
  type ServeCrowdOptions,
  ServingCost,
  servingTable,
  type ServingWay,
} from "./serving.ts";
export {
  type PortSharer,
  type SharingOutcome,
  type SharingStage,
  tryToShare,
  type TryToShareOptions,
} from "./sharing.ts";
export {
  type ShareTrial,
  type SharingCase,
  tryEveryOption,
  tryEveryShare,
} from "./sharing_matrix.ts";
export { shareDatagrams } from "./datagram_sharing.ts";
export { type LocalPortOutcome, type LocalPortTrial, tryEveryLocalPort } from "./local_ports.ts";
