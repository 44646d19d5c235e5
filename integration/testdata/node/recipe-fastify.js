// node recipe-fastify.js RECIPE UPSTREAM: a Fastify application with a recipe.
import Fastify from 'fastify'
import { ask, stray } from './recipe-application.js'

const [recipe, upstream] = process.argv.slice(2)
const { cors } = await import(recipe)

const app = Fastify()
await app.register(cors)
app.get('/throw', async (request, reply) => {
  reply.headers(stray)
  throw new Error('the database is away')
})
app.get('/raw', (request, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, stray).end()
})
app.get('/list', (request, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, Object.entries(stray).flat()).end()
})
// Fastify has a handler for an error in the handler of errors.
app.register(async (inner) => {
  inner.setErrorHandler(async (error, request, reply) => {
    reply.headers(stray)
    throw error
  })
  inner.get('/throw-twice', async () => {
    throw new Error('the database is away')
  })
})
// What has no route of its own is for setNotFoundHandler, OPTIONS too.
app.setNotFoundHandler(async (request, reply) => {
  const { status, headers, body } = await ask(upstream, request.method, request.originalUrl)
  return reply.code(status).headers(headers).send(body)
})

console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
