/** What koffi makes of a C function here: pointers are bigints, and 0 is null. */
export type Operand = bigint | number | string | null | undefined | Uint8Array | BigUint64Array;
export type Call = (...operands: Operand[]) => number;
export type Make = (...operands: Operand[]) => bigint | null;
