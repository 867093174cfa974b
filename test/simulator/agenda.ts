/** What is going to happen in a schedule, and when: deliveries, and starts of processes, many at about the same time. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#lake/days.ts';
import type { Chance } from './chance.ts';
import { type RawObject, START } from './mail.ts';

export type Step =
  | 'plan'
  | 'requeue'
  | 'work'
  | 'replay'
  | 'settle'
  | 'rollup'
  | 'audit'
  | 'collect'
  | 'read'
  | 'rebuild'
  | 'switch'
  | 'back'
  | 'drop'
  | 'ask'
  | 'ask raw'
  | 'erase';
export type Mishap =
  | 'lose the queue'
  | 'deliver messages again'
  | 'rewrite a raw object'
  | 'delete a raw object'
  | 'put deleted raw objects back'
  | 'damage a settled file'
  | 'damage a waiting day'
  | 'change the raw template'
  | 'change the retention'
  | 'hold up a worker'
  | 'write under an eraser'
  | 'rewrite an erased object'
  | 'deploy new code';

export type Entry =
  | { at: number; does: 'deliver'; object: RawObject }
  | { at: number; does: 'start'; step: Step }
  | { at: number; does: Mishap };

/** Deliveries at their times, and rounds of processes shortly after one of them or at any time. In order of time. */
export function agendaOf(objects: readonly RawObject[], chance: Chance): Entry[] {
  const entries: Entry[] = objects.map((object) => ({ at: object.arrivesAt, does: 'deliver', object }));
  const end = Math.max(...objects.map(({ arrivesAt }) => arrivesAt));
  for (let rounds = chance.between(2, 4); rounds > 0; rounds--) {
    const near = objects[chance.below(objects.length)];
    const at =
      (near?.arrivesAt ?? START) + chance.oneOf([0, MINUTE_MS, HOUR_MS, 5 * HOUR_MS, 26 * HOUR_MS, 3 * DAY_MS]);
    entries.push(...roundAt(at, chance));
    // A collector that comes a day later, before anyone else.
    if (chance.happens(0.5)) {
      const step = chance.oneOf(['collect', 'collect', 'audit'] as const);
      entries.push({ at: at + chance.between(25, 50) * HOUR_MS, does: 'start', step });
    }
  }
  entries.push(...roundAt(end + chance.oneOf([MINUTE_MS, 27 * HOUR_MS, 3 * DAY_MS]), chance));
  // Somebody who can't decide how to plan, to and fro while objects come.
  for (let changes = chance.happens(0.15) ? chance.between(3, 7) : 0; changes > 0; changes--) {
    const near = objects[chance.below(objects.length)];
    const at = (near?.arrivesAt ?? START) + chance.between(1, 30) * MINUTE_MS;
    entries.push({ at, does: 'change the raw template' });
    for (const minutes of [1, 20]) entries.push({ at: at + minutes * MINUTE_MS, does: 'start', step: 'plan' });
  }
  return entries.sort((a, b) => a.at - b.at);
}

function roundAt(at: number, chance: Chance): Entry[] {
  const steps: Step[] = ['plan', 'work', 'work', 'settle'];
  const maybe: [Step, number][] = [
    ['plan', 0.5],
    ['work', 0.5],
    ['settle', 0.6],
    ['rollup', 0.4],
    ['requeue', 0.2],
    ['audit', 0.2],
    ['collect', 0.3],
    ['read', 0.3],
    ['replay', 0.15],
    ['rollup', 0.1],
  ];
  for (const [step, probability] of maybe) if (chance.happens(probability)) steps.push(step);
  const width = chance.oneOf([1000, MINUTE_MS, 10 * MINUTE_MS, 2 * HOUR_MS]);
  const starts = steps.map((step): Entry => ({ at: at + chance.below(width), does: 'start', step }));
  // Mostly in the order of the flow, because otherwise little would happen.
  if (chance.happens(0.7)) {
    const times = starts.map((entry) => entry.at).sort((a, b) => a - b);
    for (const [i, entry] of starts.entries()) entry.at = times[i] ?? entry.at;
  }
  const mishaps: [Mishap, number][] = [
    ['lose the queue', 0.04],
    ['deliver messages again', 0.1],
    ['rewrite a raw object', 0.01],
    ['delete a raw object', 0.015],
    ['deploy new code', 0.15],
    ['damage a settled file', 0.12],
    ['change the raw template', 0.1],
  ];
  const unlucky = mishaps.filter(([, probability]) => chance.happens(probability));
  const mishap = unlucky.map(([does]): Entry => ({ at: at + chance.below(width), does }));
  return [...starts, ...mishap, ...mishap.flatMap((entry) => sequel(entry, chance))];
}

