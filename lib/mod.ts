/**
 * fourtuple: ports, sockets and four-tuples, live.
 *
 * - ports: numbers, ranges, the names of services, the ranges of the operating systems;
 * - tuples: endpoints, four-tuples, and which socket gets a segment;
 * - sockets: the system calls, one method each, ports that are held, and private networks (Linux);
 * - services: servers that lend ports, and the one that needs none to lend (Linux);
 * - observe: what the kernel says of its sockets: the table, its changes, owners, counters; what the
 *   tools of other systems print; and what this machine is;
 * - figures: plots of ports, conversations, states and queues;
 * - exercises: the checks of the notebooks' exercises;
 * - examples: programs to run and to copy;
 * - jupyter: values that show themselves, and programs beside a notebook.
 *
 * Importing it in a notebook installs a guard that keeps each output in its cell.
 *
 * @module
 */
import "./jupyter/guard.ts";

export {
  type Article,
  type Example,
  type ExampleName,
  EXAMPLES,
  exampleUrl,
} from "./examples/mod.ts";
export { checkExhaust, checkLowestFree, checkTalk } from "./exercises/assigning_client_ports.ts";
export {
  checkClientAddress,
  checkInTheWay,
  checkListeningPlan,
  checkReachRule,
  type ListeningPlan,
  type ReachRule,
} from "./exercises/binding_addresses.ts";
export {
  checkAsk,
  checkOneOfThree,
  checkRefused,
  checkShout,
} from "./exercises/clients_and_servers.ts";
export {
  checkFirstWord,
  checkFrame,
  checkLines,
  checkStandstill,
} from "./exercises/conversation_patterns.ts";
export {
  type CallEnding,
  checkCallEnding,
  checkClosedFirst,
  checkNeverClose,
  checkRestart,
} from "./exercises/endings.ts";
export { checkCallFrom, checkOutOfPorts, checkTwins } from "./exercises/ephemeral_ports.ts";
export { checkCount, checkReceiver, checkSameFour } from "./exercises/four_tuples.ts";
export {
  checkAskAll,
  checkEightCalls,
  checkRequestsPerSecond,
  checkWearOut,
} from "./exercises/port_exhaustion.ts";
export {
  checkPortOfUrl,
  checkReadPort,
  checkSameNumberTwice,
  checkWhoGetsIt,
} from "./exercises/ports.ts";
export {
  checkDeaf,
  checkListensAt,
  checkNetstatCommand,
  checkUnaccepted,
} from "./exercises/seeing_connections.ts";
export { checkAlone, checkCrew, checkOnePort, checkThief } from "./exercises/sharing_ports.ts";
export {
  checkHalfClose,
  checkQueueOf,
  checkReset,
  checkWhoSpoke,
} from "./exercises/sockets_and_system_calls.ts";
export {
  checkFirstListener,
  checkListenerCount,
  checkRefusedListen,
} from "./exercises/start_here.ts";
export { Verdict, type VerdictState } from "./exercises/verdict.ts";
export { allocation, type AllocationOptions, type AllocationStep } from "./figures/allocation.ts";
export {
  conversation,
  type ConversationOptions,
  type ConversationRow,
  type ServerEnd,
} from "./figures/conversation.ts";
export {
  conversationCosts,
  type ConversationCostsOptions,
  type CostRow,
} from "./figures/conversation_costs.ts";
export { counterChange, type CounterChangeOptions } from "./figures/counter_change.ts";
export { fourTuples, type FourTuplesOptions, type TuplePart } from "./figures/four_tuples.ts";
export { latencies, type LatenciesOptions, type LatencySeries } from "./figures/latencies.ts";
export {
  type Lane,
  lifeCycle,
  type LifeCycleArrival,
  type LifeCycleOptions,
  type LifeCycleStep,
} from "./figures/life_cycle.ts";
export { type Look, type Meaning, PALETTE } from "./figures/palette.ts";
export {
  type FillPoint,
  type FillRun,
  portFill,
  type PortFillOptions,
} from "./figures/port_fill.ts";
export {
  portHistogram,
  type PortHistogramOptions,
  type PortSeries,
} from "./figures/port_histogram.ts";
export {
  type MarkedService,
  type NamedRange,
  portMap,
  type PortMapOptions,
  type PortUser,
} from "./figures/port_map.ts";
export { queues, type QueuesOptions } from "./figures/queues.ts";
export { type Share, shares, type SharesOptions } from "./figures/shares.ts";
export { stateTimeline, type StateTimelineOptions } from "./figures/state_timeline.ts";
export {
  type Trial,
  trialMap,
  type TrialMapOptions,
  type TrialOutcome,
} from "./figures/trial_map.ts";
export { DISPLAY, type Displayable, type MimeBundle } from "./jupyter/display.ts";
export { Figure, type FigureOptions, type Layout, type Trace } from "./jupyter/figure.ts";
export {
  type CommandOptions,
  Program,
  ProgramError,
  type ProgramOptions,
  type ProgramResult,
  type ProgramWaitOptions,
  type StopOptions,
} from "./jupyter/program.ts";
export { Source, source } from "./jupyter/source.ts";
export { Table, type TableCell, type TableOptions } from "./jupyter/table.ts";
export { until, within, type WithinOptions } from "./jupyter/within.ts";
export { askTool, type AskToolOptions, type TableTool, ToolAnswer } from "./observe/ask_tool.ts";
export {
  type CallingNetwork,
  type CallSymptom,
  callSymptom,
  type CallSymptomOptions,
} from "./observe/call_symptom.ts";
export {
  type Capability,
  type MachineCapabilities,
  type MachineFacts,
  type Tool,
} from "./observe/capability.ts";
export {
  type Connection,
  Connections,
  type SocketOwner,
  type TableReading,
  type TableSource,
} from "./observe/connection.ts";
export { type ConnectionFilter } from "./observe/connection_filter.ts";
export {
  connections,
  type ConnectionsOptions,
  type ListenerFilter,
  listeners,
  type NetworkTable,
} from "./observe/connections.ts";
export {
  allClosed,
  connectionsWhen,
  type ConnectionsWhenOptions,
} from "./observe/connections_when.ts";
export {
  ConversationCost,
  costOf,
  type CostOptions,
  type Work,
} from "./observe/conversation_cost.ts";
export { type CounterDefinition, type CounterName, COUNTERS } from "./observe/counter_names.ts";
export { CounterDifference, type CounterNumbers, Counters } from "./observe/counter_values.ts";
export { counters, type CountersOptions } from "./observe/counters.ts";
export {
  explain,
  type ExplainedPart,
  type ExplainedSystem,
  Explanation,
} from "./observe/explain.ts";
export { type Machine, machine } from "./observe/machine.ts";
export { owner, type OwnerOptions, type PortOwner, PortOwners } from "./observe/owner.ts";
export { parseLsof } from "./observe/parse_lsof.ts";
export { parseNetstat } from "./observe/parse_netstat.ts";
export { parseSs, type ParseSsOptions } from "./observe/parse_ss.ts";
export { type SocketChange } from "./observe/socket_change.ts";
export { type SocketTimer, type TimerKind } from "./observe/socket_timer.ts";
export {
  type QueueSample,
  type SocketLife,
  type StateSpan,
  Timeline,
  timeline,
  type TimelineMark,
  type TimelineOptions,
  TimelineRecorder,
} from "./observe/timeline.ts";
export { toolComparison } from "./observe/tool_comparison.ts";
export { type LeftOutLine, type ToolRow, ToolRows } from "./observe/tool_row.ts";
export { watch, type WatchOptions } from "./observe/watch.ts";
export { PortAllocator, type PortAllocatorOptions } from "./ports/allocator.ts";
export {
  type PortsExhaustedCounts,
  PortsExhaustedError,
  PortUnavailableError,
  type PortUnavailableReason,
} from "./ports/allocator_errors.ts";
export { defaultPort } from "./ports/default_port.ts";
export {
  EPHEMERAL_DEFAULTS,
  type EphemeralDefault,
  type EphemeralSystem,
} from "./ports/ephemeral.ts";
export { ephemeralRange } from "./ports/ephemeral_range.ts";
export { IANA_RANGES, type IanaRange } from "./ports/iana.ts";
export {
  assertPort,
  classifyPort,
  isPort,
  MAX_PORT,
  parsePort,
  type PortClass,
} from "./ports/port.ts";
export { PortLease } from "./ports/port_lease.ts";
export { PortRange } from "./ports/port_range.ts";
export { assertProtocol, type Protocol, PROTOCOLS } from "./ports/protocol.ts";
export { type ServiceEntry } from "./ports/service_entry.ts";
export { serviceEntry, serviceName, servicePort } from "./ports/service_names.ts";
export { AcceptLoop, type Serve } from "./services/accept_loop.ts";
export {
  type AcceptCounts,
  type AcceptLoopOptions,
  type AcceptLoopRules,
} from "./services/accept_options.ts";
export { startByFourTuple } from "./services/by_four_tuple.ts";
export { startClientSpecified } from "./services/client_specified.ts";
export { connectFrom } from "./services/connect_from.ts";
export { LineConnection } from "./services/line_connection.ts";
export {
  LineConnectionError,
  type LineConnectionOptions,
  type LineConnectOptions,
} from "./services/line_limits.ts";
export {
  type CloseReason,
  grantedPort,
  type PortRefusalReason,
  PortRefusedError,
} from "./services/line_protocol.ts";
export { type LendingOptions, startServerAllocated } from "./services/server_allocated.ts";
export {
  type PortEvent,
  type PortHolding,
  Service,
  type ServiceOptions,
  type ServiceSnapshot,
} from "./services/service.ts";
export { Epoll, type Interest, type ReadySockets } from "./sockets/epoll.ts";
export {
  errnoCode,
  SocketError,
  type SocketErrorOptions,
  type SystemCall,
} from "./sockets/errno.ts";
export {
  type Ending,
  fillPorts,
  type FillPortsOptions,
  type FillSample,
  type PortFill,
} from "./sockets/fill_ports.ts";
export {
  freePort,
  type FreePortOptions,
  freePorts,
  HeldPort,
  isPortFree,
  type PortOptions,
} from "./sockets/free_port.ts";
export { type LabNetwork, labNetwork } from "./sockets/lab_network.ts";
export { Neighbour, type NeighbourOptions } from "./sockets/neighbour.ts";
export {
  type ReadableOptionName,
  type ReadableOptionValues,
  type SocketOptionName,
  type SocketOptionValues,
} from "./sockets/options.ts";
export { type PortLab, portLab, type PortLabOptions } from "./sockets/port_lab.ts";
export { PrivateNetwork, type PrivateNetworkOptions } from "./sockets/private_network.ts";
export {
  type ListeningAddress,
  type ReachOutcome,
  tryToReach,
  type TryToReachOptions,
} from "./sockets/reaching.ts";
export {
  type RestartOutcome,
  tryToRestart,
  type TryToRestartOptions,
} from "./sockets/restarting.ts";
export {
  type PortSharer,
  type SharingOutcome,
  type SharingStage,
  type SocketMaker,
  tryToShare,
  type TryToShareOptions,
} from "./sockets/sharing.ts";
export {
  type Datagram,
  type EndpointLike,
  type ReceiveOptions,
  type SendOptions,
  Socket,
  type SocketOptions,
  type WaitOptions,
} from "./sockets/socket.ts";
export {
  type Delivered,
  type Delivery,
  type DeliveryRule,
  demux,
  type DemuxSocket,
  type RefusalReason,
  type Refused,
  type Segment,
} from "./tuples/demux.ts";
export { type AddressFamily, Endpoint, type NetAddress, parseEndpoint } from "./tuples/endpoint.ts";
export {
  FiveTuple,
  parseFiveTuple,
  type ProtocolConnectionAddresses,
} from "./tuples/five_tuple.ts";
export { type ConnectionAddresses, FourTuple, parseFourTuple } from "./tuples/four_tuple.ts";
export { FourTupleTable, type FourTupleTableOptions } from "./tuples/four_tuple_table.ts";
export { type PackedTuple, packTuple, unpackTuple } from "./tuples/packed_tuple.ts";
export {
  type SocketState,
  TCP_STATES,
  type TcpState,
  UDP_STATES,
  type UdpState,
} from "./tuples/socket_state.ts";
