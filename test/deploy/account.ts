/** The account that the provider works on: requests go to account.py, and from there to moto. */
import type { Json } from '../stacks/graph.ts';
import type { Request } from '../stacks/requests.ts';

/** What AWS said no with. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: string;

  constructor(operation: string, code: string, message: string) {
    super(`${operation}: ${code}: ${message}`);
    this.code = code;
  }
}

export interface Account {
  /** @throws Refusal */
  send(request: Request): Promise<Json>;
  /** null where the service says that there is no such thing. @throws Refusal for any other reason */
  ask(request: Request): Promise<Json>;
  /** what a resource was given last: its service would say so */
  recall(key: string): Promise<Json>;
  remember(key: string, inputs: Json): Promise<void>;
}

/** Again where the connection breaks, as clients of AWS do: dozens are open at once, and moto is one process. */
async function posted(url: string, body: string, tries = 3): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', body });
  } catch (error) {
    if (tries <= 1) throw error;
    return posted(url, body, tries - 1);
  }
}

/** Services say in many ways that something isn't there. */
const ABSENT = /not ?found|nosuch|not ?exist|nonexist|^404$|EntityNotFound|ResourceNotFound/i;

export function openAccount(address: string): Account {
  async function send({ service, operation, input }: Request): Promise<Json> {
    const response = await posted(`${address}/provider`, JSON.stringify({ service, operation, input }));
    const said: { answer?: Json; code?: string; message?: string } = JSON.parse(await response.text());
    if (said.code !== undefined) throw new Refusal(operation, said.code, said.message ?? '');
    return said.answer;
  }
  return {
    send,
    async ask(request) {
      try {
        return await send(request);
      } catch (error) {
        if (error instanceof Refusal && (ABSENT.test(error.code) || isUnknown(error))) return null;
        throw error;
      }
    },
    async recall(key) {
      const said = await send({ service: '', operation: 'Recall', input: { key } });
      return typeof said === 'object' && said !== null && 'inputs' in said ? said.inputs : null;
    },
    async remember(key, inputs) {
      await send({ service: '', operation: 'Remember', input: { key, inputs } });
    },
  };
}

/** Athena and CloudFormation have one code for all that is wrong with a request. */
const isUnknown = ({ code, message }: Refusal): boolean =>
  ['InvalidRequestException', 'ValidationError'].includes(code) && /not exist|not found|does not/i.test(message);
