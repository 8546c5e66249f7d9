import { createFileTree } from '../../src/file-tree.ts'

// A process that has begun a file and is then killed.
const file = await createFileTree(process.argv[2] ?? '').createTemporary()
await file.handle.writeFile('half of it')
process.send?.('begun')
setInterval(() => undefined, 1000)
