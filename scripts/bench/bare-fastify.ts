import fastify from 'fastify'

const value = JSON.parse(process.env.BARE_JSON ?? '{}') as object
const app = fastify()
app.get('/', () => value)
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
process.send?.('ready')
