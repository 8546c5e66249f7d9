import t from 'tap'
import { multipartFile } from '../src/multipart.ts'

t.test('a form that any parser reads', async (t) => {
  const { headers, body } = multipartFile('一\r\n--x', 'a.txt')
  const form = await new Response(body, { headers }).formData()
  const file = form.get('file') as File
  t.equal(file.name, 'a.txt')
  t.equal(await file.text(), '一\r\n--x')
  t.equal(multipartFile(Buffer.of(1)).body.includes('filename="part.txt"'), true)
})
