/** Where readers of copies are pointed (steps/copy-views.ts): the one partition of a view's copy in Glue, which is switched at once. */
import {
  CreatePartitionCommand,
  GetPartitionCommand,
  GetTableCommand,
  type GlueClient,
  UpdatePartitionCommand,
} from '@aws-sdk/client-glue';
import { copyName } from '#lake/sql/without-persons.ts';
import type { Copies } from '#lake/steps/copy-views.ts';
import { PATIENT, withBackoff } from './backoff.ts';

export interface GlueCopiesOptions {
  client: GlueClient;
  /** that of the copies */
  database: string;
  /** bucket of the copies: locations are keys in it */
  bucket: string;
}

/** The partition key of a copy, and its only value: readers of the view don't see it. */
export const COPY_KEY = 'copy';
const CURRENT = ['current'];

/** Glue as the catalog of copies. */
export class GlueCopies implements Copies {
  readonly #client: GlueClient;
  readonly #database: string;
  readonly #root: string;

  constructor({ client, database, bucket }: GlueCopiesOptions) {
    this.#client = client;
    this.#database = database;
    this.#root = `s3://${bucket}/`;
  }

  async locationOf(view: string): Promise<string | null> {
    try {
      const { Partition } = await this.#client.send(
        new GetPartitionCommand({ ...this.#table(view), PartitionValues: CURRENT }),
      );
      return Partition?.StorageDescriptor?.Location?.replace(this.#root, '') ?? null;
    } catch (error) {
      if (nameOf(error) === MISSING) return null;
      throw error;
    }
  }

  /** The files are read as the table says now: the stage is deployed before its functions run. */
  async pointTo(view: string, location: string): Promise<void> {
    const { Table } = await this.#client.send(
      new GetTableCommand({ DatabaseName: this.#database, Name: copyName(view) }),
    );
    const PartitionInput = {
      Values: CURRENT,
      StorageDescriptor: { ...Table?.StorageDescriptor, Location: this.#root + location },
    };
    const isDone = await withBackoff(PATIENT, async () => {
      try {
        await this.#client.send(
          new UpdatePartitionCommand({ ...this.#table(view), PartitionValueList: CURRENT, PartitionInput }),
        );
        return true;
      } catch (error) {
        if (nameOf(error) !== MISSING) throw error;
      }
      try {
        await this.#client.send(new CreatePartitionCommand({ ...this.#table(view), PartitionInput }));
        return true;
      } catch (error) {
        // Another call has made it meanwhile: update it.
        if (nameOf(error) !== 'AlreadyExistsException') throw error;
        return undefined;
      }
    });
    if (!isDone) throw new Error(`readers of a copy could not be pointed to it, Glue is too busy: ${view}`);
  }

  #table(view: string): { DatabaseName: string; TableName: string } {
    return { DatabaseName: this.#database, TableName: copyName(view) };
  }
}

const MISSING = 'EntityNotFoundException';
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');
