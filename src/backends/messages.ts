/** What a worker (src/worker.ts) and the thread that started it say to each other. Plain data: all of it can be posted. */
import type { ErrorCode } from '../errors';
import type { SamplesJob } from '../finite/sampler';
import type { DType, TypedArray } from '../ndarray';
import type { Panel, TileField, TileJob } from './backend';
import type { PartModule } from './core';
import type { WasmMemory, WasmModule } from './wasm-types';

/** First message to a thread on shared memory: it serves the team's control block (assembly/team.ts) and answers no more. */
export interface SharedStart {
  readonly kind: 'shared';
  /** Of the worker's script: one of another build does nothing. */
  readonly build: string;
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  readonly control: number;
  readonly thread: number;
}

/** First message to a worker with an instance and memory of its own. */
export interface MessagesStart {
  readonly kind: 'messages';
  readonly build: string;
  readonly module: WasmModule;
}

/** Opens a job; the worker forgets the panels of the one before. */
export interface JobMessage {
  readonly kind: 'job';
  readonly call: number;
  readonly job: TileJob;
  /** The part of the core that the job runs on beside the module of the first message. */
  readonly part: PartModule | null;
  readonly fields: readonly TileField[];
  /** Of the results. */
  readonly dtype: DType;
  /** In shared memory, where there is some: 1 for every tile that a thread has begun (`begins`). */
  readonly begun: Uint8Array | null;
}

/** Marks a tile as begun; false if it was, and its thread computes it. Without shared memory whoever has been sent a tile begins it. */
export const begins = (begun: Uint8Array | null, index: number): boolean => begun === null || Atomics.exchange(begun, index, 1) === 0;

/** Computes one tile of the open job. */
export interface TileMessage {
  readonly kind: 'tile';
  readonly index: number;
  /** Panels by id, with those the worker has not had yet, and those it must forget first. */
  readonly row: number;
  readonly col: number;
  readonly panels: readonly (readonly [id: number, panel: Panel])[];
  readonly dropped: readonly number[];
  /** Memory of earlier answers, to write this one into. */
  readonly spare: readonly ArrayBuffer[];
  readonly lower: boolean;
  readonly transposed: boolean;
}

/** Opens a job of random networks. */
export interface SamplesMessage {
  readonly kind: 'samples';
  readonly call: number;
  readonly job: SamplesJob;
  /** The part of the core that the job runs on beside the module of the first message. */
  readonly part: PartModule | null;
}

/** Draws some networks of the open job. */
export interface DrawMessage {
  readonly kind: 'draw';
  readonly index: number;
  readonly from: number;
  readonly count: number;
}

/** Closes the job and releases its memory. */
export interface EndMessage {
  readonly kind: 'end';
}

export type WorkerMessage = SharedStart | MessagesStart | JobMessage | TileMessage | SamplesMessage | DrawMessage | EndMessage;

/** The worker's code runs, and which it is. */
export interface ReadyReply {
  readonly kind: 'ready';
  readonly build: string;
}

/** A tile: for each field its rows, then, where they were asked for, the rows of its transpose; nothing where another thread had begun it. Some networks: for each field their kernels. */
export interface PartReply {
  readonly kind: 'part';
  readonly call: number;
  readonly index: number;
  readonly blocks: readonly TypedArray[];
  /** Of networks: the milliseconds that they took, and when they were done, in milliseconds since the epoch. */
  readonly took?: number;
  readonly ended?: number;
}

/** An InfiniteWidthError of the worker. */
export interface FailureReply {
  readonly kind: 'failure';
  readonly call: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type WorkerReply = ReadyReply | PartReply | FailureReply;
