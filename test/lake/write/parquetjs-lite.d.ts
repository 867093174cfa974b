/** What the tests and the benchmark use of parquetjs-lite, which comes without types. */
declare module 'parquetjs-lite' {
  namespace parquetjs {
    interface Cursor {
      next(): Promise<Record<string, unknown> | null>;
    }
    interface Field {
      type: string;
      optional: boolean;
      compression?: string;
    }
    class ParquetSchema {
      constructor(fields: Record<string, Field>);
    }
    class ParquetReader {
      static openBuffer(bytes: Buffer): Promise<ParquetReader>;
      getCursor(): Cursor;
      close(): Promise<void>;
    }
    class ParquetWriter {
      static openFile(
        schema: ParquetSchema,
        path: string,
        options?: { useDataPageV2?: boolean },
      ): Promise<ParquetWriter>;
      setRowGroupSize(rows: number): void;
      appendRow(row: Record<string, unknown>): Promise<void>;
      close(): Promise<void>;
    }
  }
  export = parquetjs;
}

declare module 'parquetjs-lite/lib/types.js' {
  export const PARQUET_LOGICAL_TYPES: Record<string, { fromPrimitive?: (value: bigint | number) => unknown }>;
}
