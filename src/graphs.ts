/** Brings the engine of networks that are more than chains: graphs of operations, displacement planes, and the part of the core that has them. */
import type { GraphJob } from './backends/backend';
import type { CoreSource } from './backends/core';
import { createJsGraphWorker } from './backends/js-graph';
import { bringPlanes } from './backends/parts';
import { createPlaneTileWorker, supportsPlanes } from './backends/plane-tile';
import { applyLayer } from './inference/layers';
import { graphJobs, graphJobsFrom } from './jobs/graph';
import { useGraphEngine } from './jobs/graph-engine';

const openTiles = (cores: CoreSource | null, job: GraphJob) =>
  cores && supportsPlanes(job) === null ? createPlaneTileWorker(cores, job) : createJsGraphWorker(job);

/** Layer functions that chains lack call it. */
export function bringGraphs(): void {
  bringPlanes();
  useGraphEngine({ apply: applyLayer, jobs: graphJobs, jobsFrom: graphJobsFrom, openTiles });
}
