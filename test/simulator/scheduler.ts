/**
 * The scheduler: every call of a port is a task that waits until it is picked. Between two picks all promises that can
 * go on go on, so that the order of effects is the order of picks, and a seed that decides the picks decides everything.
 */
import { triesRoot } from '#lake/protocol/keys.ts';
import type { Chance } from './chance.ts';
import type { Process } from './process.ts';

/** What becomes of a call. */
export type Fate =
  | 'done'
  /** no effect, the caller gets an error */
  | 'refused'
  /** the effect takes place, the caller gets an error */
  | 'answer lost'
  /** the effect takes place twice (the client tried again), the caller gets the second answer */
  | 'done twice'
  /** the effect takes place, the answer comes later */
  | 'answer late'
  /** the caller dies, and the call has no effect */
  | 'killed before'
  /** the caller dies when the call has had its effect */
  | 'killed after'
  /** the caller dies, and the call, which is on its way, has its effect later */
  | 'effect after death';

/** Gives the caller its answer. */
export type Answer = () => void;

/** A call that waits to be picked. */
export interface Task {
  process: Process;
  /** `lake.create`, `query reads`, … */
  op: string;
  /** the key, table or unit that it is about */
  subject: string;
  /** Has its effect, and says how to answer; null: the answer comes by a task of its own. */
  effect(): Answer | null;
  /** Tells the caller of a failure; null where nobody waits. */
  refuse: ((error: Error) => void) | null;
}

export interface TraceEntry {
  /** epoch ms, the world's true time */
  at: number;
  who: string;
  what: string;
  subject: string;
  fate: string;
}

/** Decides what becomes of a task that was picked. */
export type FateOf = (task: Task) => Fate;

/** What a client says when the network or the service lets it down. */
export class Disturbed extends Error {
  override name = 'Disturbed';
}

export class Scheduler {
  readonly #chance: Chance;
  readonly #now: () => number;
  fateOf: FateOf;
  readonly tasks: Task[] = [];
  readonly trace: TraceEntry[] = [];
  /** a long search does without, and plays again what failed */
  isTraced = true;
  /** every call takes effect as soon as it is made: one process at a time, undisturbed */
  isImmediate = false;
  /** port calls that were picked */
  calls = 0;
  kills = 0;

  constructor(chance: Chance, now: () => number, fateOf: FateOf) {
    this.#chance = chance;
    this.#now = now;
    this.fateOf = fateOf;
  }

  add(task: Task): void {
    if (this.isImmediate) this.#run(task);
    else this.tasks.push(task);
  }

  note(who: string, what: string, subject = ''): void {
    if (this.isTraced) this.trace.push({ at: this.#now(), who, what, subject, fate: '' });
  }

  /** Nobody has anything to do, but for those that are held up. */
  get isIdle(): boolean {
    return this.tasks.every((task) => this.#isHeldUp(task));
  }

  #isHeldUp({ process, subject }: Task): boolean {
    return this.#now() < process.heldUntil && subject.startsWith('v1/live/');
  }

  /** Picks one of the waiting tasks, lets it have its fate, and lets everyone go on. */
  async step(): Promise<void> {
    let at = this.#chance.below(this.tasks.length);
    let task = this.tasks[at];
    while (task && !this.isIdle && this.#isHeldUp(task)) {
      at = (at + 1) % this.tasks.length;
      task = this.tasks[at];
    }
    if (!task) return;
    const last = this.tasks.pop();
    if (last && last !== task) this.tasks[at] = last;
    this.#run(task);
    await settled();
  }

  /** The process is gone at once. What it had asked for may be on its way still, and take effect at any later time. */
  kill(process: Process): void {
    if (process.state !== 'running') return;
    process.state = 'dead';
    this.kills++;
    this.note(process.name, 'dies');
    this.drop((task) => task.process === process && !this.#chance.happens(0.3));
    process.died();
  }

  drop(isGone: (task: Task) => boolean): void {
    const kept = this.tasks.filter((task) => !isGone(task));
    if (kept.length === this.tasks.length) return;
    this.tasks.length = 0;
    this.tasks.push(...kept);
  }

  #run(task: Task): void {
    const { process } = task;
    const isOrphan = process.state === 'dead';
    const fate: Fate = isOrphan ? 'done' : this.fateOf(task);
    this.calls++;
    process.calls++;
    if (this.isTraced) {
      this.trace.push({
        at: this.#now(),
        who: process.name,
        what: task.op,
        subject: task.subject,
        fate: isOrphan ? 'done after death' : fate,
      });
    }
    if (isOrphan) {
      task.effect();
      return;
    }
    if ((fate === 'refused' || fate === 'answer lost') && task.subject.startsWith(triesRoot))
      process.lostItsWord = true;
    switch (fate) {
      case 'done':
        task.effect()?.();
        return;
      case 'refused':
        task.refuse?.(new Disturbed(`service unavailable: ${task.op} ${task.subject}`));
        return;
      case 'answer lost':
        task.effect();
        task.refuse?.(new Disturbed(`connection reset: ${task.op} ${task.subject}`));
        return;
      case 'done twice':
        task.effect();
        task.effect()?.();
        return;
      case 'answer late': {
        const answer = task.effect();
        if (answer) this.add({ ...task, op: `${task.op} answers`, effect: () => answer });
        return;
      }
      case 'killed before':
        this.kill(process);
        return;
      case 'killed after':
        task.effect();
        this.kill(process);
        return;
      case 'effect after death':
        this.add(task);
        this.kill(process);
        return;
    }
  }
}

/**
 * Resolves when every promise that can go on has gone on: node looks at its next-tick queue only when there are no
 * microtasks left (Node.js docs, "The Node.js event loop": process.nextTick()), and nobody else here uses it. A turn of the
 * loop would do as well, at three times the cost.
 */
export const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
