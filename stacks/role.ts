/** Makes an IAM role with one policy. */
import type { LakeStage } from './lake-stage.ts';

export interface Role {
  role: aws.iam.Role;
  /** what uses the role comes after it */
  policy: aws.iam.RolePolicy;
}

/** A role, with all its rights in one policy. `trust` and `policy` are JSON texts. */
export function makeRole(
  { names }: LakeStage,
  name: string,
  roleName: string,
  { trust, policy }: { trust: string; policy: string },
): Role {
  const role = new aws.iam.Role(`${name}Role`, {
    name: roleName,
    description: `${name} of ${names.app}, stage ${names.stage}`,
    assumeRolePolicy: trust,
  });
  return { role, policy: new aws.iam.RolePolicy(`${name}Policy`, { role: role.name, name: 'maillake', policy }) };
}
