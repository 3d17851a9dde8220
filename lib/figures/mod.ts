/**
 * Functions from data to a plotly figure. They draw and measure nothing.
 *
 * `ports/` numbers and ranges, `conversations/` hosts and their connections, `kernel/` states, queues
 * and counters; `parts/` is what they share: the palette, the layout, the rows.
 *
 * @module
 */
export {
  type Arrival,
  type ArrivalSeries,
  plotArrivals,
  type PlotArrivalsOptions,
} from "./conversations/arrivals.ts";
export {
  type ConversationRow,
  plotConversation,
  type PlotConversationOptions,
  type ServerEnd,
} from "./conversations/conversation.ts";
export {
  type CostRow,
  plotConversationCosts,
  type PlotConversationCostsOptions,
} from "./conversations/conversation_costs.ts";
export {
  plotFourTuples,
  type PlotFourTuplesOptions,
  type TuplePart,
} from "./conversations/four_tuples.ts";
export {
  type LatencySeries,
  plotLatencies,
  type PlotLatenciesOptions,
} from "./conversations/latencies.ts";
export {
  type Lane,
  type LifeCycleArrival,
  type LifeCycleStep,
  plotLifeCycle,
  type PlotLifeCycleOptions,
} from "./conversations/life_cycle.ts";
export { plotCounterChange, type PlotCounterChangeOptions } from "./kernel/counter_change.ts";
export { type CrowdPoint, plotCrowd, type PlotCrowdOptions } from "./kernel/crowd.ts";
export { plotQueues, type PlotQueuesOptions } from "./kernel/queues.ts";
export { plotShares, type PlotSharesOptions, type Share } from "./kernel/shares.ts";
export {
  plotStateDiagram,
  type PlotStateDiagramOptions,
  type StateTransition,
} from "./kernel/state_diagram.ts";
export { plotStateTimeline, type PlotStateTimelineOptions } from "./kernel/state_timeline.ts";
export {
  plotTrialMap,
  type PlotTrialMapOptions,
  type Trial,
  type TrialOutcome,
} from "./kernel/trial_map.ts";
export { type MarkStyle, type Meaning, PALETTE } from "./parts/palette.ts";
export {
  type AllocationStep,
  plotAllocation,
  type PlotAllocationOptions,
} from "./ports/allocation.ts";
export {
  type FillPoint,
  type FillRun,
  plotPortFill,
  type PlotPortFillOptions,
} from "./ports/port_fill.ts";
export { plotPortOrder, type PlotPortOrderOptions, type PortSeries } from "./ports/port_order.ts";
export {
  type MarkedService,
  type NamedRange,
  plotPortMap,
  type PlotPortMapOptions,
  type PortUser,
} from "./ports/port_map.ts";
