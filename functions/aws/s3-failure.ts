/** Turns S3's errors about an object into those of the ports. */
import { ChangedObject, DeniedObject, MissingObject } from '#lake/ports.ts';

interface ServiceError {
  name: string;
  message: string;
  /** HTTP */
  status: number;
  /** requests that the SDK sent, retries included */
  attempts: number;
}

/** The parts of an SDK error that matter here, or null for anything else. */
export function serviceError(error: unknown): ServiceError | null {
  if (!(error instanceof Error) || !('$metadata' in error)) return null;
  const { $metadata: metadata } = error;
  if (typeof metadata !== 'object' || metadata === null) return null;
  const number = (name: 'httpStatusCode' | 'attempts'): number => {
    const value: unknown = name in metadata ? Reflect.get(metadata, name) : undefined;
    return typeof value === 'number' ? value : 0;
  };
  return {
    name: error.name,
    message: error.message,
    status: number('httpStatusCode'),
    attempts: number('attempts'),
  };
}

/** @returns the port's error, or the given one where the ports have no word for it */
export function objectFailure(error: unknown, key: string): unknown {
  const said = serviceError(error);
  if (!said) return error;
  if (said.name === 'NoSuchKey' || said.name === 'NotFound' || (said.status === 404 && said.name !== 'NoSuchBucket'))
    return new MissingObject(key);
  if (said.status === 412) return new ChangedObject(key);
  // KMS refuses with status 400 or 403 under names of its own (KMS.DisabledException, KMS.AccessDeniedException, …).
  if (said.status === 403 || said.name.startsWith('KMS.')) return new DeniedObject(key, said.name);
  return error;
}
