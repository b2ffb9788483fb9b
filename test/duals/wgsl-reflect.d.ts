/** wgsl_reflect's main entry is CommonJS in a module package; this is the entry that loads. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export * from 'wgsl_reflect';
}
