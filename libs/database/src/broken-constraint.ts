/**
 * The name of the constraint that an error says was broken. On a distributed table it is the shard's, whose names end in the
 * shard's number; none of ours does.
 */
export function brokenConstraint(error: unknown): string | undefined {
  const at = error as { constraint?: string; cause?: { constraint?: string } } | null;
  return (at?.constraint ?? at?.cause?.constraint)?.replace(/_\d+$/, '');
}