/** Whoever deploys better code, or puts an object back, has what was rejected read again: several at once, in their hurry. */
function sequel({ at, does }: Entry, chance: Chance): Entry[] {
  const after = at + chance.oneOf([MINUTE_MS, 2 * HOUR_MS, 30 * HOUR_MS]);
  const steps: Step[] = ['replay', 'replay', 'work', 'work'];
  const replays = steps.map((step): Entry => ({ at: after + chance.below(MINUTE_MS), does: 'start', step }));
  if (does === 'deploy new code') return replays;
  if (does !== 'delete a raw object') return [];
  return [{ at: after, does: 'put deleted raw objects back' }, ...replays];
}

/**
 * Rebuilds: begun once or by several at once, gone on with, switched to by people in a hurry, dropped, or taken back, beside
 * all else that goes on.
 */
export function rebuildsAmong(agenda: readonly Entry[], chance: Chance): Entry[] {
  const entries: Entry[] = [];
  const [first, last] = [agenda[0]?.at ?? START, agenda.at(-1)?.at ?? START];
  for (let rebuilds = chance.between(1, 2); rebuilds > 0; rebuilds--) {
    let at = first + chance.below(Math.max(1, last - first)) + chance.oneOf([0, 2 * DAY_MS, 4 * DAY_MS]);
    const does = (step: Step): void => void entries.push({ at, does: 'start', step });
    if (chance.happens(0.2)) entries.push({ at, does: 'rewrite a raw object' });
    for (let rounds = chance.between(1, 4); rounds > 0; rounds--) {
      for (let several = chance.between(1, 2); several > 0; several--) does('rebuild');
      at += chance.oneOf([MINUTE_MS, HOUR_MS, 5 * HOUR_MS, 26 * HOUR_MS]);
      if (chance.happens(0.4)) does(chance.oneOf(['settle', 'collect', 'audit', 'plan', 'work'] as const));
    }
    if (chance.happens(0.1)) entries.push({ at, does: 'damage a waiting day' });
    if (chance.happens(0.15)) does('drop');
    for (let several = chance.between(1, 3); several > 0; several--) {
      does('switch');
      at += chance.oneOf([MINUTE_MS, HOUR_MS, 26 * HOUR_MS]);
      if (chance.happens(0.5)) does(chance.oneOf(['settle', 'collect', 'rollup', 'audit', 'rebuild'] as const));
    }
    if (chance.happens(0.4)) does('back');
  }
  return entries;
}

/** Days expire: collectors that come on the days after mail has come, together with all who could bring such a day back. */
export function expiriesAmong(agenda: readonly Entry[], chance: Chance): Entry[] {
  const entries: Entry[] = [];
  const [first, last] = [agenda[0]?.at ?? START, agenda.at(-1)?.at ?? START];
  for (let at = first + chance.below(4 * DAY_MS); at < last + 5 * DAY_MS; at += chance.between(20, 60) * HOUR_MS) {
    const steps: Step[] = ['collect'];
    const maybe = [
      'settle',
      'settle',
      'rollup',
      'rollup',
      'read',
      'read',
      'read',
      'work',
      'plan',
      'collect',
      'audit',
    ] as const;
    for (const step of maybe) if (chance.happens(0.3)) steps.push(step);
    for (const step of steps) entries.push({ at: at + chance.below(MINUTE_MS), does: 'start', step });
    if (chance.happens(0.1)) entries.push({ at, does: 'change the retention' });
  }
  return entries;
}

