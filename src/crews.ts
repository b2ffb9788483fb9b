/** Everything that only engines with threads need: loaded when the first of them does. */
export { compileShared, instantiateShared } from './backends/core';
export { MessagePool } from './backends/message-pool';
export { Team } from './backends/team';
export { createTeamLinearAlgebra } from './backends/team-linalg';
export { computeTilesByMessages } from './execute/messages';
export { computeTilesOnTeam } from './execute/team';
