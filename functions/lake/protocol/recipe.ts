/**
 * A hash of what computed a generation: the SQL statement with its rules, and the constants that it reads. A generation
 * with another recipe than today's is outdated, whatever its inputs. Comments and layout of SQL don't count, because they
 * change no row.
 */
import { hash } from 'node:crypto';
import { tokens } from '../sql/views/tokens.ts';

export const recipeOf = (statement: string, constants: readonly (string | number)[] = []): string =>
  digest([tokens(statement).map(({ text }) => text), constants]);

const digest = (value: unknown): string => hash('sha256', JSON.stringify(value), 'hex').slice(0, 16);
