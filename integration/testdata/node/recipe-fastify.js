// node recipe-fastify.js RECIPE UPSTREAM: a Fastify application with a recipe.
import Fastify from 'fastify'
import { fetchUpstream, ownCORS } from './recipe-application.js'

const [recipe, upstream] = process.argv.slice(2)
const { cors } = await import(recipe)

const app = Fastify()
await app.register(cors)
app.get('/throw', async (request, reply) => {
  reply.headers(ownCORS)
  throw new Error('the database is away')
})
app.get('/raw', (request, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, ownCORS).end()
})
app.get('/list', (request, reply) => {
  reply.hijack()
  reply.raw.writeHead(200, Object.entries(ownCORS).flat()).end()
})
// Fastify has a last handler, for errors in the error handler.
app.register(async (inner) => {
  inner.setErrorHandler(async (error, request, reply) => {
    reply.headers(ownCORS)
    throw error
  })
  inner.get('/throw-twice', async () => {
    throw new Error('the database is away')
  })
})
// This handles all requests without a route, including OPTIONS.
app.setNotFoundHandler(async (request, reply) => {
  const { status, headers, body } = await fetchUpstream(upstream, request.method, request.originalUrl)
  return reply.code(status).headers(headers).send(body)
})

console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
