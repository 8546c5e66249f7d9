import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A zip archive without entries: its end record alone. */
const EMPTY_ZIP = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)])

/** Writes a jar that holds nothing: stand-in engines only look at its name. */
export async function writeEmptyJar(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, EMPTY_ZIP)
}
