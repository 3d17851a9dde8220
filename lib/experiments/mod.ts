/**
 * Trials on the real kernel, which the notebooks run and draw.
 *
 * Each file is one question: `sharing.ts` (may two sockets share a port?), `reaching.ts`,
 * `restarting.ts`, `fill_ports.ts`, `port_lab.ts`, `call_symptom.ts`, `conversation_cost.ts`.
 *
 * @module
 */
export {
  type CallingNetwork,
  type CallSymptom,
  callSymptom,
  type CallSymptomOptions,
} from "./call_symptom.ts";
export { ConversationCost, costOf, type CostOptions, type Work } from "./conversation_cost.ts";
export {
  type Ending,
  fillPorts,
  type FillPortsOptions,
  type FillSample,
  type PortFill,
} from "./fill_ports.ts";
export { type PortLab, portLab, type PortLabOptions } from "./port_lab.ts";
export {
  type ListeningAddress,
  type ReachOutcome,
  tryToReach,
  type TryToReachOptions,
} from "./reaching.ts";
export { type RestartOutcome, tryToRestart, type TryToRestartOptions } from "./restarting.ts";
export {
  type PortSharer,
  type SharingOutcome,
  type SharingStage,
  type SocketMaker,
  tryToShare,
  type TryToShareOptions,
} from "./sharing.ts";
