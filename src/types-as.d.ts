/** AssemblyScript's names for numbers, so that the files both compilers read type-check under tsc. */
type i32 = number;
type f64 = number;
