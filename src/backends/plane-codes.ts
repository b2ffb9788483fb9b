/** Operations on displacement planes: codes shared by the loader and the core (assembly/planes.ts). */
export const PLANE_INPUT: i32 = 0;
export const PLANE_POOLED: i32 = 1;
export const PLANE_WINDOW: i32 = 2;
export const PLANE_BOX_RECTIFIED: i32 = 3;
export const PLANE_RECTIFIED: i32 = 4;
export const PLANE_AFFINE: i32 = 5;
export const PLANE_ADD: i32 = 6;
export const PLANE_TOTAL: i32 = 7;
export const PLANE_POOL: i32 = 8;
export const PLANE_DUAL: i32 = 9;
export const PLANE_BOX_DUAL: i32 = 10;
