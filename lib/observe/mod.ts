/**
 * What the kernel says about its sockets.
 *
 * Read `connections.ts` first. `rows/` is a row and its filter, `sources/` where rows come from
 * (netlink, /proc, tools), `texts/` what ss, netstat and lsof print and what they cut off. On top:
 * `changes/` over time, `counters/`, `machine/` (what this machine can show) and `tools/`.
 *
 * @module
 */
export {
  type CallingEnd,
  CallRecorder,
  type CallStep,
  recordCalls,
  type RecordCallsOptions,
} from "./changes/call_recorder.ts";
export { type SocketChange } from "./changes/socket_change.ts";
export {
  type QueueSample,
  recordTimeline,
  type RecordTimelineOptions,
  type SocketLife,
  type StateSpan,
  Timeline,
  type TimelineMark,
  TimelineRecorder,
} from "./changes/timeline.ts";
export { watch, type WatchOptions } from "./changes/watch.ts";
export {
  connections,
  type ConnectionsOptions,
  type ListenerFilter,
  listeners,
  type NetworkTable,
} from "./connections.ts";
export { allClosed, connectionsWhen, type ConnectionsWhenOptions } from "./connections_when.ts";
export { type CounterDefinition, type CounterName, COUNTERS } from "./counters/counter_names.ts";
export { CounterDifference, type CounterNumbers, Counters } from "./counters/counter_values.ts";
export { counters, type CountersOptions } from "./counters/counters.ts";
export {
  type Capability,
  type MachineCapabilities,
  type MachineFacts,
  type Tool,
} from "./machine/capability.ts";
export { ephemeralRange } from "./machine/ephemeral_range.ts";
export { type Machine, machine } from "./machine/machine.ts";
export { owner, type OwnerOptions, type PortOwner, PortOwners } from "./owner.ts";
export {
  type Connection,
  Connections,
  type ConnectionsContext,
  type LeftOutLine,
  type SocketOwners,
  type TableReading,
  type TableSource,
} from "./rows/connection.ts";
export { type ConnectionFilter } from "./rows/connection_filter.ts";
export { type SocketOwner } from "./rows/socket_owner.ts";
export { type SocketTimer, type TimerKind } from "./rows/socket_timer.ts";
export { explain, type ExplainedPart, type ExplainedSystem, Explanation } from "./texts/explain.ts";
export { parseLsof } from "./texts/parse_lsof.ts";
export { parseNetstat } from "./texts/parse_netstat.ts";
export { type CapturedSegment, CapturedSegments, parseSegments } from "./texts/parse_segments.ts";
export { parseSs, type ParseSsOptions } from "./texts/parse_ss.ts";
export { type ToolRow, ToolRows } from "./texts/tool_row.ts";
export { askTool, type AskToolOptions, type TableTool, ToolAnswer } from "./tools/ask_tool.ts";
export { toolComparison } from "./tools/tool_comparison.ts";
