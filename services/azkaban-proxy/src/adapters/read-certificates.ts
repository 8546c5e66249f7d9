import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigError } from '@scheduler-task/service-base/load-config'

/**
 * The certificates in AZKABAN_CA_FILE, as PEM.
 * @throws ConfigError when there are none
 */
export async function readCertificates(path: string): Promise<string> {
  try {
    const pem = await readFile(path, 'utf8')
    // Node takes a file without any and trusts nobody.
    new X509Certificate(pem)
    return pem
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError([`AZKABAN_CA_FILE: holds no certificate that can be read: ${reason}`])
  }
}
