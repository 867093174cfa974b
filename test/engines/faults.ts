/** Puts faults between the SDK and the account: which requests they hit, and what happens to those. */
import type { ServerResponse } from 'node:http';
import type { ForwardedRequest, Said } from './gateway.ts';

export interface Fault {
  isDue: (passing: ForwardedRequest) => boolean;
  /** before the account sees the request; true if it has been answered */
  before?: (answer: ServerResponse, passing: ForwardedRequest) => boolean;
  changeRequest?: (body: Buffer, passing: ForwardedRequest) => Buffer;
  /** once the account has done its work; true if it has been answered, or never will be */
  after?: (answer: ServerResponse, said: Said, passing: ForwardedRequest) => boolean;
  /** what becomes of the query that a StartQueryExecution starts */
  fate?: QueryFate;
}

/** `fails`: once its files are written, and they stay. `hangs`: until it is stopped. */
export type QueryFate = 'fails' | 'hangs';

type Where = (passing: ForwardedRequest) => boolean;

/** The first `times` requests that are meant. */
export function first(times: number, where: Where): Where {
  let left = times;
  return (passing) => where(passing) && left-- > 0;
}

export const s3 =
  (method: string, part: string): Where =>
  ({ service, operation, path }) =>
    service === 'S3' && operation === method && path.includes(part);

export const call =
  (name: string): Where =>
  ({ operation }) =>
    operation === name;

/** S3's own error, in XML. */
export const refuse = (isDue: Where, status: number, code: string): Fault => ({
  isDue,
  before(answer) {
    answer.writeHead(status, { 'content-type': 'application/xml' });
    answer.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>injected</Message></Error>`);
    return true;
  },
});

/**
 * The error of a service that speaks JSON: Glue, SQS, Athena. It has no date, or a client whose clock a test has turned would
 * take its clock for the reason, and ask again.
 */
export const refuseJson = (isDue: Where, status: number, type: string): Fault => ({
  isDue,
  before(answer) {
    answer.sendDate = false;
    answer.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type });
    answer.end(JSON.stringify({ __type: type, message: 'injected', Message: 'injected' }));
    return true;
  },
});

/** The request has its effect, and its answer gets lost. */
export const loseAnswer = (isDue: Where): Fault => ({
  isDue,
  after(answer) {
    answer.destroy();
    return true;
  },
});

/** The connection breaks after some bytes of the body. */
export const breakBody = (isDue: Where, bytes: number): Fault => ({
  isDue,
  after(answer, { status, headers, body }) {
    answer.writeHead(status, headers);
    answer.write(body.subarray(0, bytes), () => answer.destroy());
    return true;
  },
});

export const doom = (fate: QueryFate, isDue: Where): Fault => ({ isDue, fate });

/** Glue can't create some of a batch's partitions, for a reason that passes or not. */
export const failPartitions = (isDue: Where, days: readonly string[], code: string): Fault => ({
  isDue,
  changeRequest(body) {
    const request = JSON.parse(body.toString());
    for (const list of ['PartitionInputList', 'PartitionsToDelete']) {
      request[list] = request[list]?.filter(({ Values }: { Values: string[] }) => !days.includes(Values[0] ?? ''));
    }
    return Buffer.from(JSON.stringify(request));
  },
  after(answer) {
    answer.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    const Errors = days.map((dt) => ({
      PartitionValues: [dt],
      ErrorDetail: { ErrorCode: code, ErrorMessage: 'injected' },
    }));
    answer.end(JSON.stringify({ Errors }));
    return true;
  },
});
