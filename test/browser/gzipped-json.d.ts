declare module '*.json.gz' {
  const value: unknown;
  export default value;
}
