/** What a disk or a host says when it is short of something, or out of order for now (errno(3)). */
const FOR_NOW: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no room left on the disk',
  EDQUOT: 'there is no room left on the disk for this user',
  EIO: 'the disk fails',
  EROFS: 'the disk cannot be written to',
  ESTALE: 'the disk is away',
  ETIMEDOUT: 'the disk does not answer',
  EMFILE: 'this service has too many files open',
  ENFILE: 'this host has too many files open',
  EAGAIN: 'this host runs too many processes',
  ENOMEM: 'this host is out of memory'
}

/** In words, what a disk or a host was short of that may well have it later; undefined when it is wrong for good. */
export function passingFault(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return FOR_NOW[code]
}
