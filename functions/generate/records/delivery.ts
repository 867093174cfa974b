/** Collects generated records into raw objects, as Amazon Data Firehose does. */
import { HOUR_MS, MINUTE_MS } from '#lake/days.ts';
import { SECOND } from '../sender/calendar.ts';
import type { Life } from '../sender/life.ts';
import type { Happening, Mail } from '../sender/mail.ts';
import { otherPinpointEvent, pinpointNoise, topicNoise } from '../sender/noise.ts';
import { Random } from '../sender/random.ts';
import { EVENTS_STREAM, PINPOINT_STREAM, STREAMS, type Stream, TOPIC_STREAM } from '../sender/sender.ts';
import type { Ledger } from '../truth/ledger.ts';
import { enveloped, failedRecord, lambdaBatch } from './envelopes.ts';
import { pinpointRecord } from './pinpoint.ts';
import { encoded, type RawFolder } from './raw-folder.ts';
import { sesRecord, sesType } from './ses.ts';

/** A record on its way: when Firehose gets it (epoch ms), and its content. */
interface Arrival {
  at: number;
  mail: Mail;
  happening: Happening;
}

/**
 * The delivery streams: they gather what arrives within an hour and write it as objects, as Firehose does, with its
 * repeats and delays. Only arrivals of hours to come are held, so that memory grows with the pace of sending, not with
 * the number of messages.
 */
export class Delivery {
  private readonly hours = new Map<number, Arrival[]>();
  private readonly seed: number;
  private readonly folder: RawFolder;
  private readonly ledger: Ledger;
  private readonly waiting = new Map<Stream, Arrival[]>();
  private delivered = 0;
  /** streams that have delivered something */
  private readonly begun = new Set<Stream>();

  constructor(seed: number, folder: RawFolder, ledger: Ledger) {
    this.seed = seed;
    this.folder = folder;
    this.ledger = ledger;
  }

  /** Takes in all records of a message. */
  expect({ mail, happenings }: Life, random: Random): void {
    for (const happening of happenings) {
      const at = happening.at + SECOND + random.wait(6 * SECOND);
      this.arrive({ at, mail, happening });
      // a producer tries again although the first try got through
      if (random.chance(0.001)) {
        this.arrive({ at: at + MINUTE_MS + random.wait(9 * HOUR_MS), mail, happening });
        this.ledger.repeat();
      }
    }
  }

  /** Writes the objects of all hours before an instant, in order of time. */
  async deliverUntil(instant: number): Promise<void> {
    const due = [...this.hours.keys()].filter((hour) => (hour + 1) * HOUR_MS <= instant).sort((a, b) => a - b);
    for (const hour of due) {
      const arrivals = this.hours.get(hour) ?? [];
      this.hours.delete(hour);
      await this.deliverHour(hour, arrivals);
    }
    if (instant === Number.POSITIVE_INFINITY) for (const stream of STREAMS) await this.deliverWaiting(stream);
  }

  private arrive(arrival: Arrival): void {
    const hour = Math.floor(arrival.at / HOUR_MS);
    const others = this.hours.get(hour);
    if (others === undefined) this.hours.set(hour, [arrival]);
    else others.push(arrival);
  }

  /** A stream with few records gathers for some hours, so that a small sender's data aren't all tiny objects. */
  private async deliverHour(hour: number, arrivals: Arrival[]): Promise<void> {
    arrivals.sort((a, b) => a.at - b.at);
    for (const stream of STREAMS) {
      const waiting = this.waiting.get(stream) ?? [];
      for (const arrival of arrivals) if (arrival.mail.mailing.stream === stream) waiting.push(arrival);
      this.waiting.set(stream, waiting);
      const [oldest] = waiting;
      if (waiting.length >= FEW_RECORDS || (oldest !== undefined && oldest.at < (hour - PATIENCE + 1) * HOUR_MS))
        await this.deliverWaiting(stream);
    }
  }

  private async deliverWaiting(stream: Stream): Promise<void> {
    const waiting = this.waiting.get(stream) ?? [];
    this.waiting.set(stream, []);
    for (let from = 0; from < waiting.length; from += MOST_RECORDS) {
      const arrivals = waiting.slice(from, from + MOST_RECORDS);
      const random = new Random(this.seed, 6, STREAMS.indexOf(stream), this.delivered++);
      await this.deliverObject(stream, arrivals, random);
    }
  }

