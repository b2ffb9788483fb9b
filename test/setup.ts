/** Before every suite in Node: V8's flags must be set before the first module is compiled. */
import { setFlagsFromString } from 'node:v8';
import { NODE_FLAGS } from './node-flags';

for (const flag of NODE_FLAGS) setFlagsFromString(flag);
