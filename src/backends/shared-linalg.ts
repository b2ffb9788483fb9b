/** Linear algebra on one thread until a team is loaded (src/crews.ts), so that no bundle loads the team's code before. */
import type { LinearAlgebra } from '../linalg/contract';
import type { Threads } from '../threads';

/** The routines of createTeamLinearAlgebra from then on. */
export function createSharedLinearAlgebra(single: LinearAlgebra, threads: Threads): LinearAlgebra {
  let shared: LinearAlgebra | undefined;
  const now = (): LinearAlgebra => {
    shared ??= threads.loaded?.createTeamLinearAlgebra(single, threads);
    return shared ?? single;
  };
  return {
    ...single,
    gemm: (...args) => now().gemm(...args),
    syrk: (...args) => now().syrk(...args),
    trsm: (...args) => now().trsm(...args),
    potrf: (...args) => now().potrf(...args),
    potrs: (...args) => now().potrs(...args),
  };
}
