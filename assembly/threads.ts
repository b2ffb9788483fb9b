/** The core for shared memory: everything of index.ts, and the team. */
export * from './index';
export { potrf_block } from './potrf';
export { serve, take } from './team';
