import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A certificate for 127.0.0.1 that signs itself, as an Azkaban's often does; made by openssl in `directory`. */
export function selfSigned(directory: string): { key: string; cert: string; certFile: string } {
  const keyFile = join(directory, 'key.pem')
  const certFile = join(directory, 'cert.pem')
  const subject = ['-subj', '/CN=azkaban.example', '-addext', 'subjectAltName=IP:127.0.0.1']
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject]
  execFileSync('openssl', [...made, '-keyout', keyFile, '-out', certFile], { stdio: 'pipe' })
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8'), certFile }
}
