/** The file `worker.js`, which lies beside this module in src/ and beside its chunk in dist/. */

/** Starts it. Bundlers recognise these very words, emit the file and rewrite the URL. */
export const startWorkerFile = (): Worker => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
