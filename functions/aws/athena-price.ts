/** What Athena's queries cost: list prices of US East (N. Virginia), "Amazon Athena pricing". */

const DOLLARS_A_TERABYTE = 5;
/** A query is billed as 10 MB at least. */
const LEAST_BILLED_BYTES = 10e6;

export const billedBytes = (bytesRead: number): number => Math.max(bytesRead, LEAST_BILLED_BYTES);

/** @param billed bytes, each query's with the least (`billedBytes`) */
export const athenaDollars = (billed: number): number => (billed / 1e12) * DOLLARS_A_TERABYTE;