/** Persons who are to be forgotten, one after the other, while everything goes on; who looks through the lake comes often, or late. */
export function erasuresAmong(agenda: readonly Entry[], chance: Chance): Entry[] {
  if (chance.happens(0.3)) return heldUpAround(agenda, chance);
  const entries: Entry[] = [];
  const [first, last] = [agenda[0]?.at ?? START, agenda.at(-1)?.at ?? START];
  for (let persons = chance.between(1, 3); persons > 0; persons--) {
    let at = first + chance.below(Math.max(1, last - first)) + chance.oneOf([0, HOUR_MS, 4 * DAY_MS]);
    const does = (step: Step): void => void entries.push({ at, does: 'start', step });
    does('ask');
    for (let rounds = chance.between(1, 4); rounds > 0; rounds--) {
      for (let several = chance.between(1, 2); several > 0; several--) does('erase');
      at += chance.oneOf([1000, MINUTE_MS, HOUR_MS, 26 * HOUR_MS]);
      if (chance.happens(0.6)) does(chance.oneOf(['settle', 'collect', 'audit', 'plan', 'work', 'rollup'] as const));
    }
  }
  return entries;
}

/** Who reads on without knowing, and writes hours after the lake was looked through. */
function heldUpAround(agenda: readonly Entry[], chance: Chance): Entry[] {
  const deliveries = agenda.filter(({ does }) => does === 'deliver');
  const at = (deliveries[chance.below(deliveries.length)]?.at ?? START) + chance.oneOf([HOUR_MS, 27 * HOUR_MS]);
  const starts = (step: Step, minutes: number): Entry => ({ at: at + minutes * MINUTE_MS, does: 'start', step });
  return [
    ...[starts('plan', -20), starts('settle', -15)],
    ...[0, 1].flatMap((): Entry[] => [
      { at: at - 1000, does: 'hold up a worker' },
      { at: at - 1000, does: 'start', step: 'work' },
    ]),
    ...[
      starts('ask', 0),
      starts('ask', 0),
      starts('erase', 1),
      starts('erase', 3),
      starts('erase', 6),
      starts('erase', 9),
    ],
    ...[starts('plan', 11.5 * 60), starts('settle', 13 * 60), starts('erase', 13 * 60 + 1)],
  ];
}

/**
 * Raw objects are looked through, too: somebody asks, and erases, together with all who read raw objects or look at them; and somebody
 * else writes there.
 */
export function rawErasuresAmong(agenda: readonly Entry[], chance: Chance): Entry[] {
  const entries: Entry[] = [];
  const [first, last] = [agenda[0]?.at ?? START, agenda.at(-1)?.at ?? START];
  for (let times = chance.between(1, 3); times > 0; times--) {
    let at = first + chance.below(Math.max(1, last - first)) + chance.oneOf([0, HOUR_MS, 4 * DAY_MS]);
    const does = (step: Step): void => void entries.push({ at: at + chance.below(2000), does: 'start', step });
    if (chance.happens(0.5)) does('ask');
    does('ask raw');
    for (let rounds = chance.between(1, 3); rounds > 0; rounds--) {
      at += chance.oneOf([1000, MINUTE_MS, HOUR_MS]);
      for (let several = chance.between(1, 3); several > 0; several--) does('erase');
      if (chance.happens(0.3)) does('ask');
      for (const step of ['work', 'plan', 'replay', 'rebuild', 'switch', 'audit', 'erase'] as const) {
        if (chance.happens(0.25)) does(step);
      }
      if (chance.happens(0.15)) entries.push({ at, does: 'write under an eraser' });
      if (chance.happens(0.1)) entries.push({ at: at + chance.below(DAY_MS), does: 'rewrite an erased object' });
    }
  }
  return entries;
}