  private async deliverObject(stream: Stream, arrivals: readonly Arrival[], random: Random): Promise<void> {
    const [first] = arrivals;
    const last = arrivals.at(-1);
    if (first === undefined || last === undefined) return;
    const draft = this.filled(stream, arrivals, random);
    const modified = last.at + MINUTE_MS + random.below(4 * MINUTE_MS);
    const write = (folder: string, parts: readonly string[], late: number): Promise<void> =>
      this.write(stream, folder, first.at, parts, modified + late, random);
    const isLate = random.chance(0.025);
    await write(stream.folder, draft.parts, isLate ? HOUR_MS + random.below(70 * HOUR_MS) : 0);
    if (draft.failed.length > 0) await write(`${stream.folder}/processing-failed`, draft.failed, 0);
    if (random.chance(0.004)) {
      // Firehose timed out on S3 and delivered once more
      await write(stream.folder, draft.parts, MINUTE_MS);
      for (let k = 0; k < draft.records; k++) this.ledger.repeat();
      for (const type of draft.skipped) this.ledger.skipped(type);
    }
    if (random.chance(0.006)) {
      const record = recordOf(first);
      await write(stream.folder, [record], 2 * MINUTE_MS);
      this.ledger.repeat();
    }
  }

  /** What an object holds: records in their envelopes, some twice, and what else the stream carries. */
  private filled(stream: Stream, arrivals: readonly Arrival[], random: Random): Filling {
    const envelope = random.pick(stream.envelopes);
    const filling: Filling = { parts: [], failed: [], records: 0, skipped: [] };
    this.begin(stream, arrivals[0]?.at ?? 0, filling, random);
    let batch: string[] = [];
    for (const arrival of arrivals) {
      const record = recordOf(arrival);
      if (stream === EVENTS_STREAM && random.chance(0.0008)) {
        filling.failed.push(failedRecord(record, arrival.at));
        continue;
      }
      const copies = random.chance(0.0015) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        filling.records++;
        if (copy > 0) this.ledger.repeat();
        if (envelope === 'lambda') batch.push(record);
        else filling.parts.push(enveloped(record, envelope, sesType(arrival.happening), arrival.at, random));
      }
      if (batch.length >= 3) {
        filling.parts.push(lambdaBatch(batch, arrival.at, random));
        batch = [];
      }
      if (stream === PINPOINT_STREAM && random.chance(0.03)) this.skip(filling, pinpointNoise(arrival.at, random));
      if (stream === TOPIC_STREAM && random.chance(0.0004)) this.skip(filling, topicNoise(arrival.at, random));
    }
    if (batch.length > 0) filling.parts.push(lambdaBatch(batch, arrivals.at(-1)?.at ?? 0, random));
    return filling;
  }

  /** What lies in a stream since it was set up. */
  private begin(stream: Stream, at: number, filling: Filling, random: Random): void {
    if (this.begun.has(stream)) return;
    this.begun.add(stream);
    if (stream === PINPOINT_STREAM)
      this.skip(filling, { type: '_test.event_stream', record: otherPinpointEvent('_test.event_stream', at, random) });
    if (stream === EVENTS_STREAM) this.skip(filling, { type: 'ses_topic_validation', record: `${TOPIC_VALIDATION}\n` });
  }

  private skip(filling: Filling, noise: { record: string; type: string }): void {
    filling.parts.push(noise.record);
    filling.skipped.push(noise.type);
    this.ledger.skipped(noise.type);
  }

  private write(
    stream: Stream,
    folder: string,
    startedAt: number,
    parts: readonly string[],
    modified: number,
    random: Random,
  ): Promise<void> {
    const delimiter = random.pick(stream.delimiters);
    const content = encoded(parts, delimiter);
    const isPlain = random.chance(0.06);
    const key = objectKey(folder, stream.name, startedAt, random.uuid(), isPlain ? '' : '.gz');
    if (!isPlain) return this.folder.putCompressed(key, content, modified);
    this.folder.put(key, content, modified);
    return Promise.resolve();
  }
}

interface Filling {
  parts: string[];
  /** for the error prefix */
  failed: string[];
  /** e-mail records among the parts */
  records: number;
  skipped: string[];
}

/** Firehose closes an object at 5 MB by default: about so many records. */
const MOST_RECORDS = 2500;
/** hours */
const PATIENCE = 6;
const FEW_RECORDS = 32;
const TOPIC_VALIDATION = 'Successfully validated SNS topic for Amazon SES event publishing.';

const recordOf = ({ mail, happening }: Arrival): string =>
  mail.mailing.stream.source === 'pinpoint' ? pinpointRecord(mail, happening) : sesRecord(mail, happening);

/** `<folder>/yyyy/MM/dd/HH/<stream>-1-yyyy-MM-dd-HH-mm-ss-<uuid>` in UTC. */
export function objectKey(folder: string, stream: string, instant: number, uuid: string, ending: string): string {
  const iso = new Date(instant).toISOString();
  const hour = `${iso.slice(0, 4)}/${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(11, 13)}`;
  return `${folder}/${hour}/${stream}-1-${iso.slice(0, 19).replace(/[T:]/g, '-')}-${uuid}${ending}`;
}
