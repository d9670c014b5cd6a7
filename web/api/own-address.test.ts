import { expect, it } from 'vitest'
import { ownAddress } from './own-address'

it('keeps path and signature of our own storage, and the whole of an S3 address', () => {
  expect(ownAddress('http://localhost:3000/storage/jobs/1/preview.mp3?e=1&s=x')).toBe(
    '/storage/jobs/1/preview.mp3?e=1&s=x',
  )
  const s3 = 'https://s3.example.org/timbre/uploads/1?X-Amz-Signature=x'
  expect(ownAddress(s3)).toBe(s3)
})
