import { runPrimary } from './primary.ts'

const [, entry = '', role, id] = process.argv
if (role === 'worker') {
  // Loaded only here: the primary needs none of it.
  const { startOrExplain } = await import('@scheduler-task/service-base/run-service')
  const { runWorker } = await import('./worker.ts')
  await startOrExplain('gateway', () => runWorker(Number(id), process.env))
  // The channel to the primary would keep it.
  if (process.exitCode) process.exit()
} else {
  await runPrimary(entry)
}
