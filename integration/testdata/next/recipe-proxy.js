// node recipe-proxy.js RECIPE UPSTREAM: a recipe's two files without Next.js around
// them, but with its own requests and responses, for what would take a build for
// each policy. What the proxy says is put on an answer as Next.js does.
import { createServer } from 'node:http'
import { register } from 'node:module'

// Node wants the ending of next/server.js; Next.js' own bundler does not.
const hook = `export const resolve = (name, context, next) =>
  next(name === 'next/server' ? 'next/server.js' : name, context)`
register('data:text/javascript,' + encodeURIComponent(hook))

const [recipe, upstream] = process.argv.slice(2)
const { NextRequest } = await import('next/server')
const { proxy } = await import(recipe + '/proxy.js')
const { underPolicy } = await import(recipe + '/cors.js')

const handler = underPolicy((request) => fetch(upstream + new URL(request.url).pathname, { method: request.method }))

const server = createServer(async (req, res) => {
  const request = new NextRequest(`http://${req.headers.host}${req.url}`, { method: req.method, headers: req.headers })
  let answer = proxy(request)
  for (const [name, value] of answer.headers) if (!name.startsWith('x-middleware-')) res.setHeader(name, value)
  if (answer.headers.has('x-middleware-next')) {
    answer = await handler(request)
    for (const [name, value] of answer.headers) {
      if (name === 'vary' || (name !== 'content-length' && !res.hasHeader(name))) res.appendHeader(name, value)
    }
  }
  res.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()))
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
