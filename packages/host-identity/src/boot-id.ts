import { readFileSync, readlinkSync } from 'node:fs'

/** Changes with every start of the host; the same in all its containers. Linux only: throws elsewhere. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
}

/** The PID namespace of this process, a number: process ids mean something within one only. Linux only: throws elsewhere. */
export function readPidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
}
