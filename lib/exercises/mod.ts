/**
 * The checks of the notebooks' exercises, one file for each notebook.
 *
 * Read `_frame.ts` first: it takes an answer, calls it, judges what comes out and closes everything, so
 * that a check is a question and a short recipe. `verdict.ts` is what a check returns. `_values.ts`
 * and `_errors.ts` say what a wrong value or an error means, `_watch.ts` notes what an answer opens.
 *
 * @module
 */
export { checkQueueOf, checkReadHeader, type HeaderNumbers } from "./before_accept.ts";
export {
  checkClientAddress,
  checkInTheWay,
  checkListeningPlan,
  checkReachRule,
  type ListeningPlan,
  type ReachRule,
} from "./listening_addresses.ts";
export { checkAsk, checkOneOfThree, checkRefused, checkShout } from "./clients_and_servers.ts";
export { checkFirstWord, checkStandstill } from "./conversation_patterns.ts";
export { checkFrame, checkLines } from "./message_boundaries.ts";
export { checkTranslate, checkWay, type PlannedRoute } from "./between_machines.ts";
export { checkClosedFirst, checkHalfClose, checkNeverClose, checkReset } from "./endings.ts";
export {
  type CallEnding,
  checkCallEnding,
  checkDeaf,
  checkFirewall,
  type FirewallAnswer,
} from "./failing_calls.ts";
export {
  checkCallFrom,
  checkExhaust,
  checkLowestFree,
  checkOutOfPorts,
  checkTalk,
  checkTwins,
} from "./client_ports.ts";
export { checkCount, checkReceiver, checkSameFour } from "./four_tuples.ts";
export {
  checkAskAll,
  checkEightCalls,
  checkRequestsPerSecond,
  checkWearOut,
} from "./port_exhaustion.ts";
export { checkPortOfUrl, checkReadPort, checkSameNumberTwice, checkWhoGetsIt } from "./ports.ts";
export {
  checkListensAt,
  checkNetstatCommand,
  checkRestart,
  checkUnaccepted,
} from "./port_owners.ts";
export { checkAlone, checkCrew, checkOnePort, checkThief } from "./sharing_ports.ts";
export { checkCountSockets, checkFirstSocket, checkKernelRefuses } from "./start_here.ts";
export { checkPairs, checkReserve, type SocketPair } from "./system_calls.ts";
export { checkServeAll, checkWhoSpoke } from "./ten_thousand_clients.ts";
export { type CheckSettings, checkWith } from "./_frame.ts";
export { Verdict, type VerdictState } from "./verdict.ts";
