/** What the tests and the benchmark use of parquetjs-lite, which comes without types. */
declare module 'parquetjs-lite' {
  interface Cursor {
    next(): Promise<Record<string, unknown> | null>;
  }
  interface Field {
    type: string;
    optional: boolean;
    compression?: string;
  }
  export class ParquetSchema {
    constructor(fields: Record<string, Field>);
  }
  export class ParquetReader {
    static openBuffer(bytes: Buffer): Promise<ParquetReader>;
    getCursor(): Cursor;
    close(): Promise<void>;
  }
  export class ParquetWriter {
    static openFile(schema: ParquetSchema, path: string, options?: { useDataPageV2?: boolean }): Promise<ParquetWriter>;
    setRowGroupSize(rows: number): void;
    appendRow(row: Record<string, unknown>): Promise<void>;
    close(): Promise<void>;
  }
}

declare module 'parquetjs-lite/lib/types.js' {
  export const PARQUET_LOGICAL_TYPES: Record<string, { fromPrimitive?: (value: bigint | number) => unknown }>;
}
