const fastify = require('fastify')()

LINES

fastify.get('/', async (request, reply) => {
  reply.header('X-Total-Count', '1')
  return 'hello'
})
fastify.listen({ host: '127.0.0.1', port: 0 }).then((url) => console.log(`INDEX ${url}`))
